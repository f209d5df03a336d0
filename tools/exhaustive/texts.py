"""The texts, in blocks that are answered and hashed one by one.

A block's texts are made anew by every run, from a list's two alphabets (alphabets.py) and nothing else, always in the
same order.  No text is longer than 255 bytes, so that the end of a piece is a byte; and none holds the byte FF.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import product, repeat
from typing import NamedTuple

__all__ = ["CODE_POINTS", "FEW", "Alphabets", "Block", "blocks"]

CODE_POINTS = "code points"
PER_BLOCK = 4096
# A code point stands between the parts: alone, between letters, doubled after a space, around a line break.
CONTEXTS = ((b"", b""), (b"A", b"b"), (b" ", b"", b"1"), (b"!", b"\n", b""))

LENGTH = {"classes": 5, "symbols": 4}  # all strings up to this length
FEW = 1_000_000  # and longer ones of classes, as long as there are no more than so many of a length
LONGEST = 12

Alphabets = dict[str, str]  # "classes" and "symbols"


class Block(NamedTuple):
    """A block of texts: `group` and `number` tell which; the rest, what they are made of."""

    group: str
    number: int
    context: int
    alphabet: tuple[bytes, ...]
    length: int

    def __str__(self) -> str:
        if self.group.startswith(CODE_POINTS):
            first = self.number * PER_BLOCK
            return f"{self.group}, U+{first:04X} to U+{first + PER_BLOCK - 1:04X}"
        return f"{self.group}, those that begin with {self.alphabet[self.number]!r}"

    def size(self) -> int:
        """How many texts there are."""
        return PER_BLOCK if self.group.startswith(CODE_POINTS) else len(self.alphabet) ** (self.length - 1)

    def texts(self) -> Iterator[bytes]:
        """The texts; this runs in C."""
        if self.group.startswith(CODE_POINTS):
            return map(bytes.join, characters(self.number), repeat(CONTEXTS[self.context]))
        rest = [self.alphabet] * (self.length - 1)
        return map(b"".join, product((self.alphabet[self.number],), *rest))


@lru_cache(maxsize=0x110000 // PER_BLOCK)
def characters(number: int) -> tuple[bytes, ...]:
    """The code points of a block, surrogates as the three bytes of llama.cpp's encoder."""
    first = number * PER_BLOCK
    return tuple(chr(code_point).encode("utf-8", "surrogatepass") for code_point in range(first, first + PER_BLOCK))


def lengths(kind: str, size: int) -> range:
    """The lengths of the strings over an alphabet of `size` characters."""
    longest = LENGTH[kind]
    while kind == "classes" and longest < LONGEST and size ** (longest + 1) <= FEW:
        longest += 1
    return range(1, longest + 1)


def blocks(alphabets: Alphabets) -> Iterator[Block]:
    """All blocks of a list."""
    for context in range(len(CONTEXTS)):
        for number in range(0x110000 // PER_BLOCK):
            yield Block(f"{CODE_POINTS} in context {context}", number, context, (), 0)
    for kind, alphabet in alphabets.items():
        encoded = tuple(character.encode("utf-8", "surrogatepass") for character in alphabet)
        for length in lengths(kind, len(encoded)):
            for number in range(len(encoded)):
                yield Block(f"strings of {length} {kind}", number, 0, encoded, length)
