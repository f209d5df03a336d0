"""Unigram models: words that are encoded alone."""

from __future__ import annotations

import math
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.charsmap import compiled
from shimmytok.models import unigram
from shimmytok.models._unigram_words import Words
from unigram_files import (
    ADVERSARIAL,
    CONTROL,
    FIRST,
    FLAG,
    ID,
    MARK,
    MATCHES,
    NORMAL,
    UNUSED,
    USER_DEFINED,
    WORDS,
    flags_of,
    fragment_ids,
    tokenizer,
)


@st.composite
def vocabularies_of_words(draw):
    """Many ways through each word, with sums that are near one another."""
    pieces = st.text(st.sampled_from("aab▁é"), min_size=1, max_size=4).map(str.encode)
    texts = draw(st.permutations(sorted(draw(st.sets(pieces, max_size=25)) - {MARK[0]})))
    scores = draw(st.sampled_from([ADVERSARIAL, st.sampled_from([-1.0, -0.5, -2.0]), st.floats(-20, 0, width=32)]))
    return [*FIRST, MARK, *((text, draw(scores), draw(st.sampled_from([NORMAL] * 6 + [UNUSED]))) for text in texts)]


@settings(max_examples=300, deadline=None)
@given(vocabularies_of_words(), st.lists(st.text(st.sampled_from("aabé▁x中"), max_size=6), max_size=60), MATCHES)
def test_words_alone_have_the_ids_they_have_in_the_text(tokens, words, matches):
    text = " \n".join(words).encode()
    tok = tokenizer(tokens, compiled({b"\n": b" "}), matches=matches, **WORDS)
    ids = fragment_ids(tokens, {b"\n": b" "}, text, add_space_prefix=True, remove_extra_whitespaces=True)
    assert tok.encode(text, add_special_tokens=False) == ids
    assert tok.encode(text, add_special_tokens=False) == ids  # from the cache


@settings(max_examples=40, deadline=None)
@given(vocabularies_of_words(), st.lists(st.text(st.sampled_from("aabé▁x中"), max_size=40), max_size=40), st.booleans())
def test_long_texts_in_parts_and_as_a_whole(tokens, words, extra):
    """Scores that rule out encoding word by word, or part by part, on a token that no text has."""
    text = " ".join(words * 30)
    flags = {**WORDS, "remove_extra_whitespaces": (FLAG, extra)}
    ids = tokenizer(tokens, **flags).encode(text)
    assert tokenizer(tokens, matches=500, **flags).encode(text) == ids
    for score in (1e-30, math.nan):
        assert tokenizer([*tokens, (b"\xff\xff", score, NORMAL)], **flags).encode(text) == ids


@st.composite
def vocabularies_of_spaces(draw):
    """Tokens with spaces before, or behind, most of them so that texts can be cut there, and which is unknown."""
    behind = draw(st.booleans())
    body = st.text(st.sampled_from("aabé"), min_size=1, max_size=3)
    spaces = st.sampled_from(["", "", "▁", "▁▁"]) if draw(st.booleans()) else st.sampled_from(["", "▁"])
    usual = st.tuples(body, spaces).map("".join) if behind else st.tuples(spaces, body).map("".join)
    usual |= spaces.filter(len)
    odd = st.text(st.sampled_from("ab▁é"), min_size=1, max_size=4)
    texts = draw(st.sets(usual, min_size=1, max_size=20)) | draw(st.sets(odd, max_size=draw(st.sampled_from([0, 2]))))
    rows = [MARK, *((text.encode(), draw(ADVERSARIAL), NORMAL) for text in sorted(texts - {"▁"}))]
    tokens = [*FIRST, *draw(st.permutations(rows))]
    return tokens, draw(st.sampled_from([2, 2, 2, *range(3, len(tokens))]))


SPACES = {b"\n": b" ", "\u3000".encode(): b" ", "\u200b".encode(): b"", b"X": b"\xc3", b"Y": b"  ", b"Z": b"a "}


@settings(max_examples=2000, deadline=None)
@given(
    vocabularies_of_spaces(),
    st.lists(
        st.text(st.sampled_from("aabbé中") | st.sampled_from("aab \n▁\u3000\u200bXYZé中"), max_size=9), max_size=30
    ),
    st.booleans(),
    st.booleans(),
    MATCHES,
)
def test_words_with_their_spaces_alone(vocabulary, words, add_space_prefix, remove_extra_whitespaces, matches):
    tokens, unknown = vocabulary
    text = " ".join(words).encode()
    flags = {"add_space_prefix": add_space_prefix, "remove_extra_whitespaces": remove_extra_whitespaces}
    tok = tokenizer(tokens, compiled(SPACES), matches=matches, unknown_token_id=(ID, unknown), **flags_of(**flags))
    ids = fragment_ids(tokens, SPACES, text, unknown=unknown, **flags)
    for _ in range(2):  # the second time from the cache
        assert tok.encode(text, add_special_tokens=False) == ids
        assert tok.encode_batch([text, b"a", text], add_special_tokens=False)[2] == ids


@pytest.mark.parametrize(
    ("texts", "extra", "words"),
    [
        (["▁a", "▁▁a", "▁▁", "b"], True, Words.SPACED),
        (["▁a", "▁▁a", "▁▁", "b"], False, Words.BEFORE),
        (["a▁", "b"], False, Words.BEHIND),
        (["a▁", "b"], True, None),
        (["a▁", "▁▁"], False, None),
        (["a▁", b"\x81"], False, Words.BEHIND),
        (["a▁", b"\x81b"], False, None),
        (["a▁", b"\x96\x81b"], False, None),
        (["▁a", b"\x81b"], False, Words.BEFORE),
        (["a▁", "▁b"], False, None),
        (["a▁b"], False, None),
    ],
)
def test_what_a_word_is_is_told_by_the_vocabulary(texts, extra, words):
    tokens = [*FIRST, MARK, *((text if isinstance(text, bytes) else text.encode(), -1.0, NORMAL) for text in texts)]
    with mock.patch.object(unigram, "UnigramModel", wraps=unigram.UnigramModel) as made:
        tokenizer(tokens, **flags_of(remove_extra_whitespaces=extra))
    by_words = made.call_args_list[0].kwargs
    assert (by_words["words"] if by_words["sums"] else None) == words


@pytest.mark.parametrize("unknown", [5, 4], ids=["b", "▁a"])
def test_an_unknown_token_that_a_text_may_have(unknown):
    tokens = [*FIRST, MARK, ("▁a".encode(), -1.0, NORMAL), (b"b", -1.0, NORMAL)]
    flags = {"add_space_prefix": False, "remove_extra_whitespaces": False}
    tok = tokenizer(tokens, unknown_token_id=(ID, unknown), **flags_of(**flags))
    for text in (b"x a", b"xb ax a", b"b b  ay"):
        assert tok.encode(text, add_special_tokens=False) == fragment_ids(tokens, {}, text, unknown=unknown, **flags)


def test_a_character_that_swallows_a_part_of_the_space_behind_it():
    """The word ends with unknown bytes then, and so would the run of the next."""
    tokens = [*FIRST, MARK, ("a▁".encode(), -1.0, NORMAL), (b"b", -1.0, NORMAL)]
    flags = {"add_space_prefix": False, "remove_extra_whitespaces": False}
    tok = tokenizer(tokens, compiled({b"X": b"\xc3"}), **flags_of(**flags))
    assert tok.encode(b"aX x", add_special_tokens=False) == [2]
    assert tok.encode(b"a bX x a", add_special_tokens=False) == [4, 5, 2, 3, 2]
    # Between special tokens, too, though not together with what is beside it.
    tok = tokenizer([*tokens, (b"<x>", 0.0, CONTROL)], compiled({b"X": b"\xc3"}), **flags_of(**flags))
    parsed = tok.encode(b"b<x>aX x<x>a bX x a<x>", add_special_tokens=False, parse_special=True)
    assert parsed == [5, 6, 2, 6, 4, 5, 2, 3, 2, 6]


@pytest.mark.parametrize(
    ("char", "rest"),
    [(b"\xe2", b"\x81"), (b"\xc3", b"\x96\x81"), (b"\xe2\xff", b"\x81")],
    ids=["two bytes", "one", "a user-defined token's"],
)
def test_tokens_that_begin_inside_the_space_behind_a_word(char, rest):
    """The character before swallows its first bytes."""
    tokens = [*FIRST, MARK, ("a▁".encode(), -1.0, NORMAL), (rest, -1.0, NORMAL), (rest + b"b", -0.5, NORMAL)]
    tokens += [(b"b", -1.0, NORMAL), *([(char, 0.0, USER_DEFINED)] if len(char) > 1 else [])]
    flags = {"add_space_prefix": False, "remove_extra_whitespaces": False}
    charsmap = {b"X": char[:1]}
    tok = tokenizer(tokens, compiled(charsmap), **flags_of(**flags))
    for text in (b"X b", b"a X b a", b"a\xe2 b a"):
        ids = fragment_ids(tokens, charsmap, text, **flags)
        assert tok.encode(text, add_special_tokens=False) == ids


@pytest.mark.parametrize("behind", [False, True])
def test_words_that_grow_are_counted_with_their_spaces(behind):
    """Sums of more than 8,304 bytes are rounded; 257 words become 8,995, as many as fit into what most words may."""
    word = "a▁" if behind else "▁a"
    scores = {"▁": -1000.0, word: -1000.0, "cd": -1.0, "c": 2.0**-30, "d": -1.0}
    tokens = [*FIRST, *((text.encode(), score, NORMAL) for text, score in scores.items())]
    flags = {"add_space_prefix": False, "remove_extra_whitespaces": False}
    charsmap = {b"X": b"q" * 32}
    text = b"X " * 257 + b"cd" if behind else b" X" * 257 + b" cd"
    ids = fragment_ids(tokens, charsmap, text, **flags)
    assert tokenizer(tokens, compiled(charsmap), **flags_of(**flags)).encode(text, add_special_tokens=False) == ids


@pytest.mark.parametrize("end", ["", " ", "   ", "\n", "x \n ", "▁", "\u3000", "\u3000 "])
@pytest.mark.parametrize("tokens", [["▁a", "▁▁", "▁▁a"], ["a▁", "b▁"]], ids=["before", "behind"])
def test_spaces_at_the_end(tokens, end):
    tokens = [*FIRST, MARK, *((text.encode(), -1.0 - len(text), NORMAL) for text in tokens)]
    for flags in ({"add_space_prefix": prefix, "remove_extra_whitespaces": False} for prefix in (False, True)):
        tok = tokenizer(tokens, compiled(SPACES), **flags_of(**flags))
        for text in (f"a a  a{end}".encode(), f"a{end}".encode(), f" {end}".encode()):
            ids = fragment_ids(tokens, SPACES, text, **flags)
            assert tok.encode(text, add_special_tokens=False) == ids
            assert tok.encode_batch([text] * 3, add_special_tokens=False) == [ids] * 3


@pytest.mark.parametrize("first", ["a", "  a", "\u200ba", "\u200b a", "   ", "\u200b", "a b"])
def test_the_first_word_gets_a_space_where_all_stay(first):
    for tokens in ([*FIRST, MARK, ("▁a".encode(), -1.0, NORMAL)], [*FIRST, MARK, ("a▁".encode(), -1.0, NORMAL)]):
        flags = {"add_space_prefix": True, "remove_extra_whitespaces": False}
        tok = tokenizer(tokens, compiled(SPACES), **flags_of(**flags))
        text = f"{first} a  a a".encode()
        ids = fragment_ids(tokens, SPACES, text, **flags)
        assert tok.encode(text, add_special_tokens=False) == ids
        assert tok.encode_batch([text] * 3, add_special_tokens=False) == [ids] * 3


@pytest.mark.parametrize("matches", [1, unigram.MOST_MATCHES], ids=["long", "short"])
def test_a_word_that_tokens_may_reach_over_is_encoded_with_the_next(matches):
    tokens = [*FIRST, MARK, ("a▁b".encode(), -0.1, NORMAL), (b"a", -1.0, NORMAL), (b"b", -1.0, NORMAL)]
    flags = {"matches": matches, **WORDS}
    assert tokenizer(tokens, **flags).encode("a b a", add_special_tokens=False) == [3, 4, 3, 5]
    tokens[4] = ("▁▁".encode(), -0.1, NORMAL)
    assert tokenizer(tokens, **flags).encode("a▁ b a", add_special_tokens=False) == [3, 5, 4, 6, 3, 5]


def test_such_a_word_behind_many_others_in_a_batch():
    """The texts before it are encoded together, and then again, one by one."""
    tokens = [*FIRST, MARK, ("▁▁".encode(), -0.1, NORMAL), (b"a", -1.0, NORMAL), (b"b", -1.0, NORMAL)]
    tok = tokenizer(tokens, **WORDS)
    words = [f"{i:b}".translate({48: "a", 49: "b"}) for i in range(1000)]
    texts = [*(" ".join(words[i : i + 100]) for i in range(0, 1000, 100)), "a▁ b a", "b"]
    assert tok.encode_batch(texts) == [tok.encode(text) for text in texts]


def test_characters_that_become_many():
    tokens = [*FIRST, MARK, (b"a", -1.0, NORMAL), (b"b", -1.0, NORMAL)]
    tok = tokenizer(tokens, compiled({b"b": b"a" * 50, b"\x01": b" "}), **WORDS)
    assert tok.encode("a b a", add_special_tokens=False) == [3, 4, 3] + [4] * 50 + [3, 4]
    assert tok.encode("a\x01a  \x01 a", add_special_tokens=False) == [3, 4, 3, 4, 3, 4]


def test_runs_of_unknown_characters_become_one_over_words_without_a_token_for_u2581():
    tokens = [*FIRST, (b"a", -1.0, NORMAL), (b"\xe2", -1.0, NORMAL)]  # a token begins U+2581, and is not it
    tok = tokenizer(tokens, remove_extra_whitespaces=(FLAG, True), add_space_prefix=(FLAG, False))
    assert tok.encode("B B", add_special_tokens=False) == [2]
