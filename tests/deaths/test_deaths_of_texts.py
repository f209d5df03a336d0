"""Texts and ids that llama.cpp dies of, or never answers."""

from __future__ import annotations

import time

import pytest
from rows import BYTES, bpe, row, t5

from oracle.charsmap import blob, compiled, deep
from shimmytok import InvalidTokenError, LimitError, UnsupportedModelError
from shimmytok.gguf import ValueType
from tiny import integers, tokenizer

SECONDS = 10.0  # of CPU time, for what takes a fraction of one
REPLACEMENT = "\ufffd".encode()


@row("long runs in texts (from about 26,000 characters, depending on the pre)")
@pytest.mark.parametrize("pre", ["gpt-2", "llama-bpe", "qwen2", "gpt-4o", "tekken", "deepseek-v3", "default"])
def test_long_runs(pre):
    tok = bpe(["a", "aa", "aaaa", "b", "Ġ", "ĠĠ", "Ġb"], ["a a", "aa aa", "Ġ Ġ", "Ġ b"], pre)
    start = time.process_time()
    assert tok.encode("a" * 100_000, add_special_tokens=False) == [2] * 25_000
    assert tok.encode(" " * 100_001 + "b", add_special_tokens=False) == [5] * 50_000 + [6]
    assert time.process_time() - start < SECONDS


@row("pre `superbpe`: long runs of digits")
@pytest.mark.parametrize(("n", "first"), [(99_999, 2), (100_000, 0), (100_001, 1)])
def test_long_runs_of_digits(n, first):
    tok = bpe(["1", "11", "111"], ["1 1", "11 1"], "superbpe")
    start = time.process_time()
    assert tok.encode("1" * n) == [first] + [2] * ((n - 1) // 3)
    assert time.process_time() - start < SECONDS


@row("bytes of a code point above U+10FFFF (`F4 90 80 80`)")
def test_bytes_above_unicode(gpt2):
    for high in (b"\xf4\x90\x80\x80", b"\xf7\xbf\xbf\xbf"):
        assert gpt2.decode_bytes(gpt2.encode(b"a" + high + b"b")) == b"a" + 4 * REPLACEMENT + b"b"
        raw = bpe(["a", "b", *BYTES], model="gemma4")
        assert raw.encode(b"a" + high + b"b", False) == [0, *[2 + byte for byte in REPLACEMENT] * 4, 1]


@row("an overlong space (`C0 A0`) in raw UTF-8 vocabularies")
def test_an_overlong_space():
    assert bpe(["a", "b", "\u2581", *BYTES], model="gemma4").encode(b"a\xc0\xa0b", False) == [0, 3 + 0x20, 1]
    assert bpe(["a", "b", "\u2581", " "], model="gemma4").encode(b"a\xc0\xa0b", False) == [0, 3, 1]


@row("pre `whitespace` over two spaces, or other white space with a space in it")
def test_two_spaces_with_pre_whitespace():
    assert bpe(["a", "b", " "], pre="whitespace").encode("a  b") == [0, 2, 2, 1]
    assert bpe(["a", "b"], pre="whitespace").encode("a  b") == [0, 1]


@row("SPM without byte tokens, a character without a token")
def test_spm_without_byte_tokens():
    tok = tokenizer("llama", ["<unk>", "<s>", "</s>", "\u2581", "a"])
    assert tok.encode("a中a") == [1, 3, 4, 0, 4]
    without_unknown = tokenizer("llama", [], bos_token_id=(ValueType.UINT32, 1))
    with pytest.raises(UnsupportedModelError, match="no unknown token"):
        without_unknown.encode("a")


@row("RWKV: a byte that begins tokens, but no token fits")
def test_rwkv_where_no_token_fits():
    tok = tokenizer("rwkv", ["<unk>", "ab", "c"], unknown_token_id=(ValueType.UINT32, 0))
    assert tok.encode("abacab") == [1, 0, 2, 1]


@row("RWKV: a byte without a token, and no unknown token")
def test_rwkv_without_an_unknown_token():
    with pytest.raises(UnsupportedModelError, match="no token"):
        tokenizer("rwkv", ["a"]).encode("ab")


@row("PLaMo-2: a token with invalid UTF-8 that leads past the end of the text")
def test_plamo2_past_the_end_of_the_text():
    """The suffixes of the second token are sorted so that "a" alone seems to begin the first one."""
    tokens = [b"<unk>", b"<bos>", b"<eos>", b"<pad>", *BYTES, b"a" + REPLACEMENT, b"a\x80"]
    tok = tokenizer("plamo2", tokens, token_type=integers([3] * 4 + [6] * 256 + [1] * 2))
    assert tok.encode("a") == [4 + ord("a")]
    assert tok.encode("a\ufffda") == [260, 4 + ord("a")]


@row("`bert` with byte tokens")
def test_bert_with_byte_tokens():
    tok = tokenizer("bert", ["[UNK]", "<0x41>", "<0xE9>"], token_type=integers([2, 6, 6]))
    assert tok.decode_bytes([1, 2]) == b"A\xe9"


@row("an unknown word or character, but no unknown token (`bert`, `t5`)")
def test_unknown_words_without_an_unknown_token():
    with pytest.raises(UnsupportedModelError, match="no unknown token"):
        tokenizer("bert", ["\u2581a"]).encode("b")
    with pytest.raises(UnsupportedModelError, match="no unknown token"):
        tokenizer("t5", ["a", "\n"]).encode("x")


@row("a charsmap whose indices lead outside it, or whose replacement does not end")
def test_charsmaps_that_lead_outside():
    assert t5(["a", "x"], blob([0x1FFFFF << 10, 0], b"\0")).encode("a", False) == [3]
    whole = compiled({b"a": b"x"})
    assert t5(["a", "x"], whole).encode("a", False) == [4]
    assert t5(["a", "x"], whole[:-1]).encode("a", False) == [3]


@row("a charsmap that makes a text over 64 times as long, and over 1 MiB")
def test_a_charsmap_that_makes_texts_long():
    tok = t5(["b"], compiled({b"a": b"b" * 2000}))
    assert tok.encode("a" * 500, add_special_tokens=False) == [3] * 1_000_000
    with pytest.raises(LimitError, match="too long"):
        tok.encode("a" * 1000)


@row("a charsmap with entries over 256 bytes, and a text that follows them from most places")
def test_a_charsmap_of_long_entries():
    tok = t5(["a", "b"], deep(50_000, b"b"))
    start = time.process_time()
    assert tok.encode(b"a" * 50_000 + b"b" + b"a" * 200, add_special_tokens=False) == [4] + [3] * 200
    with pytest.raises(LimitError, match="charsmap"):
        tok.encode(b"a" * 50_000)
    assert time.process_time() - start < SECONDS


@row("`bert`, RWKV: tokens of thousands of bytes, and a text full of what they begin with")
@pytest.mark.parametrize("model", ["bert", "rwkv"])
def test_tokens_that_begin_everywhere(model):
    tokens = ["<unk>", "▁a", "a", "a" * 50_000 + "b"]
    tok = tokenizer(model, tokens, unknown_token_id=(ValueType.UINT32, 0))
    start = time.process_time()
    ids = tok.encode("a" * 300_000 + "b", add_special_tokens=False)
    assert ids[-1] == 3 and len(ids) == 250_001
    assert time.process_time() - start < SECONDS


@row("ids outside the vocabulary when decoding")
def test_ids_outside_the_vocabulary():
    tok = bpe(["a", "b"])
    for call in (tok.decode, tok.decode_bytes, tok.stream_decoder().step, tok.token_to_piece):
        for token in (2, -1, 1 << 31):
            with pytest.raises(InvalidTokenError, match=str(token)):
                call(token if call not in (tok.decode, tok.decode_bytes) else [0, token])


@row("thousands of special tokens in a text")
def test_thousands_of_special_tokens():
    names = [f"<|{number}|>" for number in range(5000)]
    tok = bpe(["x", *names], token_type=integers([1] + [3] * len(names)))
    start = time.process_time()
    assert tok.encode("x".join(names) * 20, parse_special=True) == (
        [token for number in range(5000) for token in (1 + number, 0)][:-1] * 20
    )
    assert time.process_time() - start < SECONDS
