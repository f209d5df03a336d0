"""One text cut into parts that are encoded side by side: the ids are those of the whole."""

from __future__ import annotations

import gc
import random
import signal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shimmytok import Tokenizer, UnsupportedModelError
from shimmytok._batch import ids_by_parts
from shimmytok.hard_texts import HARD_TEXTS
from shimmytok.pretokenizers.patterns import PRE
from shimmytok.pretokenizers.prepared import find
from tiny import integers, tokenizer
from vocabularies import vocabulary

PROSE = "The quick brown fox didn't jump; it said 'Ou?', 12345 times, 3 a day.\n\nThen  it   left.\t"
WIDE = "東京は日本の首都です。Москва, the capital, 서울은 한국의 수도이다. 🎉 naïve Ümläute, "
HARD = b" ".join(HARD_TEXTS).decode("utf-8", "ignore")
TEXTS = [PROSE * 20, (PROSE + "façade. ") * 20, (PROSE + WIDE[:-20]) * 10, (WIDE + PROSE) * 10, HARD[:20_000]]
MODELS = ["llama-bpe", "gemma-4", "llama-spm", "gemma-3", "phi-3", "bert-bge", "rwkv-world", "plamo2-synth"]


def by_parts(tok, text, size, add_special=True, parse_special=False):
    """The ids of a text in parts of about `size` bytes, or None: it was not cut."""
    ids = ids_by_parts(tok._encoder, text, add_special, parse_special, 2, size)
    return None if ids is None else ids.tolist()


def was_cut(tok, text, size, add_special=True, parse_special=False):
    """Was the text cut?  Then its ids are those of the whole."""
    ids = by_parts(tok, text, size, add_special, parse_special)
    if ids is not None:
        assert ids == tok.encode(text, add_special, parse_special=parse_special), text[:200]
    return ids is not None


@pytest.mark.parametrize("pre", PRE)
def test_every_pre_tokenizer(pre):
    tok = Tokenizer.from_pretrained("gpt2", overrides={"tokenizer.ggml.pre": pre})
    cut = [was_cut(tok, text, size) for text in TEXTS for size in (40, 300)]
    assert all(cut) if find(PRE[pre].patterns)[-1] else not any(cut)


@pytest.mark.parametrize("name", MODELS)
def test_models(name):
    tok = Tokenizer.from_gguf_file(vocabulary(name))
    for text in TEXTS:
        for size in (40, 300):
            assert was_cut(tok, text, size)
            assert was_cut(tok, text.encode(), size, False)


@pytest.mark.parametrize("name", ["t5-base", "whitespace-synth", "hybriddna-synth"])
def test_models_whose_texts_are_not_cut(name):
    tok = Tokenizer.from_gguf_file(vocabulary(name))
    assert not was_cut(tok, TEXTS[0], 100)
    assert tok.encode(TEXTS[0] * 100, num_threads=2) == tok.encode(TEXTS[0] * 100)


@pytest.mark.parametrize("name", ["gemma-3", "phi-3", "llama-bpe"])
@pytest.mark.parametrize("apart", [3, 30, 400])
def test_special_tokens(name, apart):
    tok = Tokenizer.from_gguf_file(vocabulary(name))
    special = [tok.token_to_piece(i).decode() for i in (tok.bos_token_id, tok.eos_token_id)]
    words = (PROSE * 10).split(" ")
    text = " ".join(word if i % apart else word + " " + special[i // apart % 2] + "  " for i, word in enumerate(words))
    for parse_special in (False, True):
        assert was_cut(tok, text, 60, parse_special=parse_special)
        was_cut(tok, text, 20, parse_special=parse_special)


STRIPPING = [
    ("phi-3", {}, "</s>"),  # models of this name have tokens that take the white space behind them along,
    ("roberta-base", {"general.name": "phi-3"}, "</s>"),
    ("roberta-base", {"general.name": "phi-3", "tokenizer.ggml.pre": "llama-bpe"}, "</s>"),
    ("roberta-base", {"tokenizer.ggml.pre": "jina-v2-de"}, "<mask>"),  # and this one before it
]


@pytest.mark.parametrize(("name", "overrides", "special"), STRIPPING)
def test_white_space_that_tokens_strip(name, overrides, special):
    """However long it is: none of it is looked at, and no part begins or ends there."""
    tok = Tokenizer.from_gguf_file(vocabulary(name), overrides=overrides)
    cuts = 0
    for white in (" ", "\n", "\t", " \r\n"):
        for n in (1, 2, 5, 40, 300):
            text = "a a. " * 20 + special + white * n + "'s b c d e f g word " + white * n + special + "'s foo " * 30
            for size in (2, 20, 50, 130, 400):
                cuts += was_cut(tok, text, size, True, True)
    assert cuts > 50


def test_special_tokens_that_are_too_long_to_be_seen_around():
    special = "ab cd ef gh " * 50
    types = integers([1] * 9 + [4])
    tok = tokenizer("rwkv", ["a", "b", "c", "d", "e", "f", "g", "h", " ", special], token_type=types)
    assert not was_cut(tok, ("a b c d " * 10 + special) * 30, 50)


def test_special_tokens_with_white_space_and_parts_of_others():
    tokens = ["1", "2", "3", " ", "é", "1 2", "2 3", " 1", "1 2 3 1", "3 ", "é 1"]
    tok = tokenizer("rwkv", tokens, token_type=integers([1] * 5 + [4] * 6))
    rng = random.Random(7)
    cuts = 0
    for _ in range(200):
        text = "".join(rng.choice(["1", "2", "3", " ", "é", "1 2 3", "  "]) for _ in range(200))
        for size in (10, 60):
            cuts += was_cut(tok, text, size)
            cuts += was_cut(tok, text.encode(), size)
    assert cuts > 100


def test_characters_at_the_end_of_a_stretch_are_whole():
    """Half a U+2581 is no space."""
    tok = Tokenizer.from_gguf_file(vocabulary("llama-spm"))
    for n in range(3):
        text = ("word " * 30 + "\u2581" * 400 + "x" * n + " b") * 4
        assert was_cut(tok, text.encode(), 200)
        assert was_cut(tok, text, 200)


PIECES = st.sampled_from(
    ["a", "The", " the", "'s", "'", "12", "7", " ", "  ", "\n", "\r\n", "\t", ".", "...", "é", "ß", "я", "中", "文字",
     "🎉", "\u0301", "\u00a0", "\u3000", "_", "<|endoftext|>", "aaaaaaaa", "ING", "xY"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(pieces=st.lists(PIECES, min_size=20, max_size=200), size=st.integers(10, 200), parse_special=st.booleans())
@example(pieces=["a", " "] * 60, size=10, parse_special=False)
def test_any_text(gpt2, pieces, size, parse_special):
    text = "".join(pieces)
    as_str, as_bytes = (was_cut(gpt2, form, size, True, parse_special) for form in (text, text.encode()))
    if len(text) > 5 * size and "a The" in text:
        assert as_str and as_bytes


def test_texts_without_a_seam(gpt2):
    for text in ("a" * 5000, " " * 5000, "中" * 5000, b"\xff " * 5000, b"word " * 1000 + b"\xff"):
        assert by_parts(gpt2, text, 100) is None
        assert gpt2.count(text, num_threads=3) == gpt2.count(text)
    assert was_cut(gpt2, "a" * 5000 + " word" * 1000, 100), "what has none does not keep the rest from being cut"


def test_several_threads_give_the_same_ids(gpt2):
    text = (PROSE + WIDE) * 2000  # some 400 KB
    whole = gpt2.encode(text)
    for num_threads in (None, 1, 2, 5, 10_000):
        assert gpt2.encode(text, num_threads=num_threads) == whole
        assert gpt2.encode_to_numpy(text, num_threads=num_threads).tolist() == whole
        assert gpt2.count(text, num_threads=num_threads) == len(whole)
    assert gpt2.encode(bytearray(text.encode()), num_threads=2) == whole
    for few in ("", "Hello", b"Hello", memoryview(b"Hello")):
        assert gpt2.encode(few, num_threads=4) == gpt2.encode(few)


def test_a_str_that_has_a_length_of_its_own(gpt2):
    class Odd(str):
        def __len__(self):
            raise RuntimeError

    assert gpt2.encode(Odd("Hello world")) == gpt2.encode(Odd("Hello world"), num_threads=2) == [15496, 995]


@pytest.mark.parametrize("wrong", [0, -1])
def test_a_number_of_threads_below_one(gpt2, wrong):
    for encode in (gpt2.encode, gpt2.encode_to_numpy, gpt2.count):
        with pytest.raises(ValueError, match=f"num_threads is {wrong}"):
            encode("Hello", num_threads=wrong)
        with pytest.raises(TypeError, match="num_threads: expected int or None"):
            encode("Hello", num_threads="2")


def test_what_a_text_holds_that_has_no_token():
    """One text is no batch: the error does not number it."""
    tok = tokenizer("rwkv", ["<s>", "a", " ", "b"], token_type=integers([3, 1, 1, 1]))
    text = "ab a b " * 100_000 + "c"
    with pytest.raises(UnsupportedModelError) as one:
        tok.encode(text)
    with pytest.raises(UnsupportedModelError) as several:
        tok.encode(text, num_threads=4)
    assert str(several.value) == str(one.value)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no timers here")
def test_signals_are_heeded_within_a_long_text(gpt2):
    calls = []
    text = "".join(map(chr, range(0x100, 0x3000))) + " and now, "
    text *= (10 << 20) // len(text) + 1
    before = signal.signal(signal.SIGALRM, lambda *_: calls.append(1))
    gc.disable()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
        gpt2.count(text)
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert len(calls) > 3, "once a call, if they were not"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        gc.enable()
