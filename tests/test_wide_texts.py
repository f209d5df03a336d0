"""Texts that are not ASCII: a str, whatever Python keeps it as, has the ids of its UTF-8."""

from __future__ import annotations

import ctypes
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.models import ALPHABET
from shimmytok import Tokenizer
from shimmytok.gguf import ValueType
from tiny import integers, strings, tokenizer

BLOCK = 16384
WIDEST = {1: "é", 2: "文", 4: "😀"}  # by bytes a character
STRETCHES = ["a word, ", "\n", "  \n\n   ", "x" * 40, "1234", "文字文字 ", "naïve ", "!?…", " ", "ёж "]


@pytest.fixture(scope="module")
def with_user_defined() -> Tokenizer:
    """GPT-2's letters, with a token that is looked for in every text."""
    tokens = [ALPHABET[b].encode() for b in range(256)] + ["[文]".encode(), b"\x96\x87"]
    types = [1] * 256 + [4, 4]
    return tokenizer("gpt2", tokens, token_type=integers(types), pre=(ValueType.STRING, "gpt-2"), merges=strings([]))


def text_of(kind: int, rng: random.Random, size: int) -> str:
    """At least `size` bytes of UTF-8, of characters that Python keeps in `kind` bytes."""
    usable = [part for part in STRETCHES if ord(max(part)) < 1 << 8 * kind]
    parts = [WIDEST[kind]]
    while size > 0:
        parts.append(rng.choice(usable) * (rng.choice([1, 1, 1, 3, 500])))
        size -= len(parts[-1].encode())
    return "".join(parts)


def agree(tok: Tokenizer, text: str) -> None:
    expected = tok.encode(text.encode("utf-8", "surrogatepass"))
    assert tok.encode(text) == expected
    assert tok.encode_to_numpy(text).tolist() == expected
    assert tok.encode_batch([text, "a", text]) == [expected, tok.encode("a"), expected]


@pytest.mark.parametrize("kind", [1, 2, 4])
@pytest.mark.parametrize("pre", ["tiny_aya", "superbpe", "deepseek-llm", "afmoe"])
def test_pieces_that_are_parted_after_the_table(pre, kind):
    """Groups of digits, at the borders of blocks, too, while the text before them is forgotten."""
    tok = Tokenizer.from_pretrained("gpt2", overrides={"tokenizer.ggml.pre": pre})
    rng = random.Random(kind)
    for _ in range(10):
        text = text_of(kind, rng, rng.choice([50, 3000, 50_000]))
        agree(tok, "".join(part + rng.choice(["", "", "7", "12345", "1" * 30]) for part in text.split(" ")))
    agree(tok, WIDEST[kind] + "12345678" * 10_000)


@pytest.mark.parametrize("kind", [1, 2, 4])
def test_sizes_around_blocks(gpt2, level, kind):
    wide = WIDEST[kind]
    n = len(wide.encode())
    for size in [0, 1, 15, 16, 17, 62, 63, 64, 65, BLOCK - 1, BLOCK, BLOCK + 1, BLOCK + 64, BLOCK + 129, 2 * BLOCK]:
        agree(gpt2, "a" * size + wide)
        agree(gpt2, wide + " a" * (size // 2))
        agree(gpt2, "\n" * size + wide + " " * 3)
        agree(gpt2, wide * (size // n + 1))


@pytest.mark.parametrize("kind", [1, 2, 4])
def test_long_texts(gpt2, level, kind):
    rng = random.Random(10 + kind)
    for size in (1_000, 5 * BLOCK, 20 * BLOCK):
        agree(gpt2, text_of(kind, rng, size))


def test_a_piece_of_many_blocks(gpt2):
    for text in ("é" * 300_000, "a" * 200_000 + "文", " " * 100_000 + "😀", "文 " + "b" * 100_000 + " c"):
        agree(gpt2, text)


@given(st.lists(st.sampled_from([*STRETCHES, "é", "😀", "\udcff", "\x00"]), max_size=200).map("".join))
def test_any_text(gpt2, text):
    agree(gpt2, text)


def keep_utf8(text: str) -> None:
    """Have Python make the UTF-8 of a str and keep it."""
    as_utf8 = ctypes.pythonapi.PyUnicode_AsUTF8AndSize
    as_utf8.argtypes, as_utf8.restype = [ctypes.py_object, ctypes.c_void_p], ctypes.c_char_p
    assert as_utf8(text, None) == text.encode()


def test_utf8_that_the_str_keeps(gpt2, with_user_defined):
    rng = random.Random(5)
    for kind in (1, 2, 4):
        for size in (10, 100, 3 * BLOCK):
            text = text_of(kind, rng, size)
            expected = [tok.encode(text) for tok in (gpt2, with_user_defined)]
            keep_utf8(text)
            assert [tok.encode(text) for tok in (gpt2, with_user_defined)] == expected
            agree(gpt2, text)


def test_special_tokens_that_begin_or_end_inside_of_characters(with_user_defined):
    """What lies beside them is not clean, though the text is."""
    tok = with_user_defined
    assert tok.encode("a[文]é", add_special_tokens=False)[1] == 256
    for text in ("文", "a文é", "é文文 b", "文" * 100, ("[文]文 a" * 5000) + "é"):
        agree(tok, text)
        keep_utf8(text)
        agree(tok, text)
    replacement = tok.encode("\ufffd", add_special_tokens=False)
    assert tok.encode("文", add_special_tokens=False) == [*replacement, 257]
