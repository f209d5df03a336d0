"""The two alphabets of a list of regexes, over which all short strings are made.

`of_classes` has one character of each symbol class that this library parts the code points into for the list.
`of_symbols` knows nothing of them: it has a character of each symbol that llama.cpp folds characters to, and each
ASCII character that one of the regexes names.  So a class that is too coarse is met by the second.
"""

from __future__ import annotations

import re

from shimmytok.pretokenizers.compiling import parsed
from shimmytok.pretokenizers.pattern_lists import REPLACED

__all__ = ["of_classes", "of_symbols", "symbol_classes"]

# What llama.cpp folds the characters outside ASCII to: number, letter, punctuation, mark, symbol, white space, other.
FOLDED = "\u0663\u00e9\u2014\u0301\u00a2\u00a0\u00ad"
# And some of each kind within: control, white space, digit, letters, punctuation, symbol.
PLAIN = "\x00 \t\n0Aa!$"

ATOM = re.compile(r"\\p\{\w+\}|\\[sSdDwWbB]|\\(.)|\(\?[:=!i]+|\{\d+(?:,\d*)?\}|(.)", re.DOTALL)
ESCAPES = {"r": "\r", "n": "\n", "t": "\t"}
OUTSIDE = frozenset("()|?*+[$^.")  # syntax there, characters within brackets
INSIDE = frozenset("-]")


def symbol_classes(patterns: tuple[str, ...]) -> bytes:
    """The class of every code point in this library's tables for a list."""
    classes = parsed(patterns)[2]
    pages = b"".join(classes.pages[page << 8 : (page + 1) << 8] for page in classes.page_of)
    return classes.ascii + pages[128:]


def of_classes(patterns: tuple[str, ...]) -> str:
    """The first code point of each class."""
    classes = symbol_classes(patterns)
    return "".join(map(chr, sorted(classes.index(number) for number in set(classes))))


def of_symbols(patterns: tuple[str, ...]) -> str:
    r"""A character of each folded symbol, and each ASCII character that a regex names.

    >>> of_symbols((r"[^q-z\s]+x?",))[len(PLAIN + FOLDED):]
    'qxz'
    """
    named: set[str] = set()
    for pattern in patterns:
        replacement = REPLACED.get(pattern, pattern)
        named |= _named(pattern) | (_named(replacement) if isinstance(replacement, str) else set())
    return PLAIN + FOLDED + "".join(sorted(named - set(PLAIN)))


def _named(pattern: str) -> set[str]:
    """The ASCII characters that stand for themselves in a regex, the ends of ranges among them."""
    named, inside = set(), False
    for atom in ATOM.finditer(pattern.replace("[^", "[")):
        escaped, plain = atom.groups()
        if escaped is not None:
            named.add(ESCAPES.get(escaped, escaped))
        elif plain is not None and plain not in (INSIDE if inside else OUTSIDE):
            named.add(plain)
        inside = plain != "]" if inside else plain == "["
    return {character for character in named if character < "\x80"}
