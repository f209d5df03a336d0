"""Plain twin of the model "t5": slow, obvious, on bytes and lists; it shares no code with the package.

It follows the words of llm_tokenizer_ugm and its session, with the charsmap as a mapping.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence

SIZES = (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4)


def is_character(text: bytes) -> bool:
    return all(b & 0xC0 == 0x80 for b in text[1:])


def next_unit(text: bytes, charsmap: Mapping[bytes, bytes], user_defined: Collection[bytes]) -> tuple[int, bytes]:
    """(how many bytes of `text` are taken, what they become)."""
    shared = max((n for token in user_defined for n in range(len(token) + 1) if text[:n] == token[:n]), default=0)
    shared = min(shared, len(text))
    if shared:
        return shared, text[:shared]
    size = max((n for n in range(1, len(text) + 1) if text[:n] in charsmap), default=0)
    if size:
        return size, charsmap[text[:size]]
    size = SIZES[text[0] >> 4]
    if text[0] < 0x80 or (0xC0 <= text[0] < 0xF8 and len(text) >= size and is_character(text[:size])):
        return size, text[:size]
    return 1, b"\xef\xbf\xbd"


def normalized(
    text: bytes,
    charsmap: Mapping[bytes, bytes],
    user_defined: Collection[bytes],
    *,
    add_space_prefix: bool,
    remove_extra_whitespaces: bool,
) -> bytes:
    units = b""
    while text:
        size, unit = next_unit(text, charsmap, user_defined)
        units += unit
        text = text[size:]
    result, in_word = b"", False
    for i in range(len(units)):
        byte = units[i : i + 1]
        if byte != b" ":
            if not in_word and (add_space_prefix or remove_extra_whitespaces):
                result += "▁".encode()
                add_space_prefix = False
            result += byte
        elif not remove_extra_whitespaces:
            result += "▁".encode()
        in_word = byte != b" "
    return result


def best_cut(
    text: bytes, tokens: Mapping[bytes, int], scores: Sequence[float], unknown: int, unknown_score: float
) -> list[int]:
    """The ids of the best way through a normalised text."""
    best = [(-sys.float_info.max, unknown, 0) for _ in range(len(text) + 1)]
    best[0] = (0.0, unknown, 0)
    at = 0
    while at < len(text):
        size = min(SIZES[text[at] >> 4], len(text) - at)
        ways = [(end, tokens[text[at:end]]) for end in range(at + 1, len(text) + 1) if text[at:end] in tokens]
        steps = [(end, token, scores[token]) for end, token in ways]
        if at + size not in dict(ways):
            steps.append((at + size, unknown, unknown_score))
        for end, token, score in steps:
            if best[at][0] + score > best[end][0]:
                best[end] = (best[at][0] + score, token, at)
        at += size
    ids: list[int] = []
    while True:
        _, token, at = best[at]
        if not ids or token != unknown or ids[0] != unknown:
            ids.insert(0, token)
        if at == 0:
            return ids
