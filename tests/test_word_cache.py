"""The memory of words: the ids never depend on it, whatever its size, its age and the number of threads."""

from __future__ import annotations

import copy
import pickle
import random
import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shimmytok import Tokenizer
from tiny import floats, gguf, integers

NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
SIZES = (0, 4096, 8192, 100_000, 8 << 20)
WORDS = ["a", "the", "Übergröße", "internationalization", "日本語", "x" * 15, "x" * 16, "y" * 31, "z" * 32, "q" * 200]


@pytest.fixture(scope="module")
def plain():
    return Tokenizer.from_pretrained("gpt2", cache_bytes=0)


@pytest.fixture(scope="module")
def tiny():
    """64 lines: nearly every word takes another one's place."""
    return Tokenizer.from_pretrained("gpt2", cache_bytes=4096)


@pytest.fixture(scope="module")
def usual():
    return Tokenizer.from_pretrained("gpt2")


def some_text(seed: int, words: int = 3000) -> str:
    rng = random.Random(seed)
    alphabet = "abcdefghijklmnopqrstuvwxyzÄé日本語한국🎉'0123456789 \n\t.,"
    return "".join(
        rng.choice(WORDS) if rng.random() < 0.3 else "".join(rng.choices(alphabet, k=rng.randint(1, 40))) + " "
        for _ in range(words)
    )


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(max_size=40) | st.sampled_from(WORDS), max_size=30).map(" ".join))
def test_same_ids_with_and_without(plain, tiny, usual, text):
    expected = plain.encode(text)
    for tok in (tiny, usual):
        assert tok.encode(text) == expected
        assert tok.encode(text) == expected, "seen before"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_same_ids_for_any_bytes(plain, tiny, usual, text):
    expected = plain.encode(text)
    assert tiny.encode(text) == usual.encode(text) == expected


@pytest.mark.parametrize("length", range(1, 70))
def test_words_of_every_length_and_number_of_ids(plain, usual, length):
    """Around 15, 31 and 62 bytes, 4, 8 and 16 ids, the form of an entry changes."""
    for letters in ("e", "th", "qxzj", "é", "日本"):
        text = (letters * length)[:length]
        expected = plain.encode(text)
        assert [usual.encode(text) for _ in range(3)] == [expected] * 3


def test_the_end_of_the_text_is_not_read_beyond(plain, usual):
    """A short word is read as 16 bytes only where they are there."""
    text = b"internationalization of words"
    for end in range(1, len(text) + 1):
        part = bytes(bytearray(text[:end]))
        assert usual.encode(part) == plain.encode(part)


def test_bytes_that_look_like_keys_of_nothing():
    """Words of bytes of all ones or zeros, beside words that are too long for each kind of entry."""
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{b:02X}>" for b in range(256)), "▁"]
    types = integers([UNKNOWN, CONTROL, CONTROL, *[BYTE] * 256, NORMAL])
    data = gguf("llama", tokens, scores=floats([0.0] * len(tokens)), token_type=types)
    cached, uncached = Tokenizer.from_bytes(data), Tokenizer.from_bytes(data, cache_bytes=0)
    for byte in (b"\xff", b"\0", b"\1"):
        words = [byte * n for n in (1, 7, 8, 14, 15, 16, 31, 32, 62, 63)]
        for text in (b" ".join(words), b" ".join(words[::-1]), *words):
            assert [cached.encode(text) for _ in range(2)] == [uncached.encode(text)] * 2


@pytest.mark.parametrize("size", SIZES)
def test_any_size(plain, size):
    tok = Tokenizer.from_pretrained("gpt2", cache_bytes=size)
    assert tok.cache_bytes == size
    for seed in range(4):
        text = some_text(seed)
        assert tok.encode(text) == plain.encode(text)


@pytest.mark.parametrize("size", [-1, (1 << 37) + 1, 1 << 64])
def test_sizes_that_are_none(size):
    with pytest.raises(ValueError, match=f"cache_bytes is {size}"):
        Tokenizer.from_pretrained("gpt2", cache_bytes=size)


def test_a_size_is_a_whole_number():
    with pytest.raises(TypeError):
        Tokenizer.from_pretrained("gpt2", cache_bytes=1.5)  # type: ignore[arg-type]


def test_the_size_is_kept(tiny):
    assert pickle.loads(pickle.dumps(tiny)).cache_bytes == tiny.cache_bytes == 4096
    assert copy.deepcopy(tiny) is tiny


def test_clearing(plain, usual):
    text = some_text(7)
    expected = plain.encode(text)
    for _ in range(3):
        assert usual.encode(text) == expected
        usual.clear_cache()
    Tokenizer.from_pretrained("gpt2", cache_bytes=0).clear_cache()


@pytest.mark.parametrize("size", [4096, 65536])
def test_many_threads_read_and_write_the_same_lines(plain, size):
    """Words that share lines come and go in eight threads, while a ninth clears: every answer is right."""
    tok = Tokenizer.from_pretrained("gpt2", cache_bytes=size)
    texts = [some_text(seed, 600) for seed in range(8)]
    expected = [plain.encode_to_numpy(text) for text in texts]
    wrong: list[int] = []
    done = threading.Event()

    def work(number: int) -> None:
        rng = random.Random(number)
        for _ in range(60):
            k = rng.randrange(len(texts))
            if not np.array_equal(tok.encode_to_numpy(texts[k]), expected[k]):
                wrong.append(k)

    def clear() -> None:
        while not done.wait(0.001):
            tok.clear_cache()

    cleaner = threading.Thread(target=clear)
    workers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    cleaner.start()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    done.set()
    cleaner.join()
    assert not wrong


def test_distinct_words_without_end_take_no_memory():
    resource = pytest.importorskip("resource")
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss
    tok = Tokenizer.from_pretrained("gpt2", cache_bytes=1 << 20)
    for block in range(3):
        tok.count(" ".join(f"w{block}x{i:x}" for i in range(100_000)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for block in range(3, 13):
        tok.count(" ".join(f"w{block}x{i:x}" for i in range(100_000)))
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit < 16 << 20
