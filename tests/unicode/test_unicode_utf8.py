"""Lenient UTF-8: the compiled functions against tests/oracle/utf8.py, and the cases llama.cpp is known for."""

from __future__ import annotations

import random
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from levels import LEVELS, at_level
from oracle import utf8 as oracle
from shimmytok._utf8_text import text_of
from shimmytok.unicode import utf8

BAD = b"\xef\xbf\xbd"  # U+FFFD
# The first and last byte of every kind of lead and continuation byte, and what lies between.
EDGES = bytes.fromhex("00 41 7f 80 8f 90 9f a0 bf c0 c1 c2 df e0 e1 ed ef f0 f1 f4 f5 f7 f8 ff")


def agree(text: bytes) -> None:
    assert utf8.repair(text) == oracle.repair(text)
    clean = oracle.is_clean(text)
    assert utf8.is_clean(text) == clean
    if clean:
        assert utf8.code_points(text) == oracle.code_points(text)
    else:
        with pytest.raises(ValueError, match="not clean"):
            utf8.code_points(text)


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        (b"", b""),
        (b"a\x00b", b"a\x00b"),
        (b"\xff", BAD),
        (b"\x80\x80", BAD * 2),
        (b"\xc3", BAD),
        (b"\xe2\x82", BAD * 2),
        (b"\xe2\x82a", BAD * 2 + b"a"),
        (b"\xc0\x80", b"\x00"),
        (b"\xc1\xbf", b"\x7f"),
        (b"\xe0\x82\xa0", "\xa0".encode()),
        (b"\xf0\x80\x80\xa0", b" "),
        (b"\xed\xa0\x80", b"\xed\xa0\x80"),
        (b"\xf4\x8f\xbf\xbf", b"\xf4\x8f\xbf\xbf"),
        (b"\xf4\x90\x80\x80", BAD * 4),
        (b"\xf7\xbf\xbf\xbf", BAD * 4),
        (b"\xf8\x88\x80\x80\x80", BAD * 5),
    ],
)
def test_known_cases(text: bytes, repaired: bytes) -> None:
    assert utf8.repair(text) == repaired
    assert utf8.is_clean(text) == (text == repaired)


def test_every_code_point_is_clean_and_comes_back() -> None:
    everything = "".join(map(chr, range(0x110000)))
    text = everything.encode("utf-8", "surrogatepass")
    assert utf8.is_clean(text)
    assert utf8.repair(text) == text
    assert utf8.code_points(text) == list(range(0x110000))


def test_all_short_strings_over_the_edges() -> None:
    for n in (1, 2, 3):
        for text in product(EDGES, repeat=n):
            agree(bytes(text))
    for lead, second, *rest in product(
        b"\xef\xf0\xf1\xf4\xf5\xf7\xf8", EDGES, b"\x7f\x80\xbf\xc0", b"\x7f\x80\xbf\xc0"
    ):
        agree(bytes((lead, second, *rest)))


@pytest.mark.parametrize("bad", [b"\xff", b"\xc0\xa0", b"\xf4\x90\x80\x80", b"\xe2\x82"])
def test_a_bad_byte_at_any_place_of_a_word_of_eight(bad: bytes) -> None:
    for before, after in product(range(20), range(20)):
        agree(b"a" * before + bad + b"b" * after)
        agree("é".encode() * before + bad + b"b" * after)


SHORT_SEQUENCES = [bytes(text) for n in (1, 2) for text in product(EDGES, repeat=n)] + [
    bytes((lead, second, *rest))
    for lead, second, *rest in product(
        b"\xe0\xe1\xed\xf0\xf1\xf4\xf5", b"\x80\x8f\x90\x9f\xa0\xbf", b"\x7f\x80\xbf", b"a\x80\xbf"
    )
]


@pytest.mark.parametrize("before", [0, 29, 30, 31, 32, 61, 63, 95])
@pytest.mark.parametrize("after", [0, 1, 32])
def test_sequences_around_the_steps_of_a_vector(level: str, before: int, after: int) -> None:
    """Each sequence is clean, or not, wherever it is: among ASCII, and behind other characters."""
    for sequence in SHORT_SEQUENCES:
        for unit in (b"a", "é".encode(), "中".encode()):
            text = b"a" * (before % len(unit)) + unit * (before // len(unit)) + sequence + b"b" * after
            assert utf8.is_clean(text) == oracle.is_clean(sequence + b"b" * min(after, 1)), (level, text)


def test_long_texts_are_looked_at_to_the_end(level: str) -> None:
    for unit in (b"a", "é".encode(), "中".encode(), "😀".encode()):
        text = unit * (20_000 // len(unit))
        assert utf8.is_clean(text), level
        assert not utf8.is_clean(text[:-1] + b"\xff"), level
        assert not utf8.is_clean(text + unit[:1] + b"\x80" * 4), level


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.one_of(st.binary(max_size=9), st.text(max_size=9).map(str.encode), st.sampled_from([b"\xf0\x9f", b"a" * 17]))
    )
)
def test_random_bytes(parts: list[bytes]) -> None:
    agree(b"".join(parts))


@pytest.mark.parametrize("bad", [b"\xff", b"\x80" * 5, b"\xe2\x82", b"\xc0\x80", b"\xf4\x90\x80\x80"])
def test_a_long_text_with_a_few_bad_bytes(bad: bytes) -> None:
    """What is clean is copied some hundred bytes at a time: whatever part of a character begins or ends there."""
    for character in ("a", "é", "中", "😀"):
        for before in (*range(240, 265), 500, 513):
            text = (("a" * (before % 4) + character * 600).encode()[:before] + bad + character.encode() * 300)[:1100]
            assert utf8.repair(text) == oracle.repair(text)


# The ends of what characters of one, two, three and four bytes are, and of what a str of one or two bytes each holds.
WIDTHS = ["\0aZ \x7f", "\x80é\xff", "\u0100Пλ\u07ff", "\u0800日\ud7ff\ue000\uffff", "\U00010000😀\U0010ffff"]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("widest", range(1, len(WIDTHS)))
def test_text_is_what_python_makes_of_it(level, widest):
    """Of texts long enough to be read in blocks, with characters of any width at any place of a block."""
    chance = random.Random(widest)
    with at_level(level):
        for _ in range(1500):
            kinds = chance.sample(WIDTHS[: widest + 1], chance.randint(1, widest + 1))
            parts = [chance.choice(chance.choice(kinds)) * chance.choice([1, 1, 1, 2, 40]) for _ in range(300)]
            text = "".join(parts[: chance.choice([20, 100, 300])])
            assert text_of(text.encode()) == text


@pytest.mark.parametrize("level", LEVELS)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1), n=st.integers(0, 400))
def test_any_text_is_what_python_makes_of_it(level, text, n):
    text = "x" * (n % 40) + text * (1 + n // len(text))
    with at_level(level):
        assert text_of(text.encode()) == text


@pytest.mark.parametrize("level", LEVELS)
@given(data=st.binary(max_size=40), n=st.integers(0, 40))
def test_invalid_utf8_is_what_python_makes_of_it(level, data, n):
    data = "Ж日 ".encode() * n + data + "é ".encode() * 100
    with at_level(level):
        assert text_of(data) == data.decode("utf-8", "replace")
