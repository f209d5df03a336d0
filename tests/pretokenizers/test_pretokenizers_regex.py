"""The regex dialect: what the parser makes of it, and what it refuses."""

from __future__ import annotations

import pytest

from shimmytok.pretokenizers.regex import (
    SPACES,
    Alternation,
    Characters,
    Charset,
    Concatenation,
    Node,
    Repeat,
    SpaceOrEnd,
    parse,
)
from shimmytok.unicode.categories import HAN_RANGES, LETTER


def same(tree: Node, expected: Node) -> bool:
    """Equal, also in the kinds of nodes (which are tuples)."""
    return repr(tree) == repr(expected)


def one(character: str) -> Characters:
    return Characters((Charset(((ord(character), ord(character)),)),))


def test_order_of_alternatives_and_parts() -> None:
    assert same(parse("a|bc|"), Alternation((one("a"), Concatenation((one("b"), one("c"))), Concatenation(()))))


@pytest.mark.parametrize(
    ("quantifier", "low", "high"), [("*", 0, None), ("+", 1, None), ("?", 0, 1), ("{3}", 3, 3), ("{1,12}", 1, 12)]
)
def test_quantifiers(quantifier: str, low: int, high: int | None) -> None:
    assert same(parse("a" + quantifier), Repeat(one("a"), low, high))
    assert same(parse(f"(?:ab){quantifier}"), Repeat(Concatenation((one("a"), one("b"))), low, high))


def test_sets() -> None:
    assert same(parse(r"[^a-c\-x]"), Characters((Charset(((97, 99), (45, 45), (120, 120)), negated=True),)))
    assert same(parse("[a-]"), Characters((Charset(((97, 97), (45, 45))),)))
    assert same(parse(r"[\[-`]"), Characters((Charset(((91, 96),)),)))
    assert same(parse(r"[一-龥(]"), Characters((Charset(((0x4E00, 0x9FA5), (40, 40))),)))
    assert same(parse(r"\s"), Characters((SPACES,)))
    assert same(parse(r"\S"), Characters((Charset(SPACES.ranges, negated=True),)))


def test_properties() -> None:
    letters = parse(r"\p{L}").charsets[0]
    assert letters.categories == LETTER
    assert {chr(first) for first, _ in letters.ranges} == set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert all(parse(rf"\p{{{name}}}") == parse(r"\p{L}") for name in ("Lu", "Ll", "Lt", "Lm", "Lo"))
    assert same(parse(r"\p{Han}"), Characters((Charset(HAN_RANGES),)))


def test_look_ahead() -> None:
    assert same(parse(r"a(?!\S)"), Concatenation((one("a"), SpaceOrEnd())))
    both = parse(r"(?=[\p{L}])([^a-z])")
    assert same(both, Characters((*parse(r"\p{L}").charsets, Charset(((97, 122),), negated=True))))


@pytest.mark.parametrize(
    "regex",
    [
        *("(a", "a)", "[a", "a{", "a{,2}", "a{1,}", "a{x}", "a{1,2,3}", "*a", "a**", "^a", "a$", "a.b"),
        *(r"\w", r"\b", r"\p{X}", r"\pL", "(?=a)b", "(?!a)", "(?=[a])b", "[b-a]", r"[a-\s]", "\\", "(?i:a)"),
    ],
)
def test_what_is_not_in_the_dialect(regex: str) -> None:
    with pytest.raises(ValueError, match="regex "):
        parse(regex)


def test_an_error_tells_the_place() -> None:
    with pytest.raises(ValueError, match=r"regex 'ab\[c', character 4: unexpected end"):
        parse("ab[c")
