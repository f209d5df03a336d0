"""Unigram models: words that are cut inside, where no token lies across."""

from __future__ import annotations

from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oracle.charsmap import compiled
from shimmytok._vocab import TokenTable
from shimmytok.models import unigram
from shimmytok.models._unigram_cuts import word_cuts
from unigram_files import (
    ADVERSARIAL,
    FIRST,
    ID,
    MARK,
    NORMAL,
    UNUSED,
    USER_DEFINED,
    WORDS,
    flags_of,
    fragment_ids,
    tokenizer,
)


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


def test_characters_that_are_not_all_there():
    with pytest.raises(ValueError, match="127 and 128 characters: not 128"):
        word_cuts(TokenTable.from_list([b"ab"]), bytes(127), bytes(128))
