"""Categories of code points as llama.cpp sees them.

Holds the flags' names, the look-up of one code point and the Han blocks; not the tables (`_tables.py`, generated).
Must equal: unicode_cpt_flags_from_cpt (the category and white-space bits) and unicode_cpt_is_han.
"""

from __future__ import annotations

from typing import Final

from ._tables import KIND_FLAGS, KIND_PAGE_OF, KIND_PAGES

__all__ = [
    "ACCENT_MARK",
    "CODE_POINTS",
    "CONTROL",
    "HAN_RANGES",
    "LETTER",
    "NUMBER",
    "PUNCTUATION",
    "SEPARATOR",
    "SYMBOL",
    "UNDEFINED",
    "WHITESPACE",
    "flags_of",
]

UNDEFINED: Final = 0x0001
NUMBER: Final = 0x0002
LETTER: Final = 0x0004
SEPARATOR: Final = 0x0008
ACCENT_MARK: Final = 0x0010
PUNCTUATION: Final = 0x0020
SYMBOL: Final = 0x0040
CONTROL: Final = 0x0080
WHITESPACE: Final = 0x0100

CODE_POINTS: Final = 0x110000

# unicode_cpt_is_han: first and last code point of each block
HAN_RANGES: Final = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0x2CEB0, 0x2EBEF),
    (0x2F800, 0x2FA1F),
)


def flags_of(code_point: int) -> int:
    """The flags of `code_point`: one category, and perhaps WHITESPACE.

    Raises ValueError for what is no code point.

    >>> flags_of(ord("é")) == LETTER
    True
    >>> flags_of(0x3000) == SEPARATOR | WHITESPACE
    True
    """
    if not 0 <= code_point < CODE_POINTS:
        raise ValueError(f"{code_point:#x} is not a code point")
    return KIND_FLAGS[KIND_PAGES[KIND_PAGE_OF[code_point >> 8] << 8 | code_point & 255]]
