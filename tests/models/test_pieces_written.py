"""Files that llama.cpp refuses because it cannot write the piece of a token."""

from __future__ import annotations

import pytest

from shimmytok import GGUFError, Tokenizer
from shimmytok.gguf import ValueType
from tiny import floats, gguf, integers, strings, tokenizer

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
LETTERS = [b"a", b"b", b"c"]


def load(model, text, kind, pre="gpt-2", at=3):
    """A vocabulary of some letters and one token of this text and type."""
    tokens, types = [*LETTERS], [NORMAL] * 3
    tokens.insert(at, text)
    types.insert(at, kind)
    return tokenizer(
        model,
        tokens,
        pre=(ValueType.STRING, pre),
        merges=strings([]),
        token_type=integers(types),
        scores=floats([0] * 4),
    )


@pytest.mark.parametrize("model", ["llama", "t5", "gpt2", "gemma4", "whitespace", "hybriddna", "bert"])
@pytest.mark.parametrize("text", [b"<0", b"0", b"\xff"])
def test_byte_tokens_without_room_for_digits_are_refused(model, text):
    with pytest.raises(GGUFError, match=r"tokens': token 1.*<0xNN>"):
        load(model, text, BYTE, at=1)


@pytest.mark.parametrize("model", ["llama", "t5", "gpt2", "gemma4", "whitespace", "hybriddna"])
def test_byte_tokens_whose_digits_are_none_are_read(model):
    for text, byte in ((b"<0x", b"\0"), (b"<0x4Z", b"\x04"), (b"<0x4", b"\x04"), (b"<0x41>", b"A")):
        assert load(model, text, BYTE).decode_bytes([3]) == byte


@pytest.mark.parametrize("model", ["rwkv", "test"])
def test_models_whose_byte_tokens_are_no_digits(model):
    assert len(load(model, b"0", BYTE)) == 4


@pytest.mark.parametrize("kind", [CONTROL, USER_DEFINED, UNKNOWN, UNUSED])
def test_other_tokens_may_be_short(kind):
    assert load("llama", b"0", kind).token_to_piece(3) == (b"" if kind == UNUSED else b"0")


ABOVE = [b"\xf4\x90\x80\x80", b"\xf7\xbf\xbf\xbf", b"x\xc4\xf5\x80\x80\x80y"]
BELOW = [b"\xf4\x8f\xbf\xbf", b"\xf8\x90\x80\x80", b"\xf4\x90\x80", b"\xf4\x90\x80x\x80"]


@pytest.mark.parametrize("text", ABOVE)
def test_normal_tokens_above_unicode_are_refused_where_they_are_decoded(text):
    with pytest.raises(GGUFError, match=r"tokens': token 0.*U\+10FFFF"):
        load("gpt2", text, NORMAL, at=0)
    for kind in (CONTROL, USER_DEFINED, UNKNOWN, UNUSED):
        assert load("gpt2", text, kind).token_to_piece(3) == (b"" if kind == UNUSED else text)
    for model, pre in (("gpt2", "gemma4"), ("gemma4", "gpt-2"), ("llama", ""), ("t5", "")):
        assert load(model, text, NORMAL, pre).token_to_piece(3) == text


@pytest.mark.parametrize("text", BELOW)
def test_other_texts_are_no_characters_but_read(text):
    assert load("gpt2", text, NORMAL).token_to_piece(3).startswith((b"[UNK_BYTE_0x", b"x"))


def test_two_tokens_do_not_make_a_code_point_together():
    types = integers([NORMAL] * 2)
    pre = (ValueType.STRING, "gpt-2")
    data = gguf("gpt2", [b"\xf4\x90", b"\x80\x80"], pre=pre, merges=strings([]), token_type=types)
    assert len(Tokenizer.from_bytes(data)) == 2
