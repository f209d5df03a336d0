"""The cut at special tokens against its plain twin, and the options of encode that have to do with them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.models import cut
from shimmytok import SpecialTokenError, Tokenizer
from shimmytok._specials import SpecialMatcher
from shimmytok.gguf import ValueType
from shimmytok.gguf.writer import dumps

letters = st.text("ab \n", min_size=1, max_size=6).map(str.encode)
tokens = st.lists(st.tuples(letters, st.booleans(), st.booleans()), max_size=12).map(
    lambda rows: [(text, i, left, right) for i, (text, left, right) in enumerate(rows)]
)
plain = st.lists(letters, max_size=12).map(lambda rows: [(text, i, False, False) for i, text in enumerate(rows)])


@settings(max_examples=3000, deadline=None)
@given(tokens | plain, st.text("ab \nc", max_size=60).map(str.encode))
def test_same_cut_as_looking_for_one_token_after_the_other(specials, text):
    assert SpecialMatcher(specials).cut(text) == cut(text, specials)


def test_the_longest_token_of_the_text_comes_first():
    specials = [(b"AB", 0, False, False), (b"BCD", 1, False, False)]
    assert SpecialMatcher(specials).cut(b"ABCD") == [(0, 1, None), (1, 4, 1)]


def test_a_token_inside_a_token_is_found_where_the_longer_one_is_not():
    specials = [(b"<|end|>", 5, False, False), (b"<|end", 6, False, False), (b"|>", 7, False, False)]
    assert SpecialMatcher(specials).cut(b"<|end<|end|>|>") == [(0, 5, 6), (5, 12, 5), (12, 14, 7)]


def test_runs_of_one_character_with_tokens_of_every_length():
    specials = [(b"\n" * n, n, False, False) for n in range(1, 32)]
    assert SpecialMatcher(specials).cut(b"\n" * 100) == cut(b"\n" * 100, specials)
    segments = SpecialMatcher(specials).cut(b"\n" * 1_000_000)
    assert [token for *_, token in segments] == [31] * (1_000_000 // 31) + [1_000_000 % 31]


def test_many_special_tokens_in_a_text(small):
    text = "<|eot_id|>x" * 20_000
    assert small.encode(text, parse_special=True) == [3, 1] * 20_000


@pytest.fixture(scope="module")
def small():
    control, user_defined = 3, 4
    texts = [b"<unk>", b"x", b"y", b"<|eot_id|>", b"<tool>", b" "]
    return Tokenizer.from_bytes(
        dumps(
            [
                ("tokenizer.ggml.model", ValueType.STRING, "gpt2"),
                ("tokenizer.ggml.pre", ValueType.STRING, "gpt-2"),
                ("tokenizer.ggml.tokens", ValueType.ARRAY, (ValueType.STRING, texts)),
                ("tokenizer.ggml.merges", ValueType.ARRAY, (ValueType.STRING, [])),
                (
                    "tokenizer.ggml.token_type",
                    ValueType.ARRAY,
                    (ValueType.INT32, [2, 1, 1, control, user_defined, 1]),
                ),
            ]
        )
    )


def test_parse_special(small):
    assert small.encode("x<|eot_id|>y", parse_special=True) == [1, 3, 2]
    assert 3 not in small.encode("x<|eot_id|>y")
    assert small.encode("x<tool>y") == [1, 4, 2], "user-defined tokens are always cut out"


def test_disallowed_special(small):
    assert small.encode("xy", disallowed_special="all") == [1, 2]
    with pytest.raises(SpecialTokenError, match=r"'<\|eot_id\|>' at byte 1"):
        small.encode("x<|eot_id|>", disallowed_special="all")
    with pytest.raises(SpecialTokenError, match="<tool>"):
        small.encode("é<tool>", disallowed_special=["<tool>"])
    assert small.encode("<tool>", disallowed_special="all") == [4], "it is no control token"
    with pytest.raises(SpecialTokenError, match=r"texts\[1\]"):
        small.encode_batch(["x", "<|eot_id|>"], disallowed_special={"<|eot_id|>"})
    with pytest.raises(ValueError, match="not a special token"):
        small.encode("x", disallowed_special=["y"])
    with pytest.raises(ValueError, match='"all"'):
        small.encode("x", disallowed_special="everything")


def test_nested_tokens_that_keep_losing_their_place():
    """Each place has many tokens that end there, and only the shortest is free."""
    specials = [(b"b" + b"a" * 40, 0, False, False), *((b"a" * n, n, False, False) for n in range(20, 41))]
    text = (b"b" + b"a" * 40 + b"a" * 19 + b"c") * 20
    assert SpecialMatcher(specials).cut(text) == cut(text, specials)
