"""Precompiled charsmaps: walked as llama.cpp walks them, damaged or not."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.charsmap import blob, compiled, deep, walk
from shimmytok import Tokenizer
from shimmytok.normalizers._charsmap import Charsmap
from vocabularies import vocabulary

ENTRIES = st.dictionaries(
    st.text(st.sampled_from("aběſ㌀"), min_size=1, max_size=4).map(str.encode),
    st.text(st.sampled_from("xyé"), max_size=3).map(str.encode),
    min_size=1,
    max_size=20,
)
TEXTS = st.lists(st.text(st.sampled_from("aběſ㌀\0"), max_size=8).map(str.encode) | st.binary(max_size=8), max_size=10)


@settings(max_examples=300, deadline=None)
@given(ENTRIES, TEXTS)
def test_finds_the_longest_entry(entries, texts):
    charsmap = Charsmap(compiled(entries))
    for text in [*texts, *entries]:
        size = max((n for n in range(1, len(text) + 1) if text[:n] in entries), default=0)
        assert charsmap.match(text) == (size, entries.get(text[:size], b""))


def check_damaged(content, texts):
    """Refused, or the same as the plain walker finds."""
    try:
        charsmap = Charsmap(content)
    except ValueError:
        return False
    for text in texts:
        assert charsmap.match(text) == (walk(content, text) if content else (0, b""))
    return True


@settings(max_examples=1000, deadline=None)
@given(
    ENTRIES,
    TEXTS,
    st.lists(st.tuples(st.integers(0, 1 << 20), st.sampled_from([1, 2, 4, 64, 128, 255])), max_size=8),
    st.none() | st.integers(0, 5000),
)
def test_damaged_small_maps(entries, texts, flips, end):
    content = bytearray(compiled(entries))
    for at, bits in flips:
        content[at % len(content)] ^= bits
    check_damaged(bytes(content[:end]), [*texts, *entries])


@settings(max_examples=500, deadline=None)
@given(st.lists(st.integers(0, (1 << 32) - 1), min_size=1, max_size=300), st.binary(min_size=1, max_size=20), TEXTS)
def test_units_of_any_value(units, replacements, texts):
    check_damaged(blob(units, replacements), texts)


def test_a_damaged_real_map():
    """T5's, with bits flipped, cut off, and with offsets that lead far away."""
    content = Tokenizer.from_gguf_file(vocabulary("t5-base")).metadata["tokenizer.ggml.precompiled_charsmap"]
    content = bytes(value & 0xFF for value in content)
    size = int.from_bytes(content[:4], "little")
    dice = random.Random(5)
    texts = [chr(cp).encode() for cp in (*range(0x20, 0x180), *range(0x2000, 0x2180), *range(0x3000, 0x3400))]
    charsmap = Charsmap(content)
    assert sum(charsmap.match(text)[0] > 0 for text in texts) > 500
    loaded = 0
    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(dice.choice([1, 100, 5000])):
            damaged[dice.randrange(len(damaged))] = dice.choice([0, 255, dice.randrange(256)])
        if dice.random() < 0.7:
            damaged[:4] = content[:4]
        cut = dice.choice([len(damaged), dice.randrange(len(damaged)), 4 + size + 1])
        loaded += check_damaged(bytes(damaged[:cut]), texts)
    assert loaded > 5


def test_a_replacement_without_an_end_does_not_count():
    content = compiled({b"a": b"x", b"ab": b"yz"})
    assert Charsmap(content).match(b"abc") == (2, b"yz")
    assert Charsmap(content[:-1]).match(b"abc") == (1, b"x")


def test_a_long_entry():
    content = deep(3000, b"xy")
    for text in (b"a" * 3000 + b"bc", b"a" * 2999 + b"b", b"a" * 3001 + b"b", b"b"):
        assert Charsmap(content).match(text) == walk(content, text)
    assert Charsmap(content).match(b"a" * 3000 + b"bc") == (3001, b"xy")


def test_an_empty_map_replaces_nothing():
    assert Charsmap(b"").match(b"a") == (0, b"")
    assert Charsmap(b"\0\0\0\0\0").match(b"a") == (0, b"")


@pytest.mark.parametrize("content", [b"\0", b"\0\0\0\0", b"\xfc\xff\xff\xff\0\0\0\0\0"])
def test_sizes_that_do_not_fit(content):
    with pytest.raises(ValueError, match=r"few|fit"):
        Charsmap(content)
