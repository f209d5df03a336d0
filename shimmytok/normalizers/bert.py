"""What BERT's normaliser does with each code point, as one table.

Must equal: llm_tokenizer_wpm_session::preprocess of llama.cpp, which decomposes (one code point for one), drops
control characters and, when it strips accents, marks, lower-cases, and parts words at white space, around punctuation
and around Chinese characters.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from shimmytok.unicode import mappings
from shimmytok.unicode._pages import PageTable
from shimmytok.unicode.categories import (
    ACCENT_MARK,
    CONTROL,
    PUNCTUATION,
    SYMBOL,
    WHITESPACE,
    flags_of,
)

# What becomes of a code point; the numbers are those of _bert_words.pxd.
KEPT: Final = 0
DROPPED: Final = 1
SPACE: Final = 2
ALONE: Final = 3  # a word of its own

# llama.cpp calls these Chinese; one block starts late, as in the Rust code that it follows.
CHINESE_RANGES: Final = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)


@cache
def characters(lowercase: bool, strip_accents: bool) -> PageTable:
    """Each code point's fate: what becomes of it << 24, and what it is turned into minus itself, modulo 1 << 24.

    >>> table = characters(lowercase=True, strip_accents=True)
    >>> entry = table[ord("É")]
    >>> entry >> 24 == KEPT, chr(ord("É") + entry & 0xFFFFFF)
    (True, 'e')
    """
    fate_of_kind = np.array([_fate(flags, strip_accents) for flags in mappings.KIND_FLAGS], np.uint8)
    fates = fate_of_kind[mappings.kinds(mappings.PLAIN_FROM)]
    for first, last in CHINESE_RANGES:
        own = fates[first : last + 1]
        own[own == KEPT] = ALONE
    for code_point in range(0x7F):
        if flags_of(code_point) & SYMBOL:
            fates[code_point] = ALONE
    fates[[0, 0xFFFD]] = DROPPED
    change = np.zeros(mappings.PLAIN_FROM, np.uint32)
    if lowercase:
        upper, lower = mappings.lowercase()
        change[upper] = lower - upper
    if strip_accents:
        whole, first_of = mappings.decomposed()
        fates[whole], change[whole] = fates[first_of], first_of + change[first_of] - whole
    change &= np.uint32(0xFFFFFF)
    change |= fates.astype(np.uint32) << np.uint32(24)
    return PageTable(change, mappings.by_kind(fate_of_kind.astype(np.uint32) << np.uint32(24)))


def _fate(flags: int, strip_accents: bool) -> int:
    """By category; white space goes first, then what is dropped, then what stands alone."""
    if flags & WHITESPACE:
        return SPACE
    if flags & CONTROL or (strip_accents and flags & ACCENT_MARK):
        return DROPPED
    return ALONE if flags & PUNCTUATION else KEPT
