"""Files that llama.cpp refuses or dies of when it loads them."""

from __future__ import annotations

import struct

import pytest
from rows import bpe, row, t5, text

from oracle.charsmap import blob
from shimmytok import GGUFError, Tokenizer, UnknownPreTokenizerError, UnsupportedModelError
from shimmytok.gguf import ValueType
from tiny import floats, gguf, integers, strings, tokenizer

REFUSED = {
    "unknown model": (gguf("nosuch", ["a"]), UnsupportedModelError, "nosuch"),
    "unknown pre": (gguf("gpt2", ["a"], pre=text("nosuch"), merges=strings([])), UnknownPreTokenizerError, "nosuch"),
    "no tokens": (gguf("llama", ["a"]).replace(b"ggml.tokens", b"ggml.nokens"), GGUFError, "no tokens"),
    "no merges": (gguf("gpt2", ["a"], pre=text("gpt-2")), GGUFError, "no merges"),
    "too few scores": (gguf("llama", ["a", "b"], scores=floats([0])), GGUFError, "1 values for 2 tokens"),
    "too few types": (gguf("llama", ["a", "b"], token_type=integers([1])), GGUFError, "1 values for 2 tokens"),
    "plamo2 without byte tokens": (gguf("plamo2", ["a"], token_type=integers([1])), GGUFError, "<0x00>"),
    "a key of the wrong type": (gguf("llama", ["a"], bos_token_id=text("a")), GGUFError, "bos_token_id"),
    "an idle key of the wrong type": (gguf("llama", ["a"], token_type_count=text("a")), GGUFError, "token_type_count"),
    "t5 with a newline beyond it": (gguf("t5", ["a", "b"]), GGUFError, "2 tokens: a newline would be token 2"),
    "bert without tokens": (gguf("bert", []), GGUFError, "0 tokens: a newline would be token 0"),
}


@row("a file it refuses (unknown model or pre, no tokens, no merges, too few scores, PLaMo-2 without byte tokens, ...)")
@pytest.mark.parametrize("what", REFUSED)
def test_refused_files(what):
    data, error, message = REFUSED[what]
    with pytest.raises(error, match=message):
        Tokenizer.from_bytes(data)


def big_endian(entries):
    """A file of (key, type, payload) entries, in which all numbers are big-endian."""
    parts = [b"GGUF", struct.pack(">IQQ", 3, 0, len(entries))]
    for key, kind, payload in entries:
        parts += [struct.pack(">Q", len(key)), key, struct.pack(">I", kind), payload]
    return b"".join(parts)


def big_endian_string(value):
    return struct.pack(">Q", len(value)) + value


@row("big-endian files on a little-endian machine, nested arrays in the metadata")
def test_big_endian_files_and_nested_arrays():
    array, string, uint8 = ValueType.ARRAY, ValueType.STRING, ValueType.UINT8
    pair = struct.pack(">IQ", uint8, 2) + b"\1\2"
    tokens = [b"<unk>", b"<s>", b"</s>", "\u2581".encode(), b"a"]
    tok = Tokenizer.from_bytes(
        big_endian(
            [
                (b"tokenizer.ggml.model", string, big_endian_string(b"llama")),
                (
                    b"tokenizer.ggml.tokens",
                    array,
                    struct.pack(">IQ", string, len(tokens)) + b"".join(map(big_endian_string, tokens)),
                ),
                (b"nested", array, struct.pack(">IQ", array, 2) + pair + pair),
            ]
        )
    )
    assert tok.encode("a") == [1, 3, 4]
    assert tok.metadata["nested"] == [[1, 2], [1, 2]]


@row("`general.architecture` missing or unknown")
def test_an_architecture_that_is_missing_or_unknown(gpt2):
    for architecture in (None, "no-such-architecture"):
        tok = Tokenizer.from_gguf_file(gpt2.metadata.source, overrides={"general.architecture": architecture})
        assert tok.encode("Hello world") == [15496, 995]
        assert tok.n_ctx_train is None


@row("a byte token of less than three bytes")
@pytest.mark.parametrize("model", ["llama", "t5", "gpt2", "bert"])
def test_byte_tokens_without_digits(model):
    with pytest.raises(GGUFError, match=r"token 1.*<0xNN>"):
        tokenizer(model, ["a", "<0", "b"], pre=text("gpt-2"), merges=strings([]), token_type=integers([1, 6, 1]))


@row("a normal token of a byte-level vocabulary above U+10FFFF")
def test_normal_tokens_above_unicode():
    with pytest.raises(GGUFError, match=r"token 1.*above U\+10FFFF"):
        bpe([b"a", b"\xf4\x90\x80\x80"])


@row("two tokens with the same text")
@pytest.mark.parametrize("model", ["llama", "gpt2", "rwkv", "t5"])
def test_tokens_of_equal_text(model):
    tokens = ["<unk>", "a", "a", "b"]
    types = integers([2, 1, 1, 1])
    tok = tokenizer(
        model, tokens, pre=text("gpt-2"), merges=strings([]), token_type=types, add_space_prefix=(ValueType.BOOL, False)
    )
    assert tok.encode("aba", add_special_tokens=False) == [2, 3, 2]
    assert tok.decode_bytes([1, 2, 3]) == b"aab"
    assert tok.token_to_id("a") == 2


@row("model `test` without tokens")
def test_model_test_without_tokens():
    with pytest.raises(GGUFError, match="empty"):
        tokenizer("test", [])


@row("a charsmap with a cycle")
def test_a_charsmap_with_a_cycle():
    with pytest.raises(GGUFError, match=r"precompiled_charsmap.*cycle"):
        t5(["a"], blob([0x60 << 10, 0x61 | (0x60 ^ 1) << 10], b"\0"))


@row("BOS or EOS wanted, but no such token (`bert` always wants BOS and SEP)")
def test_tokens_around_a_text_that_are_missing(caplog):
    yes = ValueType.BOOL, True
    assert bpe(["a"], add_bos_token=yes, add_eos_token=yes).encode("a") == [0]
    assert "BOS is to be added" in caplog.text and "EOS is to be added" in caplog.text
    caplog.clear()
    assert tokenizer("bert", ["\u2581a"]).encode("a") == [0]
    assert "no BOS token" in caplog.text and "no SEP token" in caplog.text
