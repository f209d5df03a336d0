"""PLaMo-2 against its plain twin, over random vocabularies: odd scores, byte tokens, invalid UTF-8."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle import plamo2
from shimmytok import GGUFError
from tiny import floats, integers, tokenizer

BYTES = [b"<0x%02X>" % b for b in range(256)]
SPECIAL = [b"<unk>", b"<bos>", b"<eos>", b"<pad>"]
SCORES = st.sampled_from([0.0, -1.0, -2.5, -0.00005, 3.25, -1000.0, -2000.0, -1999.9999, 1e30, math.inf, math.nan])
CHARACTERS = ["a", "b", "B", "(", " ", "é", "中", "😀", "\ufeff", "\ufffd"]
CLEAN = st.text(st.sampled_from(CHARACTERS), min_size=1, max_size=6).map(str.encode)
ODD = st.lists(st.sampled_from([b"a", b"b", b"\xff", b"\x80", b"\xe4\xb8", b"\xc1\xa1", b"\xef\xbf\xbd"]), min_size=1)


def make(tokens, scores, bytes_=BYTES):
    all_tokens = [*SPECIAL, *bytes_, *tokens]
    types = [3] * 4 + [6] * len(bytes_) + [1] * len(tokens)
    return tokenizer(
        "plamo2",
        all_tokens,
        scores=floats([0.0] * (len(all_tokens) - len(tokens)) + scores),
        token_type=integers(types),
    )


def twin(tokens, scores):
    all_tokens = [*SPECIAL, *BYTES, *tokens]
    all_scores = [0.0] * (len(all_tokens) - len(tokens)) + [float_32(score) for score in scores]
    return plamo2.Table(all_tokens, all_scores, [4 <= i < 260 for i in range(len(all_tokens))])


def float_32(score):
    import numpy as np

    return float(np.float32(score))


@st.composite
def vocabularies(draw, texts, scores=SCORES):
    tokens = sorted(draw(st.sets(texts, max_size=25)))
    return draw(st.permutations(tokens)), [draw(scores) for _ in tokens]


TEXTS = st.text(st.sampled_from([*CHARACTERS, "c", "\0"]), max_size=30).map(str.encode) | st.lists(
    st.sampled_from([b"a", b"b", b"\xff", b"\xe4\xb8", b"\xf4\x90\x80\x80", b"\xf7\xbf\xbf\xbf", b"\xc1\xa1", b"\xf8"])
).map(b"".join)


@settings(max_examples=500, deadline=None)
@given(vocabularies(CLEAN), TEXTS)
def test_clean_vocabularies(vocabulary, text):
    tokens, scores = vocabulary
    assert make(tokens, scores).encode(text) == twin(tokens, scores).encode(text, range(4, 260))


@settings(max_examples=500, deadline=None)
@given(
    vocabularies(CLEAN, SCORES.filter(lambda score: score != -1000.0)),
    st.text(st.sampled_from([*CHARACTERS, " ", "c"]), max_size=90).map(str.encode),
)
def test_texts_by_parts(vocabulary, text):
    """No token has the score of an unknown character: clean texts are cut, and parts kept."""
    tokens, scores = vocabulary
    tok, expected = make(tokens, scores), twin(tokens, scores).encode(text, range(4, 260))
    for _ in range(2):
        assert tok.encode(text) == expected
    lead = text + b"\xe4 a"
    assert tok.encode(lead) == twin(tokens, scores).encode(lead, range(4, 260)), "takes in a space"


@pytest.mark.parametrize("character", ["é", "中", "😀"])
def test_characters_are_never_cut(character):
    tokens, scores = [b"a", b"."], [-1.0, -1.0]
    for n in range(4):
        text = ("a" * n + "." + character * 100).encode()
        assert make(tokens, scores).encode(text) == twin(tokens, scores).encode(text, range(4, 260))


@settings(max_examples=500, deadline=None)
@given(vocabularies(CLEAN | ODD.map(b"".join)), TEXTS)
def test_tokens_with_invalid_utf8(vocabulary, text):
    tokens, scores = vocabulary
    assert make(tokens, scores).encode(text) == twin(tokens, scores).encode(text, range(4, 260))


def test_a_score_that_ends_the_search_ends_it_before_a_space_too():
    """The word before it is not what it would be alone."""
    tokens, scores = [b"x", b" b"], [-1.0, -1000.0]
    ids = make(tokens, scores).encode("x b")
    assert ids == twin(tokens, scores).encode(b"x b", range(4, 260)) == [4 + ord("x"), 261]
    assert make(tokens, [-1.0, -999.0]).encode("x b") == [260, 261]


def test_a_token_with_invalid_utf8_may_be_found_across_a_space():
    """Its character leads to another token's state, as if that had been read: texts are not cut into words then."""
    tokens, scores = [b"x\x80", "x\ufffd".encode()], [-1.0, -1.0]
    ids = make(tokens, scores).encode("x b")
    assert ids == twin(tokens, scores).encode(b"x b", range(4, 260)) == [261, 4 + ord("b")]


def test_the_byte_order_mark_is_dropped_once():
    tok = make([b"a"], [0.0])
    assert tok.encode("\ufeffa") == [260]
    assert tok.encode("\ufeff") == []
    assert tok.encode("\ufeff\ufeffa") == [4 + 0xEF, 4 + 0xBB, 4 + 0xBF, 260]


def test_byte_tokens_are_pieces_of_one_byte():
    tok = make([b"<0x41>b"], [0.0])
    assert [tok.token_to_piece(4 + b) for b in range(256)] == [bytes([b]) for b in range(256)]
    assert tok.token_to_piece(260) == b"<0x41>b"


@pytest.mark.parametrize("missing", [0, 0x41, 255])
def test_a_missing_byte_token_is_named(missing):
    with pytest.raises(GGUFError, match=rf"<0x{missing:02X}>"):
        make([b"a"], [0.0], [text for b, text in enumerate(BYTES) if b != missing])


def test_a_byte_token_of_id_0_does_not_count():
    with pytest.raises(GGUFError, match="<0x00>"):
        tokenizer("plamo2", BYTES, token_type=integers([6] * 256))


def test_characters_above_the_last_code_point_are_refused_in_tokens():
    with pytest.raises(GGUFError, match="above"):
        make([b"a\xf4\x90\x80\x80"], [0.0])


def test_long_tokens_and_texts():
    tok = make([b"a" * 50_000 + b"b", b"a"], [5.0, -1.0])
    start = time.process_time()
    assert tok.count(b"a" * 1_000_000) == 1_000_000
    assert tok.encode(b"a" * 50_001 + b"b") == [261, 260]
    assert time.process_time() - start < 5
