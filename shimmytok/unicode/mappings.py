"""Lower case and decomposition as llama.cpp knows them, one code point for one.

Must equal: unicode_tolower and unicode_cpts_normalize_nfd, which keeps the first code point of a decomposition only.
The tables are in `_tables.py` (generated).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._tables import (
    KIND_FLAGS,
    KIND_PAGE_OF,
    KIND_PAGES,
    LOWERCASE_FROM,
    LOWERCASE_TO,
    NFD_FIRST,
    NFD_LAST,
    NFD_TO,
)
from .categories import CODE_POINTS

__all__ = ["decomposed", "flags", "lowercase"]


def _words(table: bytes) -> NDArray[np.uint32]:
    return np.frombuffer(table, "<u4").astype(np.uint32)


def lowercase() -> NDArray[np.uint32]:
    """The lower-case form of each code point: uint32[0x110000].

    >>> chr(lowercase()[ord("Ä")])
    'ä'
    """
    mapped = np.arange(CODE_POINTS, dtype=np.uint32)
    mapped[_words(LOWERCASE_FROM)] = _words(LOWERCASE_TO)
    return mapped


def decomposed() -> NDArray[np.uint32]:
    """The first code point of each code point's decomposition: uint32[0x110000].

    >>> chr(decomposed()[ord("é")])
    'e'
    """
    mapped = np.arange(CODE_POINTS, dtype=np.uint32)
    for first, last, to in zip(_words(NFD_FIRST), _words(NFD_LAST), _words(NFD_TO), strict=True):
        mapped[first : last + 1] = to
    return mapped


def flags() -> NDArray[np.uint16]:
    """The flags of each code point (see `categories`): uint16[0x110000].

    >>> int(flags()[0x20]) == 0x108
    True
    """
    pages = np.frombuffer(KIND_PAGES, np.uint8).reshape(-1, 256)
    kinds = pages[np.frombuffer(KIND_PAGE_OF, np.uint8)].reshape(-1)
    of_each: NDArray[np.uint16] = np.array(KIND_FLAGS, np.uint16)[kinds]
    return of_each
