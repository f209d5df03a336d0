"""Regex -> tables -> pieces, on regexes nobody wrote: against Python's `re`, which prefers the same matches."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from oracle.split import split
from shimmytok.pretokenizers.classes import MAX_CLASSES, partition
from shimmytok.pretokenizers.dfa import build, charsets_of
from shimmytok.pretokenizers.linear import loop_slots
from shimmytok.pretokenizers.regex import Charset, parse
from shimmytok.pretokenizers.splitters import compile_patterns

FOLDED = ["a", "b", "[ab]", "[^a]", r"\p{L}", r"[^\s\p{L}]", r"\p{N}", r"\s", "[\r\n]", " ", r"(?=[\p{L}])([^a-z])"]
WIDE = ["a", "b", "[ab]", "[^b]", "é", "[à-ï中]", "[^é\n]", r"\s", r"\S", r"\d", " ", "[!-~　-。]"]
TEXT = "aabbc  \n\r1é中　。\xa0́!"


def regexes(atoms: list[str]) -> st.SearchStrategy[str]:
    """Regexes over `atoms`."""
    return st.recursive(
        st.sampled_from(atoms),
        lambda inner: st.one_of(
            st.tuples(inner, inner).map("".join),
            st.tuples(inner, inner, inner).map(lambda parts: f"(?:{'|'.join(parts)})"),
            st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}"])).map(
                lambda part: f"(?:{part[0]}){part[1]}"
            ),
            inner.map(lambda part: part + r"(?!\S)"),
        ),
        max_leaves=8,
    )


def compiled(patterns: tuple[str, ...]):
    """The splitter, not cached; None for what the dialect or the proof of linear time refuses."""
    try:
        return compile_patterns.__wrapped__(patterns)
    except ValueError:
        return None


@settings(max_examples=400, deadline=None)
@given(st.one_of(regexes(FOLDED), regexes(WIDE)), st.lists(st.text(TEXT, max_size=12), min_size=1, max_size=6))
def test_any_regex(regex: str, texts: list[str]) -> None:
    splitter = compiled((regex,))
    assume(splitter is not None)
    for text in texts:
        assert splitter.split(text.encode()) == split((regex,), text)
    together = "".join(texts).encode() * 9
    assert splitter.split(together) == splitter.split(together, plain=True)


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(regexes(FOLDED), regexes(WIDE), regexes(FOLDED)),
    st.lists(st.text(TEXT, max_size=20), min_size=1, max_size=6),
)
def test_any_list_of_regexes(patterns: tuple[str, str, str], texts: list[str]) -> None:
    splitter = compiled(patterns)
    assume(splitter is not None)
    for text in texts:
        assert splitter.split(text.encode()) == split(patterns, text)
    together = "".join(texts).encode() * 9  # long enough not to be taken for a short text
    assert splitter.split(together) == splitter.split(together, plain=True)


@pytest.mark.parametrize(
    ("regex", "text", "ends"),
    [
        ("a|ab", "ab", [1, 2]),  # the first branch, not the longest
        ("ab|a", "ab", [2]),
        ("(?:a|ab)(?:c|bcd)", "abcd", [4]),  # a then bcd: the first branch that leads to a match
        (r"\s+(?!\S)", "  x", [1, 3]),  # the space before x is between matches, and so is x
        (r"\s+(?!\S)", "x  ", [1, 3]),
        ("b", "aabaa", [2, 3, 5]),  # text between matches is joined
        ("é", "xéé中", [1, 3, 5, 8]),
        ("a{2}", "aaaaa", [2, 4, 5]),
        (r"(?:[^a]{1,3}(?!\S)){2}", "1111 ", [1, 5]),  # where the match begins is known four characters later
    ],
)
def test_known_matches(regex: str, text: str, ends: list[int]) -> None:
    assert compile_patterns((regex,)).split(text.encode()) == ends


@pytest.mark.parametrize(
    ("regex", "problem"),
    [
        ("a*", "may match no character"),
        (r"(?!\S)", "may match no character"),
        ("b(?:a*)+", "repeated part may be empty"),
        ("(?:ab)*c", "go round several states"),
        ("a*b*c", "after it stayed in another"),
    ],
)
def test_what_cannot_be_built(regex: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        compile_patterns((regex,))


def test_too_many_classes() -> None:
    with pytest.raises(ValueError, match="symbol classes"):
        partition([Charset(((c, c),)) for c in range(200, 200 + MAX_CLASSES)])


def test_too_many_states() -> None:
    tree = parse("(?:a|b)*a" + "(?:a|b)" * 12)
    with pytest.raises(ValueError, match="states"):
        build(tree, partition(list(charsets_of(tree))))


def test_a_loop_is_found() -> None:
    tree = parse(r"\s*\n|\s")
    dfa = build(tree, partition(list(charsets_of(tree))))
    assert sorted(set(loop_slots(dfa))) == [0, 1]


def test_pages_are_those_of_the_sets() -> None:
    """The look-up tables against membership, at the edges of ranges that share and cross pages."""
    sets = [Charset(((0x41, 0x5A), (0xF0, 0x1200))), Charset(((0x1180, 0x11FF), (0x10FF00, 0x10FFFF)), negated=True)]
    classes = partition(sets)
    for c in [*range(0x40, 0x100), *range(0x1100, 0x1300), *range(0x10FE80, 0x110000)]:
        number = classes.ascii[c] if c < 128 else classes.pages[classes.page_of[c >> 8] << 8 | c & 255]
        white = c in (0x85, 0xA0)
        for charset in sets:
            inside = not white and any(first <= c <= last for first, last in charset.ranges)
            assert bool(classes.members[charset] >> number & 1) == (inside != charset.negated), hex(c)
