"""Plain twin of RWKV: escapes character by character, and the longest token by trying them all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NAMED = {ord("t"): 9, ord("n"): 10, ord("r"): 13}


def unescape(text: bytes) -> bytes:
    """What a token's text stands for; bytes that are no digits count as what their distance from '0' or 'a' is."""
    out = []
    rest = iter(text)
    for c in rest:
        if c != ord("\\"):
            out.append(c)
            continue
        name = next(rest, None)
        if name == ord("x"):
            digits = [d for d in (next(rest, None), next(rest, None)) if d is not None]
            if len(digits) == 2:
                values = [d - ord("a") + 10 if ord("a") <= d < 0x80 else d - ord("0") for d in digits]
                out.append((values[0] * 16 + values[1]) % 256)
        elif name is not None:
            out.append(NAMED.get(name, name))
    return bytes(out)


def encode(text: bytes, tokens: Sequence[bytes], unknown: int) -> list[int]:
    """The longest token at each place, of equal ones the last; a byte where none begins is `unknown`."""
    ids = {unescape(token): i for i, token in enumerate(tokens)}
    most = max(map(len, ids))
    found = []
    at = 0
    while at < len(text):
        here: Iterable[bytes] = (text[at:end] for end in range(min(len(text), at + most), at, -1))
        longest = next((piece for piece in here if piece in ids), None)
        found.append(unknown if longest is None else ids[longest])
        at += len(longest or b"_")
    return found
