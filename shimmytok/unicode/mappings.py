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

__all__ = ["KIND_FLAGS", "decomposed", "kinds", "lowercase"]


Mapping = tuple[NDArray[np.uint32], NDArray[np.uint32]]


def _words(table: bytes) -> NDArray[np.uint32]:
    return np.frombuffer(table, "<u4").astype(np.uint32)


def lowercase() -> Mapping:
    """The code points that have a lower-case form, ascending, and these forms: uint32[n] each.

    >>> upper, lower = lowercase()
    >>> chr(lower[upper.searchsorted(ord("Ä"))])
    'ä'
    """
    return _words(LOWERCASE_FROM), _words(LOWERCASE_TO)


def decomposed() -> Mapping:
    """The code points that are decomposed, ascending, and the first code point that each becomes: uint32[n] each.

    >>> whole, first = decomposed()
    >>> chr(first[whole.searchsorted(ord("é"))])
    'e'
    """
    first, last, to = _words(NFD_FIRST), _words(NFD_LAST), _words(NFD_TO)
    sizes = (last - first + 1).astype(np.intp)
    starts = np.cumsum(sizes) - sizes
    within = np.arange(sizes.sum()) - np.repeat(starts, sizes)
    whole: NDArray[np.uint32] = (np.repeat(first, sizes) + within).astype(np.uint32)
    return whole, np.repeat(to, sizes)


def kinds() -> NDArray[np.uint8]:
    """The kind of each code point, an index into KIND_FLAGS: uint8[0x110000].

    >>> KIND_FLAGS[kinds()[0x20]] == 0x108
    True
    """
    pages = np.frombuffer(KIND_PAGES, np.uint8).reshape(-1, 256)
    of_each: NDArray[np.uint8] = pages[np.frombuffer(KIND_PAGE_OF, np.uint8)].reshape(-1)
    return of_each
