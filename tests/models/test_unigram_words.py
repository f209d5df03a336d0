"""Unigram models: words that are encoded alone."""

from __future__ import annotations

import math
import random
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oracle.charsmap import compiled
from shimmytok.models import unigram
from shimmytok.models._unigram_words import Words
from unigram_files import (
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

# Doubles that hold the first few exactly, and lose the last bits of others once sums grow.
ADVERSARIAL = st.sampled_from([-1.0, -0.5, -0.1, -0.3, -1e-7, -3e-8, -16777216.0, -8388608.5, 2.25, 0.0])


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


# "ab" has two ways of which the better one is so by a bit that sums lose beyond 2**27, far beyond a section's worth.
NEAR = [
    *FIRST,
    ("▁".encode(), -200.0, NORMAL),
    ("▁a".encode(), -100.0, NORMAL),
    (b"a", -150.0, NORMAL),
    (b"b", -100.0, NORMAL),
    (b"ab", -(2.0**-26), NORMAL),
]
BETTER, OTHER = [4, 6], [3, 7]


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("ab " * 300_000, BETTER),
        ("ab " * 900_000, OTHER),
        (("x" * 40 + " ") * 20_000 + "ab " * 1000, OTHER),  # most of the sum is that of unknown characters
        (("a x" * 9 + " ") * 9_000 + "ab " * 1000, BETTER),
    ],
    ids=["near", "far", "unknown", "some unknown"],
)
def test_texts_whose_sums_are_told_by_their_ids(text, last):
    """Longer than what is exact whatever the text is."""
    stream = tokenizer([*NEAR, (b"\xff\xff", 1e-30, NORMAL)], **WORDS).encode(text, add_special_tokens=False)
    assert tokenizer(NEAR, **WORDS).encode(text, add_special_tokens=False) == stream
    assert stream[-2:] == last


@pytest.mark.parametrize(("score", "kind"), [(2047.0, NORMAL), (-2047.0, UNUSED)])
@pytest.mark.parametrize(("times", "last"), [(500, [5, 6]), (1100, [3, 7])])
def test_runs_of_the_unknown_token_that_is_found_by_its_text(score, kind, times, last):
    """Each adds its own score, and they become one id."""
    rows = [(b"a", -1.0, NORMAL), (b"b", -1.0, NORMAL), (b"ab", -2.0 - 2.0**-22, NORMAL)]
    tokens = [*FIRST, ("▁".encode(), -1.0, NORMAL), (b"x", score, kind), *rows]
    text = ("x" * 1000 + " ") * times + "ab"
    tok = tokenizer(tokens, unknown_token_id=(ID, 4), **WORDS)
    stream = tokenizer([*tokens, (b"\xff\xff", 1e-30, NORMAL)], unknown_token_id=(ID, 4), **WORDS)
    ids = stream.encode(text, add_special_tokens=False)
    assert tok.encode(text, add_special_tokens=False) == ids
    assert ids[-2:] == last


@pytest.mark.parametrize("prefix", [True, False])
@pytest.mark.parametrize(
    ("text", "extra"), [("▁a", True), ("▁a", False), ("a▁", False)], ids=["spaced", "before", "behind"]
)
def test_sections_of_long_texts(text, extra, prefix):
    """Sections end where words do, whatever the spaces are, and wherever a section should end."""
    choice = random.Random(text)
    words = ["ab", "a", "b", "x", "aabbab", "é"]
    bits = [choice.choice(words) + " " * choice.choice([1, 1, 1, 2, 5]) for _ in range(20_000)]
    bits.insert(12_000, "ab" * 16_500)
    bits.insert(6_000, " " * 33_000)
    whole = "".join(bits)
    tokens = [(text.encode() if token[0] == "▁a".encode() else token[0], *token[1:]) for token in NEAR]
    flags = flags_of(remove_extra_whitespaces=extra, add_space_prefix=prefix)
    tok, stream = tokenizer(tokens, **flags), tokenizer([*tokens, (b"\xff\xff", 1e-30, NORMAL)], **flags)
    for begin in (0, 1, 5, 30, 31, 32, 20_000, 20_001, 40_000):
        part = whole[begin:]
        assert tok.encode(part, add_special_tokens=False) == stream.encode(part, add_special_tokens=False)


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


@st.composite
def vocabularies_of_parts(draw):
    """Tokens with few pairs of characters inside, so that words are cut, and which is unknown."""
    mark = draw(st.sampled_from(["{}", "▁{}", "{}▁"]))
    body = st.text(st.sampled_from("ab"), min_size=1, max_size=3) | st.sampled_from(
        [".", "(", "B", "U", "é", "..", "a."]
    )
    texts = draw(st.sets(body, min_size=1, max_size=12))
    texts |= {mark.format(text) for text in draw(st.sets(body, max_size=8))}
    odd = st.binary(min_size=1, max_size=2) | st.text(st.sampled_from("ab.(B▁é"), min_size=2, max_size=3).map(
        str.encode
    )
    rows = {text.encode() for text in texts} | draw(st.sets(odd, max_size=draw(st.sampled_from([0, 0, 2]))))
    kinds = st.sampled_from([NORMAL] * 8 + [UNUSED, USER_DEFINED])
    rows = [MARK, *((row, draw(ADVERSARIAL), draw(kinds)) for row in sorted(rows - {MARK[0]}))]
    tokens = [*FIRST, *draw(st.permutations(rows))]
    return tokens, draw(st.sampled_from([2, 2, 2, *range(3, len(tokens))]))


PARTS = {
    b"B": st.sampled_from([b"b", b"Ub", b"B ", b"", "é".encode(), b"B"]),
    b".": st.sampled_from([b".", b"P.", b".."]),
    "aé".encode(): st.sampled_from(["é".encode(), b"a", b"B"]),
    b".(": st.sampled_from([b".", b"("]),
    "é.".encode(): st.sampled_from([b".", b"a", b" "]),
    "é".encode(): st.sampled_from([b"\xc3", b"\xf0", b"a(", b" "]),
}


@settings(max_examples=1000, deadline=None)
@given(
    vocabularies_of_parts(),
    st.fixed_dictionaries({}, optional=PARTS),
    st.text(st.sampled_from("aabB.((é x中"), max_size=60).map(str.encode) | st.binary(max_size=20),
    st.booleans(),
    st.booleans(),
)
@example(
    ([*FIRST, MARK, (b"(", -1.0, NORMAL), (b"aB", -1.0, NORMAL), (b"a", -1.0, NORMAL)], 2), {}, b"(aB (a", True, True
)
def test_words_that_are_cut_inside(vocabulary, charsmap, text, add_space_prefix, remove_extra_whitespaces):
    tokens, unknown = vocabulary
    flags = {"add_space_prefix": add_space_prefix, "remove_extra_whitespaces": remove_extra_whitespaces}
    tok = tokenizer(
        tokens, compiled(charsmap) if charsmap else None, unknown_token_id=(ID, unknown), **flags_of(**flags)
    )
    ids = fragment_ids(tokens, charsmap, text, unknown=unknown, **flags)
    for _ in range(2):  # the second time from the cache
        assert tok._encoder.encode_fragment(text) == ids
    text = text.decode(errors="replace")
    ids = fragment_ids(tokens, charsmap, text.encode(), unknown=unknown, **flags)
    if not any(token in text.encode() for token, _, kind in tokens if kind == USER_DEFINED):
        assert tok.encode_batch([text, "a", text * 3], add_special_tokens=False)[0] == ids


@pytest.mark.parametrize(
    ("texts", "charsmap", "text", "unknown"),
    [
        (["(", "b", "c", "(c"], {"b\u0301": b"c"}, "(b\u0301 a(b\u0301", 2),
        (["(", "b", "▁("], {"b\u0301": b"c"}, "(b\u0301 (b", 2),
        (["b"], {}, "(b a(b", 4),
        (["x", "b", "xb"], {"é(": b"x"}, "aé(b", 2),
        (["x", "b", "xb"], {"a(": b"x"}, "a(b", 2),
        (["x", "(", "b", "(b"], {"(": b"y"}, "x(b", 2),
        (["(", "b", "▁b"], {"(": b"( "}, "a(b", 2),
        (["(", "b", "▁b"], {"(": b""}, "a (b", 2),
        (["(", "b", "x", "▁b"], {"((": b"x"}, "a((b", 2),
    ],
    ids=[
        "becomes another",
        "no context",
        "unknown text",
        "taken in",
        "taken in by ASCII",
        "literal",
        "space",
        "nothing",
        "two",
    ],
)
def test_what_keeps_words_from_being_cut(texts, charsmap, text, unknown):
    tokens = [*FIRST, MARK, *((token.encode(), -1.0, NORMAL) for token in texts), (b"x(z", 0.0, USER_DEFINED)]
    charsmap = {key.encode(): value for key, value in charsmap.items()}
    flags = {"add_space_prefix": True, "remove_extra_whitespaces": True}
    tok = tokenizer(
        tokens, compiled(charsmap) if charsmap else None, unknown_token_id=(ID, unknown), **flags_of(**flags)
    )
    for n in (0, *range(50, 66)):  # texts are looked at 64 bytes at a time
        shifted = (" " * n + text).encode()
        ids = fragment_ids(tokens, charsmap, shifted, unknown=unknown, **flags)
        assert tok._encoder.encode_fragment(shifted) == ids


def test_what_words_are_cut_between():
    texts = [b"a", b"b", b"(", b".", b"..", b"a."]
    tokens = [*FIRST, MARK, *((text, -1.0, NORMAL) for text in texts), (b"<U>", 0.0, USER_DEFINED)]
    with mock.patch.object(unigram, "UnigramModel", wraps=unigram.UnigramModel) as made:
        tokenizer(tokens, compiled({b"B": b"Ub", b"U": b"u", "b\u0301".encode(): b"c", b"(": b"( "}), **WORDS)
    table = made.call_args_list[0].kwargs["cuts"]
    cuts = {
        (a, b) for a in "aAbBUx.(<" for b in "aAbBUx.(<" if int(table[2 * ord(a) + ord(b) // 64]) >> ord(b) % 64 & 1
    }
    rights = {"a", "b", "."}  # A, x and < are no tokens, nor is what B becomes; ( becomes a space, too
    lefts = {"a", "A", "b", "B", "x", ".", "<"}  # U is in a user-defined token, and becomes another character
    small = set("abx")
    expected = {(a, b) for a in lefts for b in rights if not {a, b} <= small} - {(".", "."), ("a", ".")}
    assert cuts == expected


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
