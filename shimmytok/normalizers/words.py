"""What the normaliser of model "whitespace" does with each code point, as one table.

Must equal: the loop of llm_tokenizer_whitespace_session::tokenize of llama.cpp.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from shimmytok.unicode import mappings
from shimmytok.unicode._pages import PageTable
from shimmytok.unicode.categories import WHITESPACE

BETWEEN_WORDS: Final = 1 << 24  # the entry of white space, which is dropped


@cache
def characters(lowercase: bool) -> PageTable:
    """Each code point's entry: BETWEEN_WORDS, or what it is turned into minus itself, modulo 1 << 24.

    >>> table = characters(lowercase=True)
    >>> chr(ord("É") + table[ord("É")]), table[ord(" ")] == BETWEEN_WORDS
    ('é', True)
    """
    of_kind = np.array([BETWEEN_WORDS if flags & WHITESPACE else 0 for flags in mappings.KIND_FLAGS], np.uint32)
    entries = np.zeros(mappings.PLAIN_FROM, np.uint32)
    if lowercase:
        upper, lower = mappings.lowercase()
        entries[upper] = (lower - upper) & np.uint32(0xFFFFFF)
    of_each = of_kind[mappings.kinds(mappings.PLAIN_FROM)]
    return PageTable(np.where(of_each != 0, of_each, entries), mappings.by_kind(of_kind))
