"""Batches: the same ids as one by one, for any number of threads, and across processes."""

from __future__ import annotations

import copy
import gc
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shimmytok import Tokenizer, UnsupportedModelError
from shimmytok._texts import Texts
from shimmytok.gguf import ValueType
from shimmytok.gguf.writer import dumps

TEXTS = [f"Text number {i}: " + "words and more words, " * (i % 7) + "ünï" * (i % 3) for i in range(2000)]


@pytest.mark.parametrize("cache_bytes", [0, 4096])
def test_batches_with_and_without_a_cache(cache_bytes):
    flags = {"tokenizer.ggml.add_bos_token": True, "tokenizer.ggml.add_eos_token": True}
    tok = Tokenizer.from_pretrained("gpt2", overrides=flags, cache_bytes=cache_bytes)
    texts = ["<|endoftext|>", "", "a<|endoftext|><|endoftext|> b", *TEXTS[:50], "Hello", "<|endoftext|>x"]
    one_by_one = [tok.encode(text) for text in texts]
    assert tok.encode_batch(texts) == one_by_one
    ids, offsets = tok.encode_batch_flat(texts)
    assert [part.tolist() for part in np.split(ids, offsets[1:-1])] == one_by_one


@pytest.mark.parametrize("num_threads", [None, 1, 2, 8])
def test_batch_is_one_by_one(gpt2, num_threads):
    one_by_one = [gpt2.encode(text) for text in TEXTS]
    assert gpt2.encode_batch(TEXTS, num_threads=num_threads) == one_by_one
    ids, offsets = gpt2.encode_batch_flat(TEXTS, num_threads=num_threads)
    assert ids.dtype == np.uint32 and offsets.dtype == np.int64
    assert [part.tolist() for part in np.split(ids, offsets[1:-1])] == one_by_one


@settings(max_examples=100, deadline=None)
@given(texts=st.lists(st.text() | st.binary(), max_size=20), num_threads=st.integers(1, 4))
def test_any_batch_is_one_by_one(gpt2, texts, num_threads):
    assert gpt2.encode_batch(texts, num_threads=num_threads) == [gpt2.encode(text) for text in texts]


def test_large_batches_are_shared_out(gpt2):
    texts = ["The quick brown fox. " * 500] * 300  # 3 MB: several units of work
    ids, offsets = gpt2.encode_batch_flat(texts, num_threads=4)
    one = gpt2.encode(texts[0])
    assert len(ids) == 300 * len(one) and ids[: len(one)].tolist() == one
    assert np.all(np.diff(offsets) == len(one))
    assert threading.active_count() == 1, "no thread of Python's outlives the call"


def test_empty_batches(gpt2):
    assert gpt2.encode_batch([]) == []
    ids, offsets = gpt2.encode_batch_flat([])
    assert ids.tolist() == [] and offsets.tolist() == [0]
    assert gpt2.encode_batch(["", ""]) == [[], []]


def test_iterators_are_taken(gpt2):
    assert gpt2.encode_batch(text for text in ("Hello", " world")) == [[15496], [995]]


def test_wrong_items_are_named(gpt2):
    with pytest.raises(TypeError, match=r"texts\[2\]: expected str or bytes, not int"):
        gpt2.encode_batch(["a", "b", 3])
    with pytest.raises(TypeError, match="not one str"):
        gpt2.encode_batch("abc")
    with pytest.raises(ValueError, match="num_threads"):
        gpt2.encode_batch(["a"], num_threads=0)


@pytest.mark.parametrize("texts", [["Hello world"] * 20, ["Hello world"] * 5000, ["Hello world " * 20_000] * 8])
def test_lists_are_collected_like_others(gpt2, texts):
    """Python's collector is not told of them before all are there."""
    rows = gpt2.encode_batch(texts)
    assert all(gc.is_tracked(row) for row in rows)
    for row in rows:
        row.append(row)
    gc.collect()
    del rows, row
    assert gc.collect() >= len(texts)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python collects between bytecodes only")
@pytest.mark.parametrize("num_threads", [1, 4])
def test_lists_are_not_looked_through_while_a_batch_is_made(gpt2, num_threads):
    """Else a batch of thousands takes up to twice as long."""
    text, known = "lists that nobody else makes", []
    ids = gpt2.encode(text)

    def look(phase, info):
        known.append(sum(type(o) is list and o == ids for o in gc.get_objects()))

    look("before", {})
    gc.callbacks.append(look)
    try:
        rows = gpt2.encode_batch([text] * 10_000, num_threads=num_threads)
    finally:
        gc.callbacks.remove(look)
    assert len(rows) == 10_000 and len(known) > 10 and set(known) == {known[0]}


def test_many_threads_on_one_tokenizer(gpt2):
    serial = [gpt2.encode(text) for text in TEXTS[:400]]
    with ThreadPoolExecutor(64) as pool:
        for _ in range(3):
            assert list(pool.map(gpt2.encode, TEXTS[:400])) == serial
            assert list(pool.map(gpt2.decode_bytes, serial)) == [text.encode() for text in TEXTS[:400]]


def test_wide_texts_are_worth_threads():
    """60,000 ideographs are 180 KB, which two threads share."""
    assert Texts(["\u6f22" * 6000] * 10).total >= 64 * 1024
    assert Texts(["\U0001f600" * 10, "\u00e9" * 10, "a" * 10, b"\xff" * 10]).total == 50


def test_what_holds_pointers_is_neither_copied_nor_set(gpt2):
    stream = gpt2.stream_decoder()
    stream.step(len(gpt2) - 2)
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(stream)
    for of in (gpt2._encoder, gpt2._cache):
        for call in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="pickle"):
                call(of)
    for of in (stream, gpt2._encoder, gpt2._cache):
        assert "__setstate__" not in dir(of)
    assert "__setstate__" not in dir(gpt2)
    with pytest.raises(TypeError):
        type(stream).__new__(type(stream))


def test_pickle_and_copies(gpt2):
    for other in (pickle.loads(pickle.dumps(gpt2)), copy.copy(gpt2), copy.deepcopy(gpt2)):
        assert other == gpt2 and hash(other) == hash(gpt2)
        assert other.encode("Hello world") == [15496, 995]
        assert other.decode(range(50257)) == gpt2.decode(range(50257))
        assert dict(other.metadata)["general.name"] == "gpt-2"


def _encode(tok, text):
    return tok.encode(text), tok.encode_batch([text] * 3, num_threads=2)


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_other_processes(gpt2, method):
    gpt2.encode_batch(TEXTS, num_threads=2)  # a pool has lived before the fork
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        jobs = [pool.submit(_encode, gpt2, "Hello world") for _ in range(4)]
        assert [job.result(timeout=120) for job in jobs] == [([15496, 995], [[15496, 995]] * 3)] * 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_fork_while_other_threads_encode(gpt2):
    stop = threading.Event()

    def work():
        while not stop.is_set():
            gpt2.encode("some text to encode " * 100)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    try:
        child = os.fork()
        if child == 0:
            signal.alarm(60)
            os._exit(0 if gpt2.encode("Hello world") == [15496, 995] else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        stop.set()
        for worker in workers:
            worker.join()


def test_an_equal_tokenizer_from_other_sources(gpt2, tmp_path):
    data = pickle.dumps(gpt2)
    path = tmp_path / "copy.gguf"
    with open(gpt2.metadata.source, "rb") as file:
        path.write_bytes(file.read())
        file.seek(0)
        assert Tokenizer.from_reader(file) == gpt2
    assert Tokenizer.from_bytes(path.read_bytes()) == gpt2
    assert Tokenizer.from_gguf_file(path) == gpt2
    path.unlink()
    assert pickle.loads(data) == gpt2
    assert Tokenizer.from_gguf_file(gpt2.metadata.source, overrides={"tokenizer.ggml.add_bos_token": True}) != gpt2


def test_a_list_that_grows_while_it_is_read(gpt2):
    texts = [b"a", b"b"]

    class Texts(list):
        def __iter__(self):
            texts.extend([b"c"] * 1000)
            return iter([b"a", b"b"])

    assert len(gpt2.encode_batch(Texts(texts))) == 2


def test_the_first_text_that_cannot_be_encoded_is_named():
    entries = [
        ("tokenizer.ggml.model", ValueType.STRING, "bert"),
        ("tokenizer.ggml.tokens", ValueType.ARRAY, (ValueType.STRING, ["\u2581a"])),  # and no unknown token
        ("tokenizer.ggml.token_type", ValueType.ARRAY, (ValueType.INT32, [1])),
    ]
    tok = Tokenizer.from_bytes(dumps(entries))
    check_that_text_123_is_named(tok, ["a " * 1000] * 400)
    check_that_text_123_is_named(tok, ["a a"] * 40_000)  # which are encoded together


def check_that_text_123_is_named(tok, texts):
    texts[123] = texts[321] = "b"
    for num_threads in (1, 2, 8):
        for encode in (tok.encode_batch, tok.encode_batch_flat):
            with pytest.raises(UnsupportedModelError, match=r"texts\[123\]: the text holds a character"):
                encode(texts, num_threads=num_threads)
            assert len(encode(texts[:123], num_threads=num_threads)) in (123, 2)


@pytest.mark.parametrize("num_threads", [1, 2, 3, 16])
@pytest.mark.parametrize("size", [0, 1, 40, 5000])
def test_every_form_of_a_batch(gpt2, num_threads, size):
    texts = [("word " * (i * size % 997))[: size or 1] + "\u00fc\udc80" * (i % 2) for i in range(300)]
    texts[7] = b"bytes \xff" * size
    texts[8] = memoryview(b"a view")
    one_by_one = [gpt2.encode(text, parse_special=True) for text in texts]
    assert gpt2.encode_batch(texts, parse_special=True, num_threads=num_threads) == one_by_one
    ids, offsets = gpt2.encode_batch_flat(texts, parse_special=True, num_threads=num_threads)
    assert ids.tolist() == [i for row in one_by_one for i in row]
    assert np.diff(offsets).tolist() == [len(row) for row in one_by_one]
    assert [gpt2.count(text) for text in texts] == [len(row) for row in one_by_one]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no timers here")
@pytest.mark.parametrize("num_threads", [1, 2])
def test_a_signal_ends_a_batch(gpt2, num_threads):
    class Stop(Exception):
        pass

    def stop(*_):
        raise Stop

    texts = ["".join(map(chr, range(i, i + 3000))) for i in range(300, 3000)]  # hundreds of milliseconds
    before = signal.signal(signal.SIGALRM, stop)
    gc.disable()  # what a callback of the collector raises is lost, and other tools have some
    try:
        for encode in (gpt2.encode_batch, gpt2.encode_batch_flat):
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with pytest.raises(Stop):
                for _ in range(1000):
                    encode(texts, num_threads=num_threads)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        gc.enable()
    assert gpt2.encode_batch(["Hello"]) == [[15496]]


def test_batches_in_many_threads(gpt2):
    expected = [gpt2.encode(text) for text in TEXTS]
    with ThreadPoolExecutor(16) as pool:
        jobs = [pool.submit(gpt2.encode_batch, TEXTS, num_threads=1 + i % 4) for i in range(32)]
        flat = [pool.submit(gpt2.encode_batch_flat, TEXTS, num_threads=1 + i % 4) for i in range(32)]
        assert all(job.result() == expected for job in jobs)
        assert all(job.result()[0].tolist() == [i for row in expected for i in row] for job in flat)
