"""Lower case and decomposition as llama.cpp knows them, one code point for one.

Must equal: unicode_tolower and unicode_cpts_normalize_nfd, which keeps the first code point of a decomposition only.
The tables are in `_tables.py` (generated).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

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

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["KIND_FLAGS", "PLAIN_FROM", "by_kind", "decomposed", "kinds", "lowercase"]

Mapping = tuple[np.ndarray[Any, np.dtype[np.uint32]], np.ndarray[Any, np.dtype[np.uint32]]]


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


# No code point from here on has a lower-case form, is decomposed, or is Chinese in any sense of llama.cpp's.
PLAIN_FROM: Final = 0x30000


def kinds(end: int = CODE_POINTS) -> NDArray[np.uint8]:
    """The kind of each code point below `end`, a multiple of 256: uint8[end], indices into KIND_FLAGS.

    >>> KIND_FLAGS[kinds()[0x20]] == 0x108
    True
    """
    of_each: NDArray[np.uint8] = _kind_pages()[np.frombuffer(KIND_PAGE_OF, np.uint8)[: end >> 8]].reshape(-1)
    return of_each


def by_kind(numbers: NDArray[np.uint32]) -> tuple[bytes, NDArray[np.uint32]]:
    """The number of each code point's kind, as `rest` of a PageTable."""
    return KIND_PAGE_OF, numbers[_kind_pages()]


def _kind_pages() -> NDArray[np.uint8]:
    return np.frombuffer(KIND_PAGES, np.uint8).reshape(-1, 256)
