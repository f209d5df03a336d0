"""Symbol classes: the coarsest partition of all code points that tells the sets of some regexes apart.

Holds the partition and its look-up tables; not the regexes (`regex.py`) nor what runs over classes (`dfa.py`).
A class is a byte. Two are no code point's: END_OF_PIECE follows the last character of a piece, and CONTINUATION stands
at each byte of a character but its first.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from ..unicode import categories
from ..unicode._tables import KIND_FLAGS, KIND_PAGE_OF, KIND_PAGES
from .regex import Charset, Range

__all__ = ["CONTINUATION", "END_OF_PIECE", "Classes", "partition"]

END_OF_PIECE: Final = 0
CONTINUATION: Final = 1
FIRST: Final = 2
MAX_CLASSES: Final = 128
VERTICAL_TAB: Final = 0x0B  # what the reference reads white space outside ASCII as

PAGE_OF: Final = array("H", list(KIND_PAGE_OF))
PAGES: Final = [KIND_PAGES[at : at + 256] for at in range(0, len(KIND_PAGES), 256)]


class Classes(NamedTuple):
    """`n` classes, the two special ones included; `ascii`, `page_of` and `pages` map characters to them."""

    n: int
    ascii: bytes  # class of each of the 128 characters
    page_of: array[int]  # code point >> 8 -> page
    pages: bytes  # page << 8 | code point & 255 -> class
    members: dict[Charset, int]  # bit c: class c is in the set


class Partition:
    """A partition being made. A signature has a bit for each set: is the character in it?"""

    def __init__(self, charsets: Sequence[Charset]) -> None:
        self.charsets = charsets
        self.number: dict[int, int] = {}  # signature -> class
        self.negated = sum(1 << k for k, charset in enumerate(charsets) if charset.negated)
        self.of_kind = [
            sum(1 << k for k, charset in enumerate(charsets) if charset.categories & flags) for flags in KIND_FLAGS
        ]
        self.ascii = bytes(map(self.class_of, self.ascii_signatures()))

    def class_of(self, signature: int) -> int:
        number = self.number.setdefault(signature ^ self.negated, len(self.number) + FIRST)
        if number >= MAX_CLASSES:
            raise ValueError(f"more than {MAX_CLASSES} symbol classes")
        return number

    def ascii_signatures(self) -> list[int]:
        signatures = [0] * 128
        for k, charset in enumerate(self.charsets):
            for first, last in charset.ranges:
                for character in range(first, min(last + 1, 128)):
                    signatures[character] |= 1 << k
        return signatures

    def stretches(self) -> list[tuple[int, int, int]]:
        """(first, end, signature) of the stretches outside ASCII that ranges cover, ascending."""
        changes: dict[int, int] = {}
        for k, charset in enumerate(self.charsets):
            for first, end in merged(charset.ranges):
                changes[first] = changes.get(first, 0) ^ 1 << k
                changes[end] = changes.get(end, 0) ^ 1 << k
        result = []
        signature, start = 0, 0
        for place in sorted(changes):
            if signature:
                result.append((start, place, signature))
            signature, start = signature ^ changes[place], place
        return result

    def translated(self, page: bytes, signature: int, kinds: Iterable[int]) -> bytes:
        """Classes of characters of the kinds in `page`, which are among `kinds`, all within ranges of `signature`."""
        table = bytearray(256)
        for kind in kinds:
            white = KIND_FLAGS[kind] & categories.WHITESPACE
            table[kind] = self.ascii[VERTICAL_TAB] if white else self.class_of(self.of_kind[kind] | signature)
        return page.translate(table)

    def tables(self) -> tuple[array[int], bytes]:
        """(page_of, pages) for the characters outside ASCII."""
        pages = [self.translated(KIND_PAGES, 0, range(len(KIND_FLAGS)))]
        overlaid: dict[int, list[tuple[int, int, int]]] = {}
        for first, end, signature in self.stretches():
            for page in range(first >> 8, (end - 1 >> 8) + 1):
                within = max(first - (page << 8), 0), min(end - (page << 8), 256), signature
                overlaid.setdefault(page, []).append(within)
        if not overlaid:
            return PAGE_OF, pages[0]
        page_of = PAGE_OF[:]
        made: dict[tuple[int, tuple[tuple[int, int, int], ...]], int] = {}
        for place, overlays in overlaid.items():
            key = PAGE_OF[place], tuple(overlays)
            if key not in made:
                kinds = PAGES[key[0]]
                content = bytearray(pages[0][key[0] << 8 : (key[0] + 1) << 8])
                for start, stop, signature in overlays:
                    part = kinds[start:stop]
                    content[start:stop] = self.translated(part, signature, set(part))
                made[key] = len(PAGES) + len(made)
                pages.append(bytes(content))
            page_of[place] = made[key]
        return page_of, b"".join(pages)


def merged(ranges: Sequence[Range]) -> list[tuple[int, int]]:
    """The part of `ranges` outside ASCII, ascending, as (first, end) that neither overlap nor touch."""
    result: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        start, end = max(first, 128), last + 1
        if start >= end:
            continue
        if result and start <= result[-1][1]:
            result[-1] = result[-1][0], max(result[-1][1], end)
        else:
            result.append((start, end))
    return result


def partition(charsets: Sequence[Charset]) -> Classes:
    """The classes that tell `charsets` (distinct ones) apart; raises ValueError when there are more than 128."""
    parts = Partition(charsets)
    page_of, pages = parts.tables()
    members = {
        charset: sum(1 << number for signature, number in parts.number.items() if signature >> k & 1)
        for k, charset in enumerate(charsets)
    }
    return Classes(len(parts.number) + FIRST, parts.ascii, page_of, pages, members)
