"""RWKV against its plain twin: escapes, longest matches, bytes without a token."""

from __future__ import annotations

import random
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle import rwkv
from shimmytok import Tokenizer, UnsupportedModelError
from shimmytok._vocab import TokenTable
from shimmytok.gguf import ValueType
from shimmytok.models._rwkv_escapes import unescape_all
from tiny import gguf, tokenizer

UNKNOWN = {"unknown_token_id": (ValueType.UINT32, 0)}
# NUL ends a string of a file.
ESCAPED = st.lists(st.sampled_from(list(b"\\\\\\xntrab01fFz\xff\xe4")), max_size=12).map(bytes)


def unescaped(text: bytes) -> bytes:
    return unescape_all(TokenTable.from_list([b"a", text]))[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rb"a\nb\t\r", b"a\nb\t\r"),
        (rb"\x00\xff\x7F", b"\x00\xff\x86"),  # capital letters are no digits
        (rb"\'\\\"", b"'\\\""),
        (b"a\\", b"a"),
        (rb"a\x", b"a"),
        (rb"a\x4", b"a"),
        (rb"\xzz", bytes([(35 * 16 + 35) % 256])),
        (b"\\x\xff1", bytes([((0xFF - 48) * 16 + 1) % 256])),
    ],
)
def test_escapes(text, expected):
    assert unescaped(text) == rwkv.unescape(text) == expected


@given(ESCAPED | st.binary(max_size=20))
def test_any_escapes(text):
    assert unescaped(text) == rwkv.unescape(text)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from([b"a", b"b", b"B", b"(", b".", b" ", rb"\x61", rb"\n", b"\xe4", b"\\"]), max_size=6
        ).map(b"".join)
    ),
    st.lists(
        st.sampled_from([b"a", b"b", b"B", b"(", b".", b" ", b" ", b"\n", b"\xe4", b"c", b"\0", b"aaab"]), max_size=80
    ).map(b"".join),
)
def test_longest_match(tokens, text):
    tokens = [b"<unk>", *(token or b"\\" for token in tokens)]
    tok = tokenizer("rwkv", tokens, **UNKNOWN)
    for _ in range(2):
        assert tok.encode(text) == rwkv.encode(text, tokens, 0)
    for i, token in enumerate(tokens):
        assert tok.token_to_piece(i) == rwkv.unescape(token)


def test_long_texts_whose_words_are_cut_or_not():
    """Words of all lengths; a token with a space inside joins some of them, as those with a dot or a capital do."""
    rng = random.Random(4)
    tokens = [b"<unk>", b"a", b"b", b" ", b" a", b"ab", b" ab", b"b a", b"  ", b" a b", b"\xe4 ", b"\xe4", b"a" * 40]
    tokens += [b".", b"B", b"a.", b".b", b"..", b"BB", b"B.", b"\xe4.", b"B\xe4", b"(", b" ("]
    tok = tokenizer("rwkv", tokens, **UNKNOWN)
    for size in (1, 63, 64, 65, 300, 4095, 4096, 4097):
        for letters in (
            b"ab ",
            b"a ",
            b"ab\xe4  ",
            b"aaaaaaaaaaaaaaaac ",
            b"a",
            b"ab.B(",
            b"ab.B( \xe4",
            b"B.(\xe4\xb8",
        ):
            text = bytes(rng.choices(letters, k=size))
            for _ in range(2):
                assert tok.encode(text) == rwkv.encode(text, tokens, 0)


def test_walks_that_lead_to_nothing_are_not_taken_again_and_again():
    """A token that nearly matches at every place: the automaton takes over."""
    tokens = [b"<unk>", b"a", b"a" * 500 + b"b"]
    tok = tokenizer("rwkv", tokens, **UNKNOWN)
    for n in (20, 100, 400):
        for text in (b"a" * n, b"a" * n + b"b", b"a" * n + b"c" + b"a" * 500 + b"b"):
            assert tok.encode(text) == rwkv.encode(text, tokens, 0)


def test_a_byte_that_only_begins_tokens_is_unknown():
    tok = tokenizer("rwkv", [b"<unk>", b"ab", b"b"], **UNKNOWN)
    assert tok.encode("aab") == [0, 1]
    assert tok.encode("aa") == [0, 0]


def test_without_an_unknown_token_it_raises():
    tok = tokenizer("rwkv", [b"a", b"bc"])
    assert tok.encode("a") == [0]
    with pytest.raises(UnsupportedModelError, match="no token"):
        tok.encode("ab")


def test_the_newline_is_never_the_unknown_token():
    assert tokenizer("rwkv", [b"<unk>", rb"\n\n"], **UNKNOWN).nl_token_id is None
    assert tokenizer("rwkv", [b"<unk>", rb"\x0a", rb"\n"], **UNKNOWN).nl_token_id == 2


def test_tokens_longer_than_walks():
    """Tokens around the length up to which walks are always taken, some with others inside."""
    sizes = (2, 127, 128, 129, 200)
    tokens = [b"<unk>", b"a", *(b"a" * n + b"b" for n in sizes), b"a" * 150, b"b" + b"a" * 140, b"a" * 128, b"a" * 129]
    tok = tokenizer("rwkv", tokens, **UNKNOWN)
    for between in (b"b", b"c", b"bb"):
        text = between.join(b"a" * n for n in (201, 126, 127, 128, 129, 1, 130, 149, 202))
        assert tok.encode(text) == rwkv.encode(text, tokens, 0)


def test_long_tokens_take_linear_time():
    tok = tokenizer("rwkv", [b"a", b"a" * 100_000 + b"b"])
    start = time.process_time()
    assert tok.count(b"a" * 1_000_000) == 1_000_000
    assert tok.encode(b"a" * 100_001 + b"b") == [0, 1]
    assert time.process_time() - start < 5


def test_tokens_that_are_not_long_need_no_automaton():
    """It would take fifty times their size."""
    rng = random.Random(3)
    tokens = [bytes(rng.choices(b"abcdefgh", k=128)) for _ in range(4000)]
    file = gguf("rwkv", tokens)
    tracemalloc.start()
    try:
        Tokenizer.from_bytes(file)
        assert tracemalloc.get_traced_memory()[1] < 20 * len(file)
    finally:
        tracemalloc.stop()
