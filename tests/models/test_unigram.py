"""Unigram models against their plain twin, and what their file decides."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oracle.charsmap import blob, compiled, deep
from shimmytok import GGUFError, LimitError, UnsupportedModelError
from shimmytok.gguf import ValueType
from unigram_files import (
    BYTE,
    CONTROL,
    FIRST,
    FLAG,
    ID,
    LOWEST,
    MARK,
    MATCHES,
    NORMAL,
    UNKNOWN,
    UNUSED,
    USER_DEFINED,
    WORDS,
    array,
    flags_of,
    fragment_ids,
    tokenizer,
)


@st.composite
def vocabularies(draw):
    pieces = st.text(st.sampled_from("abé▁ "), min_size=1, max_size=4).map(str.encode) | st.sampled_from(
        [b"\xc3", b"\xa9", b"\x96\x81a", b"\xe2", b"\xff", b"a\xe2\x96", "\ufffd".encode()]
    )
    texts = draw(st.permutations(sorted(draw(st.sets(pieces, max_size=30)))))
    scores = st.sampled_from([-3.5, -1.0, -2.0, -0.5, 0.0, 2.25, -100.0, -math.inf, math.nan, LOWEST])
    usual = st.sampled_from([-3.5, -1.0, -2.0, -0.5, 0.0])
    types = st.sampled_from([NORMAL] * 8 + [USER_DEFINED, UNUSED, CONTROL, BYTE])
    odd = draw(st.integers(0, 5)) == 0
    rows = [(text, draw(scores if odd else usual), draw(types)) for text in texts]
    # A byte token of less than three bytes is refused.
    return [*FIRST, *(row for row in rows if row[2] != BYTE or len(row[0]) >= 3)]


CHARSMAPS = st.dictionaries(
    st.text(st.sampled_from("abé B\u3000"), min_size=1, max_size=3).map(str.encode) | st.just(b"\xc3"),
    st.sampled_from([b"", b" ", b"a", b"ab", b" a ", b"  ", "é".encode(), b"\xc3", "▁".encode()]),
    max_size=12,
)
TEXTS = st.text(st.sampled_from("abéB \u3000x▁\n\0"), max_size=40).map(str.encode) | st.binary(max_size=30)


@settings(max_examples=600, deadline=None)
@given(vocabularies(), CHARSMAPS, TEXTS, st.booleans(), st.booleans(), MATCHES)
@example([*FIRST, (b"\xe2", -3.5, NORMAL)], {b"B": b" "}, b"aBa", False, True, 9999)  # a token is a part of U+2581
def test_against_the_twin(tokens, charsmap, text, add_space_prefix, remove_extra_whitespaces, matches):
    flags = {"add_space_prefix": add_space_prefix, "remove_extra_whitespaces": remove_extra_whitespaces}
    tok = tokenizer(tokens, compiled(charsmap) if charsmap else None, matches=matches, **flags_of(**flags))
    ids = fragment_ids(tokens, charsmap, text, **flags)
    assert tok._encoder.encode_fragment(text) == ids
    if not any(token in text for token, _, kind in tokens if kind == USER_DEFINED):
        assert tok.encode(text) == [*ids, 1]


@st.composite
def nested_tokens(draw):
    """Starts of a few long texts, with scores of which many are equal in sum."""
    wholes = draw(st.lists(st.text(st.sampled_from("aaabé▁"), min_size=1, max_size=40), min_size=1, max_size=3))
    pieces = {whole[:n] for whole in wholes for n in draw(st.sets(st.integers(1, len(whole)), min_size=1))}
    texts = draw(st.permutations(sorted((pieces | {"a"}) - {"▁"})))
    by_length = draw(st.booleans())
    scores = [-0.5 * len(text) if by_length else draw(st.sampled_from([-1.0, -1.5, -2.0, -0.25])) for text in texts]
    mark = [MARK] * draw(st.booleans())
    return wholes, [*FIRST, *mark, *((text.encode(), score, NORMAL) for text, score in zip(texts, scores, strict=True))]


@settings(max_examples=300, deadline=None)
@given(nested_tokens(), st.data(), st.booleans(), MATCHES)
def test_nested_tokens_in_texts_of_many_windows(vocabulary, data, by_words, matches):
    wholes, tokens = vocabulary
    bits = st.sampled_from([*wholes, "a", "x", "é", "中", " "])
    text = "".join(data.draw(st.lists(bits, max_size=25))).encode()
    flags = {"add_space_prefix": by_words, "remove_extra_whitespaces": by_words}
    tok = tokenizer(tokens, matches=matches, **flags_of(**flags))
    assert tok.encode(text, add_special_tokens=False) == fragment_ids(tokens, {}, text, **flags)


def test_the_second_model_of_a_vocabulary_leaves_the_cache_alone():
    """The newline is looked for with another unknown token."""
    tok = tokenizer([*FIRST, MARK, (b"a", -1.0, NORMAL)], unknown_token_id=(ID, 1), **WORDS)
    assert tok.encode("\n", add_special_tokens=False) == [3, 1]


def test_fragments_are_normalised_each_on_its_own():
    tok = tokenizer(
        [
            *FIRST,
            ("▁a".encode(), -1.0, NORMAL),
            (b"a", -1.0, NORMAL),
            (b"<x>", 0.0, CONTROL),
            (b"<u>", 0.0, USER_DEFINED),
        ],
        add_space_prefix=(FLAG, True),
    )
    assert tok.encode("aa<x>aa<u>a", parse_special=True) == [3, 4, 5, 3, 4, 6, 3, 1]
    assert tok.encode("<x>", parse_special=True, add_special_tokens=False) == [5]


def test_ties_go_to_the_first_found():
    tokens = [*FIRST, (b"ab", -2.0, NORMAL), (b"a", -1.0, NORMAL), (b"b", -1.0, NORMAL)]
    assert tokenizer(tokens).encode("ab", add_special_tokens=False) == [3]


def test_ties_go_to_the_first_found_when_a_window_ends_early():
    """The first window has four bytes; from the second on, more text might lead to further tokens, so that "q" is not
    known to be unknown yet.  Bytes that may be replaced are taken one by one."""
    charsmap = compiled({bytes([byte]): bytes([byte]) for byte in b"pqrst"})
    scores = {b"p": -1.0, b"pqr": -20.0, b"qrstu": -1.0, b"rs": -1.0, b"s": -12.0, b"t": -1.0}
    tok = tokenizer([*FIRST, *((text, score, NORMAL) for text, score in scores.items())], charsmap, matches=9)
    assert tok.encode("pqrst", add_special_tokens=False) == [3, 2, 6, 8]


def test_sums_are_doubles():
    """In single precision, the two ways to cut would be equal, and the first one found would stay."""
    tokens = [*FIRST, (b"xab", -16777216.0, NORMAL), (b"x", -16777216.0, NORMAL), (b"ab", 0.25, NORMAL)]
    assert tokenizer(tokens).encode("xab", add_special_tokens=False) == [4, 5]


def test_runs_of_unknown_characters_become_one():
    tok = tokenizer([*FIRST, (b"a", -1.0, NORMAL)])
    assert tok.encode("xyzaéxa中", add_special_tokens=False) == [2, 3, 2, 3, 2]


def test_newline_is_found_before_the_special_ids_are_read():
    tok = tokenizer([*FIRST, (b"a", -1.0, NORMAL)], unknown_token_id=(ID, 1))
    assert (tok.unk_token_id, tok.nl_token_id) == (1, 2)
    assert tokenizer([*FIRST, (b"\n", -1.0, NORMAL)]).nl_token_id == 3
    assert tokenizer(FIRST, compiled({b"\n": b""})).nl_token_id == 0


def test_without_an_unknown_token_what_is_known_is_encoded():
    tok = tokenizer([(b"a", -1.0, NORMAL), (b"\n", -1.0, NORMAL)])
    assert tok.encode("a\na", add_special_tokens=False) == [0, 1, 0]
    with pytest.raises(UnsupportedModelError, match="no unknown token"):
        tok.encode("ax")


def test_tokens_that_later_become_user_defined_score_nothing():
    """gpt-oss's markers are made user-defined by their text, after llama.cpp has built its tables."""
    tokens = [*FIRST, (b"<|start|>", -50.0, NORMAL), *((bytes([b]), -1.0, NORMAL) for b in sorted(set(b"<|start>")))]
    tok = tokenizer(tokens)
    assert tok._encoder.encode_fragment(b"<|start|>") == [3]


@pytest.mark.parametrize("blob", [b"", b"\0", b"\0\0\0", b"\0\0\0\0", b"\1\0\0\0\0", b"\xff\xff\xff\xff" * 4])
def test_a_charsmap_that_does_not_fit_is_refused(blob):
    with pytest.raises(GGUFError, match="precompiled_charsmap"):
        tokenizer(FIRST, blob)


def test_a_charsmap_of_the_wrong_type_is_refused():
    with pytest.raises(GGUFError, match="precompiled_charsmap"):
        tokenizer(FIRST, precompiled_charsmap=array(ValueType.UINT32, [0, 0]))


def test_an_endless_charsmap_is_refused():
    """Unit 1 is the child by "a" of the node at 0x60; its distance leads back there."""
    units = [0x60 << 10, 0x61 | (0x60 ^ 1) << 10]
    with pytest.raises(GGUFError, match="cycle"):
        tokenizer(FIRST, blob(units, b"\0"))


def test_a_charsmap_cannot_blow_up_memory():
    tok = tokenizer(FIRST, compiled({b"a": b"b" * 200_000}))
    assert tok.encode("a", add_special_tokens=False) == [2]
    with pytest.raises(LimitError, match="too long"):
        tok.encode("a" * 1000)


@pytest.mark.parametrize("by_words", [True, False])
def test_long_entries_of_a_charsmap_are_answered_unless_followed_from_everywhere(by_words):
    depth = 100_000
    texts = [b"a", b"x", b"b", "▁".encode()]
    tok = tokenizer(
        [*FIRST, *((text, -1.0, NORMAL) for text in texts)],
        deep(depth, b"x"),
        remove_extra_whitespaces=(FLAG, by_words),
    )
    mark = [6] * by_words
    assert tok.encode(b"a" * depth + b"b", add_special_tokens=False) == [*mark, 4]
    short = b"a" * 250 + b"b"  # whose walks are as long as in any map of short entries
    assert tok.encode(short * 100, add_special_tokens=False) == [*mark, *([3] * 250 + [5]) * 100]
    # The third word's walks are too long for it alone, and short enough for this text.
    words = [b"a" * n + b"b" for n in (1, 255, 600, 20)] * 50
    expected = [token for word in words for token in [6, *[3] * (len(word) - 1), 5]]
    assert tok.encode(b" ".join(words), add_special_tokens=False) == expected[not by_words :]
    start = time.process_time()
    for text in (b"a" * depth, b"a " * 1000 + b"a" * depth):
        with pytest.raises(LimitError, match="charsmap"):
            tok.encode(text)
    with pytest.raises(LimitError, match="charsmap"):
        tok.encode_batch([b"a", b"a" * depth])
    assert time.process_time() - start < 5


@pytest.mark.parametrize("ends", [b"", b"\0"])
def test_long_replacements_are_not_looked_through_again_and_again(ends):
    """Each place begins a short entry, whose replacement has 10 MB or no end; a longer one is taken, or none."""
    content = compiled({b"ab": b"x", b"a": b"y" * 10_000_000})[:-1] + ends
    tok = tokenizer([*FIRST, (b"a", -1.0, NORMAL), (b"x", -1.0, NORMAL)], content)
    start = time.process_time()
    assert tok.encode(b"ab" * 50_000, add_special_tokens=False) == [4] * 50_000
    if not ends:
        assert tok.encode(b"a" * 50_000, add_special_tokens=False) == [3] * 50_000
    assert time.process_time() - start < 5


def test_settings_are_kept_when_pickled_and_in_the_fingerprint():
    tokens = [*FIRST, (b"a", -1.0, NORMAL)]
    mapped, plain = tokenizer(tokens, compiled({b"b": b"a"})), tokenizer(tokens)
    assert mapped != plain
    again = mapped.__reduce__()[0](*mapped.__reduce__()[1])
    assert again == mapped and again.encode("b") == [3, 1]


def test_scores_that_are_no_numbers():
    """A signalling NaN, which numpy warns of, and quiet ones."""
    nan = np.array([0x7FA00000, 0xFFA00000, 0x7FC00000, 0xFFC00000, 0], np.uint32).view(np.float32)
    texts = [text for text, *_ in FIRST] + [b"a", b"b"]
    tok = tokenizer(
        list(zip(texts, [0.0] * 5, [CONTROL, CONTROL, UNKNOWN, NORMAL, NORMAL], strict=True)),
        scores=(ValueType.ARRAY, (ValueType.FLOAT32, nan)),
    )
    assert math.isnan(tok.token_score(0)) and tok.encode("b", add_special_tokens=False) == [4]
