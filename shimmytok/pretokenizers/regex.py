"""The dialect of the pre-tokenizers' regexes, parsed to a syntax tree.

Holds the tree and its parser; not what a tree becomes (`classes.py`, `dfa.py`).
The dialect: alternation, groups `( )` and `(?: )`, greedy `* + ? {n} {n,m}`, characters, sets `[ ] [^ ]`, the escapes
`\\s \\S \\d \\r \\n \\t \\p{L} \\p{N} \\p{P} \\p{M} \\p{S} \\p{Han}` and escaped punctuation, `(?!\\S)`, and
`(?=[A])([B])`, which is one character of both A and B. Anything else raises ValueError.

Must equal what unicode_regex_split makes of them: \\s and \\d are ASCII (other white space is read as U+000B), and
Lu, Ll, Lt, Lm and Lo are all L.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

from ..unicode import categories
from ..unicode.categories import HAN_RANGES, flags_of

__all__ = ["SPACES", "Alternation", "Characters", "Charset", "Concatenation", "Node", "Repeat", "SpaceOrEnd", "parse"]

Range = tuple[int, int]

CATEGORIES: Final = {
    "N": categories.NUMBER,
    "P": categories.PUNCTUATION,
    "M": categories.ACCENT_MARK,
    "S": categories.SYMBOL,
    **dict.fromkeys(("L", "Lu", "Ll", "Lt", "Lm", "Lo"), categories.LETTER),
}
ESCAPED_CONTROLS: Final = {"r": "\r", "n": "\n", "t": "\t"}
SPACE_RANGES: Final = ((0x09, 0x0D), (0x20, 0x20))
DIGIT_RANGES: Final = ((0x30, 0x39),)


class Charset(NamedTuple):
    """The characters in `ranges`, and those outside ASCII of the `categories` (flags); all others when `negated`.

    White space outside ASCII is no member by range: it is read as U+000B.
    """

    ranges: tuple[Range, ...]
    categories: int = 0
    negated: bool = False


SPACES: Final = Charset(SPACE_RANGES)


class Characters(NamedTuple):
    """One character that is in all of `charsets`."""

    charsets: tuple[Charset, ...]


class SpaceOrEnd(NamedTuple):
    """Nothing, where white space follows or the text ends: `(?!\\S)`."""


class Concatenation(NamedTuple):
    """All `parts`, one after the other."""

    parts: tuple[Node, ...]


class Alternation(NamedTuple):
    """The first of `branches` that leads to a match."""

    branches: tuple[Node, ...]


class Repeat(NamedTuple):
    """`part`, at least `low` times and at most `high` times (None: no bound), as often as possible."""

    part: Node
    low: int
    high: int | None


Node = Characters | SpaceOrEnd | Concatenation | Alternation | Repeat


@cache
def ascii_ranges(flag: int) -> tuple[Range, ...]:
    """The ASCII characters of a category."""
    return tuple((c, c) for c in range(128) if flags_of(c) & flag)


class Parser:
    """One regex being read; `at` is the position of the next character."""

    def __init__(self, regex: str) -> None:
        self.regex = regex
        self.at = 0

    def error(self, problem: str) -> ValueError:
        return ValueError(f"regex {self.regex!r}, character {self.at}: {problem}")

    def take(self, text: str) -> bool:
        """Whether `text` comes next; if so, it is read."""
        if not self.regex.startswith(text, self.at):
            return False
        self.at += len(text)
        return True

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise self.error(f"expected {text!r}")

    def next(self) -> str:
        if self.at == len(self.regex):
            raise self.error("unexpected end")
        self.at += 1
        return self.regex[self.at - 1]

    def alternation(self) -> Node:
        branches = [self.concatenation()]
        while self.take("|"):
            branches.append(self.concatenation())
        return branches[0] if len(branches) == 1 else Alternation(tuple(branches))

    def concatenation(self) -> Node:
        parts: list[Node] = []
        while self.at < len(self.regex) and self.regex[self.at] not in "|)":
            parts.append(self.quantified(self.atom()))
        return parts[0] if len(parts) == 1 else Concatenation(tuple(parts))

    def quantified(self, part: Node) -> Node:
        if self.take("*"):
            return Repeat(part, 0, None)
        if self.take("+"):
            return Repeat(part, 1, None)
        if self.take("?"):
            return Repeat(part, 0, 1)
        if self.take("{"):
            bounds = self.until("}").split(",")
            if len(bounds) > 2 or not all(bound.isdecimal() for bound in bounds):
                raise self.error("expected {n} or {n,m}")
            return Repeat(part, int(bounds[0]), int(bounds[-1]))
        return part

    def until(self, end: str) -> str:
        start = self.at
        while not self.take(end):
            self.next()
        return self.regex[start : self.at - 1]

    def atom(self) -> Node:
        if self.take(r"(?!\S)"):
            return SpaceOrEnd()
        if self.take("(?=["):
            first = self.charset()
            self.expect(")([")
            second = self.charset()
            self.expect(")")
            return Characters((first, second))
        if self.take("(?:") or self.take("("):
            inside = self.alternation()
            self.expect(")")
            return inside
        if self.take("["):
            return Characters((self.charset(),))
        if self.take(r"\S"):
            return Characters((Charset(SPACE_RANGES, negated=True),))
        if self.at < len(self.regex) and self.regex[self.at] in "*+?{}^$.":
            raise self.error("not in the dialect")
        ranges, category = self.member()
        return Characters((Charset(ranges, category),))

    def charset(self) -> Charset:
        """The rest of a set whose `[` is read."""
        negated = self.take("^")
        ranges: list[Range] = []
        flags = 0
        while not self.take("]"):
            found, category = self.member()
            flags |= category
            one = len(found) == 1 and found[0][0] == found[0][1] and not category
            if one and self.regex.startswith("-", self.at) and not self.regex.startswith("-]", self.at):
                self.next()
                last, category = self.member()
                if category or len(last) != 1 or last[0][0] != last[0][1] or last[0][0] < found[0][0]:
                    raise self.error("bad range")
                found = ((found[0][0], last[0][1]),)
            ranges += found
        return Charset(tuple(ranges), flags, negated)

    def member(self) -> tuple[tuple[Range, ...], int]:
        """A character or an escape, as (ranges, category)."""
        character = self.next()
        if character == "\\":
            character = self.next()
            if character == "s":
                return SPACE_RANGES, 0
            if character == "d":
                return DIGIT_RANGES, 0
            if character == "p":
                return self.property()
            if character.isalnum() and character not in ESCAPED_CONTROLS:
                raise self.error("unknown escape")
            character = ESCAPED_CONTROLS.get(character, character)
        return ((ord(character), ord(character)),), 0

    def property(self) -> tuple[tuple[Range, ...], int]:
        """The rest of a property whose `\\p` is read."""
        self.expect("{")
        name = self.until("}")
        if name == "Han":
            return HAN_RANGES, 0
        if name not in CATEGORIES:
            raise self.error(f"unknown property {name}")
        return ascii_ranges(CATEGORIES[name]), CATEGORIES[name]


def parse(regex: str) -> Node:
    """The syntax tree of `regex`; raises ValueError, with the place, when it is not in the dialect.

    >>> parse("a{2}")
    Repeat(part=Characters(charsets=(Charset(ranges=((97, 97),), categories=0, negated=False),)), low=2, high=2)
    """
    parser = Parser(regex)
    tree = parser.alternation()
    if parser.at < len(regex):
        raise parser.error("unbalanced )")
    return tree
