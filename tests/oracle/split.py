"""Slow twin of shimmytok/pretokenizers: what unicode_regex_split does, said again without tables.

As the reference, it folds the text: a character is itself or, outside ASCII, the symbol of its category, and Python's
`re` (leftmost-first, as ECMAScript) matches the regexes on that. The splitters that the reference wrote by hand are
told again from their descriptions. It shares only the generated category table with the package.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from functools import cache

from shimmytok.unicode.categories import ACCENT_MARK, LETTER, NUMBER, PUNCTUATION, SYMBOL, WHITESPACE, flags_of

__all__ = ["split"]

# The symbols stand for all characters of a category outside ASCII; the members are those within.
SYMBOLS = {NUMBER: "\ue001", LETTER: "\ue002", PUNCTUATION: "\ue003", ACCENT_MARK: "\ue004", SYMBOL: "\ue005"}
OTHER = "\ue000"
LETTERS = SYMBOLS[LETTER] + "A-Za-z"
PROPERTIES = {
    r"\p{N}": SYMBOLS[NUMBER] + "0-9",
    r"\p{P}": SYMBOLS[PUNCTUATION] + r"!-#%-*,-/:-;?-@\[-\]_{}",
    r"\p{M}": SYMBOLS[ACCENT_MARK],
    r"\p{S}": SYMBOLS[SYMBOL] + r"$+<-\>\^`\|~",
    **dict.fromkeys((r"\p{L}", r"\p{Lu}", r"\p{Ll}", r"\p{Lt}", r"\p{Lm}", r"\p{Lo}"), LETTERS),
}
HAN = "一-鿿㐀-䶿\U00020000-\U0002a6df\U0002a700-\U0002b73f\U0002b740-\U0002b81f\U0002b820-\U0002ceaf"
IS_HAN = re.compile(f"[{HAN}\U0002ceb0-\U0002ebef\uf900-\ufaff\U0002f800-\U0002fa1f]")

Splitter = Callable[["Piece"], Iterator[int]]


def split(patterns: tuple[str, ...], text: str) -> list[int]:
    """The ends of the pieces of `text`, in bytes of UTF-8 (surrogates have three)."""
    ends = [len(text)] if text else []
    for pattern in patterns:
        pieces = list(zip([0, *ends], ends, strict=False))
        if pattern in BY_HAND:
            ends = [end for piece in pieces for end in BY_HAND[pattern](Piece(text, *piece))]
        else:
            ends = list(matched(pattern, text, pieces))
    lengths = [0]
    for character in text:
        lengths.append(lengths[-1] + len(character.encode("utf-8", "surrogatepass")))
    return [lengths[end] for end in ends]


def matched(pattern: str, text: str, pieces: list[tuple[int, int]]) -> Iterator[int]:
    """The ends of the matches of a regex in each piece, and of what is between them."""
    folded = any(name in pattern for name in PROPERTIES)
    symbols = "".join(symbol(character, folded) for character in text)
    regex = compiled(pattern, folded)
    for begin, end in pieces:
        last = begin
        for match in regex.finditer(symbols, begin, end):
            for place in match.span():
                if place > last:
                    yield place
                    last = place
        if last < end:
            yield end


def symbol(character: str, folded: bool) -> str:
    """What the regexes see of a character."""
    if character < "\x80":
        return character
    flags = flags_of(ord(character))
    if flags & WHITESPACE:
        return "\x0b"
    return SYMBOLS.get(flags, OTHER) if folded else character


@cache
def compiled(pattern: str, folded: bool) -> re.Pattern[str]:
    """The regex for Python's `re`, over symbols when `folded`."""
    parts = []
    inside = False
    for part in re.findall(r"\\p\{\w+\}|\\.|.", pattern, re.DOTALL):
        if folded and part in PROPERTIES:
            parts.append(PROPERTIES[part] if inside else f"[{PROPERTIES[part]}]")
        else:
            parts.append(r"\Z" if part == "$" and not inside else part)
        inside = part == "[" or (inside and part != "]")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # "possible nested set": there is none in ECMAScript
        return re.compile("".join(parts), re.ASCII)


class Piece:
    """A stretch of a text; outside of it there is nothing."""

    def __init__(self, text: str, begin: int, end: int) -> None:
        self.text, self.begin, self.end = text, begin, end

    def at(self, i: int) -> str:
        return self.text[i] if self.begin <= i < self.end else ""

    def has(self, i: int, flags: int) -> bool:
        return bool(self.at(i)) and bool(flags_of(ord(self.at(i))) & flags)

    def run(self, i: int, flags: int) -> int:
        """Behind the characters from `i` on that have one of the flags."""
        while self.has(i, flags):
            i += 1
        return i

    def run_without(self, i: int, flags: int) -> int:
        """Behind the characters from `i` on that have none of the flags."""
        while self.at(i) and not self.has(i, flags):
            i += 1
        return i

    def contraction(self, i: int, any_case: bool) -> int:
        """Behind the English contraction at `i`; `i` when there is none."""
        tail = self.text[i + 1 : min(i + 3, self.end)]
        tail = tail.lower() if any_case and tail.isascii() else tail
        if self.at(i) != "'":
            return i
        if tail[:1] in tuple("stmd") or (any_case and tail[:1].isascii() and tail[:1].lower() in tuple("stmd")):
            return i + 2
        return i + 3 if tail in ("re", "ve", "ll") else i

    def spaces(self, i: int) -> int:
        """Behind the white space at `i`, but for its last character when more follows and it is not the only one."""
        end = self.run(i, WHITESPACE)
        return end - 1 if end - i > 1 and end < self.end else end

    def spaces_or_lines(self, i: int) -> int:
        """Behind the last line break of the white space at `i`, if there is one; else as `spaces`."""
        run = self.text[i : self.run(i, WHITESPACE)]
        last = max(run.rfind("\r"), run.rfind("\n"))
        return i + last + 1 if last >= 0 else self.spaces(i)

    def signs(self, i: int, excluded: int, line_breaks: bool) -> int:
        """Behind an optional space and a run of characters that are no space and not `excluded`; `i` if none."""
        first = i + (self.at(i) == " ")
        end = self.run_without(first, WHITESPACE | excluded)
        if end == first:
            return i
        while line_breaks and self.at(end) and self.at(end) in "\r\n":
            end += 1
        return end


def gpt2(piece: Piece) -> Iterator[int]:
    i = piece.begin
    while i < piece.end:
        word = i + (piece.at(i) == " ")
        for end in (
            piece.contraction(i, any_case=False),
            max(i, piece.run(word, LETTER)) if piece.has(word, LETTER) else i,
            max(i, piece.run(word, NUMBER)) if piece.has(word, NUMBER) else i,
            piece.signs(i, LETTER | NUMBER, line_breaks=False),
            piece.spaces(i),
        ):
            if end > i:
                break
        i = end
        yield i


def words(piece: Piece, digits: int, letters: int) -> Iterator[int]:
    """llama3 and its kin: at most `digits` digits, words of `letters`."""
    i = piece.begin
    while i < piece.end:
        lead = i if piece.has(i, letters) else i + 1
        prefixed = piece.has(i, LETTER) or not (piece.at(i) in "\r\n" or piece.has(i, NUMBER))
        for end in (
            piece.contraction(i, any_case=True),
            piece.run(lead, letters) if prefixed and piece.has(lead, letters) else i,
            min(piece.run(i, NUMBER), i + digits),
            piece.signs(i, letters | NUMBER, line_breaks=True),
            piece.spaces_or_lines(i),
        ):
            if end > i:
                break
        i = end
        yield i


def kimi_k2(piece: Piece) -> Iterator[int]:
    def is_word(i: int) -> bool:
        return piece.has(i, LETTER) and not IS_HAN.match(piece.at(i))

    i = piece.begin
    while i < piece.end:
        word = i
        while piece.at(word) and IS_HAN.match(piece.at(word)):
            word += 1
        lead = i if is_word(i) else i + 1
        if word == i and is_word(lead) and (lead == i or not (piece.at(i) in "\r\n" or piece.has(i, LETTER | NUMBER))):
            word = lead
            while is_word(word):
                word += 1
            word = piece.contraction(word, any_case=True)
        for end in (
            word,
            min(piece.run(i, NUMBER), i + 3),
            piece.signs(i, LETTER | NUMBER, line_breaks=True),
            piece.spaces_or_lines(i),
        ):
            if end > i:
                break
        i = end
        yield i


def digit_groups(piece: Piece) -> Iterator[int]:
    last, i = piece.begin, piece.begin
    while i < piece.end:
        end = piece.run(i, NUMBER)
        for cut in range(end, i, -3)[::-1]:
            yield cut
            last = cut
        i = max(end, i + 1)
    if last < piece.end:
        yield piece.end


def lines(piece: Piece) -> Iterator[int]:
    for i in range(piece.begin + 1, piece.end):
        if (piece.at(i - 1) == "\n") != (piece.at(i) == "\n"):
            yield i
    yield piece.end


CASED = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
TAIL = r"[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
WORD = r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"

BY_HAND: dict[str, Splitter] = {
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)": gpt2,
    CASED + WORD + r"{1,3}| ?[^\s\p{L}\p{N}]+" + TAIL: lambda piece: words(piece, 3, LETTER),
    CASED + WORD + r"| ?[^\s\p{L}\p{N}]+" + TAIL: lambda piece: words(piece, 1, LETTER),
    CASED + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+" + TAIL: (
        lambda piece: words(piece, 1, LETTER | ACCENT_MARK)
    ),
    r"\p{Han}+": kimi_k2,
    r"\p{AFMoE_digits}": digit_groups,
    r"\d{1,3}(?=(?:\d{3})*\b)": digit_groups,
    r"[^\n]+|[\n]+": lines,
}
