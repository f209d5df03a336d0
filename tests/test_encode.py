"""encode and its forms, on the bundled vocabulary."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shimmytok import LimitError, Tokenizer, UnsupportedModelError
from shimmytok.gguf import ValueType
from shimmytok.gguf.writer import dumps

TEXT = "Hello world, it's 2024!\n\n  Grüße 你好 🎉"


def test_forms_agree(gpt2):
    ids = gpt2.encode(TEXT)
    array = gpt2.encode_to_numpy(TEXT)
    assert array.dtype == np.uint32 and array.tolist() == ids
    assert gpt2.encode(TEXT.encode()) == ids
    assert gpt2.encode(bytearray(TEXT.encode())) == ids
    assert gpt2.encode(memoryview(TEXT.encode())) == ids
    assert gpt2.count(TEXT) == len(ids)
    assert gpt2.encode_batch([TEXT]) == [ids]


def test_numpy_result_is_its_own(gpt2):
    first = gpt2.encode_to_numpy("Hello world")
    gpt2.encode_to_numpy("something else entirely, and longer")
    assert first.tolist() == [15496, 995]
    first[0] = 1
    assert gpt2.encode_to_numpy("Hello world").tolist() == [15496, 995]


def test_empty_text(gpt2):
    assert gpt2.encode("") == []
    assert gpt2.encode(b"") == []
    assert gpt2.encode_to_numpy("").tolist() == []
    assert gpt2.count("") == 0


@pytest.mark.parametrize("text", [None, 5, ["a"], object()])
def test_other_types_are_refused(gpt2, text):
    with pytest.raises(TypeError, match="expected str or bytes"):
        gpt2.encode(text)


def test_lone_surrogates_are_three_bytes(gpt2):
    assert gpt2.encode("a\ud800b") == gpt2.encode(b"a\xed\xa0\x80b")
    assert gpt2.decode_bytes(gpt2.encode("a\udcffb")) == b"a\xed\xb3\xbfb"


def test_invalid_bytes_become_replacement_characters(gpt2):
    assert gpt2.encode(b"a\xffb\xc3") == gpt2.encode("a\ufffdb\ufffd")
    assert gpt2.encode(b"\xf4\x90\x80\x80") == gpt2.encode("\ufffd" * 4)


def test_nul_is_a_character_like_any_other(gpt2):
    assert gpt2.decode_bytes(gpt2.encode("a\0b")) == b"a\0b"


@settings(max_examples=300, deadline=None)
@given(text=st.text())
def test_bytes_come_back(gpt2, text):
    assert gpt2.decode_bytes(gpt2.encode(text)) == text.encode()


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=64))
def test_any_bytes_are_encoded(gpt2, data):
    ids = gpt2.encode(data)
    assert ids == gpt2.encode(gpt2.decode_bytes(ids))


def with_flags(**flags):
    entries = [
        ("tokenizer.ggml.model", ValueType.STRING, "gpt2"),
        ("tokenizer.ggml.pre", ValueType.STRING, "gpt-2"),
        ("tokenizer.ggml.tokens", ValueType.ARRAY, (ValueType.STRING, ["<s>", "a", "</s>"])),
        ("tokenizer.ggml.merges", ValueType.ARRAY, (ValueType.STRING, [])),
        ("tokenizer.ggml.token_type", ValueType.ARRAY, (ValueType.INT32, [3, 1, 3])),
    ]
    entries += [
        (f"tokenizer.ggml.{key}", ValueType.BOOL if isinstance(value, bool) else ValueType.UINT32, value)
        for key, value in flags.items()
    ]
    return Tokenizer.from_bytes(dumps(entries))


def test_tokens_around_a_text():
    tok = with_flags(bos_token_id=0, eos_token_id=2, add_bos_token=True, add_eos_token=True)
    assert tok.encode("a") == [0, 1, 2]
    assert tok.encode("") == [0, 2]
    assert tok.encode("a", add_special_tokens=False) == [1]
    assert tok.encode("a", False) == [1]


def test_a_flag_without_its_token_is_warned_of_and_adds_nothing(caplog):
    tok = with_flags(add_bos_token=True)
    assert tok.bos_token_id is None, "the default, 11, is outside the vocabulary"
    assert tok.encode("a") == [1]
    assert "BOS is to be added" in caplog.text


def test_a_missing_pre_is_warned_of(caplog, gpt2):
    source = gpt2.metadata.source
    tok = Tokenizer.from_gguf_file(source, overrides={"tokenizer.ggml.pre": None})
    assert tok.pre_type is None
    assert "'default'" in caplog.text
    assert tok.encode("Hello world") == [15496, 995]


def test_a_model_without_a_tokenizer():
    tok = Tokenizer.from_bytes(
        dumps(
            [
                ("general.architecture", ValueType.STRING, "llama"),
                ("llama.vocab_size", ValueType.UINT32, 100),
                ("tokenizer.ggml.model", ValueType.STRING, "no_vocab"),
            ]
        )
    )
    assert (tok.model_type, len(tok), tok.bos_token_id) == ("no_vocab", 100, None)
    for call in (lambda: tok.encode("a"), lambda: tok.decode([1]), lambda: tok.encode_batch(["a"])):
        with pytest.raises(UnsupportedModelError, match="no_vocab"):
            call()
    for ask in (tok.id_to_token, tok.token_to_piece, tok.token_type, tok.token_attr, tok.token_score, tok.is_eog):
        with pytest.raises(UnsupportedModelError, match="'no_vocab' has no tokens"):
            ask(0)


def test_a_character_that_nothing_stands_for():
    tok = Tokenizer.from_bytes(
        dumps(
            [
                ("tokenizer.ggml.model", ValueType.STRING, "llama"),
                ("tokenizer.ggml.tokens", ValueType.ARRAY, (ValueType.STRING, [])),
            ]
        )
    )
    with pytest.raises(UnsupportedModelError, match="no token"):
        tok.encode("a", add_special_tokens=False)
    with pytest.raises(UnsupportedModelError, match=r"texts\[1\]"):
        tok.encode_batch(["", "a"], add_special_tokens=False)


def test_too_long_a_text_is_refused(gpt2):
    text = bytes(1 << 31)  # pages that nobody touches
    for call in (gpt2.encode, gpt2.count, lambda text: gpt2.encode(text, disallowed_special="all")):
        with pytest.raises(LimitError, match="2147483648 bytes"):
            call(text)
    with pytest.raises(LimitError, match=r"texts\[1\]"):
        gpt2.encode_batch(["a", text])
