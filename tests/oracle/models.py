"""Plain twins of the tokenizer models and of the cut at special tokens: slow, obvious, on Python strings and lists.

They follow the words of llama.cpp's algorithms, and share no code with the package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

WHITE_SPACE = b" \t\n\v\f\r"


def byte_alphabet() -> list[str]:
    """GPT-2's printable character for each byte."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [b for b in range(256) if b not in plain]
    return [chr(b) if b in plain else chr(0x100 + rest.index(b)) for b in range(256)]


ALPHABET = byte_alphabet()


def ranks(merges: Sequence[bytes]) -> dict[tuple[bytes, bytes], int]:
    """(left, right) -> rank.  A line is split at the first space after its first byte; a pair's first rank counts."""
    found: dict[tuple[bytes, bytes], int] = {}
    for rank, line in enumerate(merges):
        at = line.find(b" ", 1)
        if at > 0:
            found.setdefault((line[:at], line[at + 1 :]), rank)
    return found


def merge_by_rank(symbols: list[bytes], rank_of: Mapping[tuple[bytes, bytes], int]) -> list[bytes]:
    """Merge the neighbours of lowest rank, the leftmost first, until no two can be merged."""
    symbols = list(symbols)
    while True:
        pairs = [(rank_of[pair], i) for i, pair in enumerate(pairwise(symbols)) if pair in rank_of]
        if not pairs:
            return symbols
        _, i = min(pairs)
        symbols[i : i + 2] = [symbols[i] + symbols[i + 1]]


def bpe_piece(
    piece: bytes,
    token_to_id: Mapping[bytes, int],
    rank_of: Mapping[tuple[bytes, bytes], int],
    *,
    byte_level: bool,
    ignore_merges: bool,
) -> list[int]:
    """The ids of one piece of clean UTF-8."""
    text = "".join(ALPHABET[b] for b in piece).encode() if byte_level else piece
    if ignore_merges and text in token_to_id:
        return [token_to_id[text]]
    ids = []
    for symbol in merge_by_rank([c.encode("utf-8", "surrogatepass") for c in _characters(text)], rank_of):
        if symbol in token_to_id:
            ids.append(token_to_id[symbol])
            continue
        for b in symbol:
            fallback = bytes([b]) if byte_level else b"<0x%02X>" % b
            if fallback in token_to_id:
                ids.append(token_to_id[fallback])
    return ids


def _characters(text: bytes) -> str:
    return text.decode("utf-8", "surrogatepass")


def spm_fragment(
    text: bytes,
    token_to_id: Mapping[bytes, int],
    scores: Sequence[float],
    *,
    add_space: bool,
    unknown: int | None,
) -> list[int]:
    """The ids of one fragment: any bytes."""
    text = ((b" " if add_space else b"") + text).replace(b" ", b"\xe2\x96\x81")
    symbols = []
    at = 0
    while at < len(text):
        size = (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4)[text[at] >> 4]
        symbols.append(text[at : at + size])
        at += size
    while True:
        pairs = [(-scores[token_to_id[a + b]], i) for i, (a, b) in enumerate(pairwise(symbols)) if a + b in token_to_id]
        if not pairs:
            break
        _, i = min(pairs)
        symbols[i : i + 2] = [symbols[i] + symbols[i + 1]]
    ids: list[int] = []
    for symbol in symbols:
        if symbol in token_to_id:
            ids.append(token_to_id[symbol])
            continue
        tokens = [token_to_id.get(b"<0x%02X>" % b, token_to_id.get(bytes([b]) if b else b"<>")) for b in symbol]
        if None in tokens:
            assert unknown is not None
            ids.append(unknown)
        else:
            ids += [token for token in tokens if token is not None]
    return ids


def cut(text: bytes, tokens: Sequence[tuple[bytes, int, bool, bool]]) -> list[tuple[int, int, int | None]]:
    """Look for one token after the other, the longest first, in what is left of the text."""
    last = {token[0]: token for token in tokens}
    fragments: list[tuple[int, int, int | None]] = [(0, len(text), None)] if text else []
    for special, token, left, right in sorted(last.values(), key=lambda t: (-len(t[0]), t[1])):
        result: list[tuple[int, int, int | None]] = []
        for start, end, taken in fragments:
            if taken is not None:
                result.append((start, end, taken))
                continue
            while True:
                at = text.find(special, start, end)
                if at < 0:
                    break
                before = at
                while left and before > start and text[before - 1] in WHITE_SPACE:
                    before -= 1
                if before > start:
                    result.append((start, before, None))
                result.append((at, at + len(special), token))
                start = at + len(special)
                while right and start < end and text[start] in WHITE_SPACE:
                    start += 1
            if start < end:
                result.append((start, end, None))
        fragments = result
    return fragments


def encode(
    text: bytes,
    fragment: Callable[[bytes, bool], list[int]],
    specials: Sequence[tuple[bytes, int, bool, bool]],
) -> list[int]:
    """A whole text without added tokens: cut, then fragment by fragment (told whether it follows a special token)."""
    ids: list[int] = []
    after_special = True
    for start, end, token in cut(text, specials):
        if token is None:
            ids += fragment(text[start:end], after_special)
        else:
            ids.append(token)
        after_special = token is not None
    return ids
