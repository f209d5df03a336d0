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
    CODE_POINTS,
    CONTROL,
    PUNCTUATION,
    SYMBOL,
    WHITESPACE,
)

# What becomes of a code point; the numbers are those of _wordpiece.pyx.
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
    code_points = np.arange(CODE_POINTS, dtype=np.uint32)
    seen = mappings.decomposed() if strip_accents else code_points
    flags = mappings.flags()[seen]
    becomes = mappings.lowercase()[seen] if lowercase else seen
    chinese = np.zeros(CODE_POINTS, np.bool_)
    for first, last in CHINESE_RANGES:
        chinese[first : last + 1] = True
    alone = ((flags & PUNCTUATION) != 0) | (((flags & SYMBOL) != 0) & (seen < 0x7F)) | chinese[seen]
    dropped = (seen == 0) | (seen == 0xFFFD) | ((flags & CONTROL) != 0)
    if strip_accents:
        dropped |= (flags & ACCENT_MARK) != 0
    fate = np.where(alone, np.uint32(ALONE), np.uint32(KEPT))
    fate[dropped] = DROPPED
    fate[(flags & WHITESPACE) != 0] = SPACE
    entries: np.ndarray[tuple[int], np.dtype[np.uint32]] = fate << np.uint32(24) | (becomes - code_points) & np.uint32(
        0xFFFFFF
    )
    return PageTable(entries)
