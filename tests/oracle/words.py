"""Plain twins of the models that put something around BPE ("hybriddna", "whitespace"), and of "test"."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from oracle.utf8 import code_points, encoded

Bpe = Callable[[bytes], list[int]]


def hybriddna(text: bytes, bpe: Bpe, ids: Mapping[bytes, int]) -> list[int]:
    """The ids of a fragment; `ids` by the texts in the file."""
    found = []
    while text:
        outside, begun, rest = text.partition(b"<dna>")
        found += bpe(outside) if outside else []
        inside, ended, text = rest.partition(b"</dna>")
        found += [ids[b"<dna>"]] if begun else []
        for at in range(0, len(inside), 6):
            kmer = inside[at : at + 6].upper().ljust(6, b"A") + "\ue000".encode()
            found.append(ids.get(kmer, ids[b"<oov>"]))
        found += [ids[b"</dna>"]] if ended else []
    return found


def whitespace(text: bytes, bpe: Bpe, spaces: Sequence[int], lower: Mapping[int, int]) -> list[int]:
    """The ids of a fragment; `spaces`: the code points of white space, `lower`: the lower-case forms."""
    found: list[int] = []
    word: list[int] = []
    for point in [*code_points(text), spaces[0]]:
        if point not in spaces:
            word.append(lower.get(point, point))
        elif word:
            found += bpe(encoded(word))
            word = []
    return found


def hashes(text: bytes, n_tokens: int) -> list[int]:
    """Model "test"."""
    chunks = (text[at : at + 5] for at in range(0, len(text), 5))
    return [sum(c * 31**power for power, c in enumerate(reversed(chunk))) % n_tokens for chunk in chunks]
