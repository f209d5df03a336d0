"""Slow twin of shimmytok/unicode/_utf8.pyx: llama.cpp's lenient UTF-8, spelled out byte by byte."""

from __future__ import annotations

__all__ = ["code_points", "encoded", "is_clean", "repair"]

REPLACEMENT = 0xFFFD
FORMS = (("0", 1), ("110", 2), ("1110", 3), ("11110", 4))  # the first byte's highest bits, and the bytes in all


def one(text: bytes, at: int, limit: int = 0x10FFFF) -> tuple[int, int]:
    """(code point, bytes) of the character at `at`; an invalid byte is a U+FFFD of one byte."""
    lead = f"{text[at]:08b}"
    for prefix, length in FORMS:
        if not lead.startswith(prefix):
            continue
        rest = [f"{byte:08b}" for byte in text[at + 1 : at + length]]
        if len(rest) < length - 1 or not all(bits.startswith("10") for bits in rest):
            break
        code_point = int(lead[len(prefix) :] + "".join(bits[2:] for bits in rest), 2)
        if code_point > limit:
            break
        return code_point, length
    return REPLACEMENT, 1


def code_points(text: bytes, limit: int = 0x10FFFF) -> list[int]:
    """The code points that `text` is read as; `limit` is the highest."""
    found, at = [], 0
    while at < len(text):
        code_point, length = one(text, at, limit)
        found.append(code_point)
        at += length
    return found


def encoded(points: list[int]) -> bytes:
    """The code points in UTF-8, surrogates as three bytes."""
    return "".join(map(chr, points)).encode("utf-8", "surrogatepass")


def repair(text: bytes) -> bytes:
    """`text` decoded and encoded again."""
    return encoded(code_points(text))


def is_clean(text: bytes) -> bool:
    """Whether that changes nothing."""
    return repair(text) == text
