"""Cuts of texts for SPM: never where a token can lie, and never to be seen in the ids."""

from __future__ import annotations

import random
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from levels import at_level
from oracle.models import spm_fragment
from shimmytok._cuts import Cuts
from shimmytok._vocab import TokenTable
from shimmytok.gguf import ValueType
from tiny import floats, last_ids, tokenizer

CHARACTERS = ["a", "B", ",", "7", "▁", "é", "語", "😀"]


@given(st.lists(st.text(st.sampled_from(CHARACTERS), min_size=1, max_size=5), max_size=12))
def test_pairs_inside_tokens_and_no_others(texts):
    cuts = Cuts(TokenTable.from_list(text.encode() for text in texts))
    joined = {pair for text in texts for pair in pairwise(text)}
    for a in CHARACTERS:
        for b in CHARACTERS:
            assert cuts.may_cut(a.encode(), b.encode()) == ((a, b) not in joined), (a, b)
            assert cuts.may_cut(a.replace("▁", " ").encode(), b.encode()) == ((a, b) not in joined), (a, b)


def test_characters_are_what_their_lead_bytes_promise():
    cuts = Cuts(TokenTable.from_list([b"a\xc3b\xe2\x96"]))
    assert not cuts.may_cut(b"a", b"\xc3b")
    assert not cuts.may_cut(b"\xc3b", b"\xe2\x96")
    assert cuts.may_cut(b"a", b"b")


def test_many_pairs_take_bounded_memory():
    texts = [chr(0x4E00 + i % 500) + chr(0x4E00 + i // 500) for i in range(200_000)]
    cuts = Cuts(TokenTable.from_list(text.encode() for text in texts))
    assert cuts.size() <= 128 << 10
    assert not any(cuts.may_cut(text[0].encode(), text[1].encode()) for text in texts[::97])
    assert Cuts(TokenTable.from_list([b"ab"])).size() <= 128


@st.composite
def spm_vocabularies(draw):
    """Tokens with the space mark in every place, that overlap, with a literal space, and inside invalid UTF-8."""
    pieces = st.text(st.sampled_from("ab,▁é"), min_size=1, max_size=6).map(str.encode)
    odd = st.lists(
        st.sampled_from([b"a", b" ", b"\xe2", b"\x96", b"\x81", b"\xc3", b"\xa9", b"\xe2\x96\x81"]), min_size=1
    )
    tokens = [b"<unk>", *sorted(draw(st.sets(pieces, max_size=40) | st.sets(pieces | odd.map(b"".join), max_size=40)))]
    tokens += [b"<0x%02X>" % b for b in range(256)]
    scores = draw(st.lists(st.sampled_from([-3.5, -1.0, 0.0, 2.25]), min_size=len(tokens), max_size=len(tokens)))
    return tokens, scores


INVALID = st.lists(
    st.sampled_from([b"a", b"b", b",", b" ", b"\xe2\x96\x81", b"\xe2", b"\x96", b"\xc3", b"\xf0", b"\xa9"])
)


@pytest.mark.parametrize("level", ["none", "avx2"])
@settings(max_examples=150, deadline=None)
@given(
    vocabulary=spm_vocabularies(),
    texts=st.lists(
        st.text(st.sampled_from("ab, é▁"), max_size=40).map(str.encode) | INVALID.map(b"".join), min_size=1, max_size=3
    ),
    add_space=st.booleans(),
)
def test_spm_words(level, vocabulary, texts, add_space):
    tokens, scores = vocabulary
    tok = tokenizer("llama", tokens, scores=floats(scores), add_space_prefix=(ValueType.BOOL, add_space))
    with at_level(level):
        for text in [*texts, b" ".join(texts)]:
            expected = spm_fragment(text, last_ids(tokens), scores, add_space=add_space, unknown=0) if text else []
            assert tok.encode(text, add_special_tokens=False) == expected


@pytest.mark.parametrize("add_space", [False, True])
@pytest.mark.parametrize("size", [1, 63, 64, 65, 4_000, 4_094, 4_095, 4_096, 4_097, 5_000, 70_000])
@pytest.mark.parametrize("filling", ["a", "ab, ", "é▁a", "é", " ", "\udcc3 a,"])
def test_spm_texts_around_the_limits_of_blocks(size, filling, add_space):
    """No token holds the bar, so that what lies between two of them is encoded alone."""
    tokens = [
        "<unk>",
        "a",
        "b",
        "ab",
        "▁a",
        "▁ab",
        ", ",
        ",▁",
        "a,",
        "▁▁",
        "▁▁▁▁",
        "é▁",
        "▁é",
        "é",
        "éa",
        "aa",
        "aaa",
        "|",
    ]
    tokens = [token.encode() for token in tokens] + [b"<0x%02X>" % b for b in range(256)]
    scores = [-float(i % 13) for i in range(len(tokens))]
    tok = tokenizer("llama", tokens, scores=floats(scores), add_space_prefix=(ValueType.BOOL, add_space))
    ids = last_ids(tokens)
    head = (filling * (min(size, 150) // len(filling) + 1)).encode("utf-8", "surrogateescape")
    text = head + b"|"
    expected = spm_fragment(text, ids, scores, add_space=add_space, unknown=0)
    more = b" ab, a|" + head + b"|"
    more_ids = spm_fragment(more, ids, scores, add_space=False, unknown=0)
    while len(text) < size:
        text += more
        expected += more_ids
    assert tok.encode(text, add_special_tokens=False) == expected


def test_many_tokens():
    """So many that their tags meet, as those of texts that are no tokens do."""
    rng = random.Random(7)
    texts = ["".join(letters) for n in range(1, 6) for letters in product("abcdefg", repeat=n)]
    texts = [text for text in texts if len(text) == 1 or rng.random() < 0.7] + ["abcdefgabcdefgabcdefg"]
    tokens = [b"<unk>", *(text.encode() for text in texts)]
    scores = [float(rng.randrange(1000)) for _ in tokens]
    tok = tokenizer("llama", tokens, scores=floats(scores), add_space_prefix=(ValueType.BOOL, False))
    ids = last_ids(tokens)
    for _ in range(2000):
        text = "".join(rng.choices("abcdefg", k=rng.randrange(2, 40))).encode()
        assert tok.encode(text, add_special_tokens=False) == spm_fragment(text, ids, scores, add_space=False, unknown=0)


def test_a_long_first_word():
    tokens = [b"<unk>", b"a", b"aa", b"aaaa", "▁a".encode(), "▁".encode()]
    scores = [0.0, 0.0, -1.0, -2.0, -3.0, 0.0]
    tok = tokenizer("llama", tokens, scores=floats(scores))
    assert tok.encode("a" * 100_000, add_special_tokens=False) == [5] + [3] * 25_000
    assert tok.encode("a" * 100_001, add_special_tokens=False) == [5] + [3] * 25_000 + [1]
