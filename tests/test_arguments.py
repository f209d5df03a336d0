"""Arguments of a wrong type: a TypeError that says what was expected and, where there are many, which one it was."""

from __future__ import annotations

import mmap
import sys

import numpy as np
import pytest

from shimmytok import InvalidTokenError, Tokenizer
from shimmytok.diff import diff
from shimmytok.sources import BUNDLED
from shimmytok.verify import verify

PATH = BUNDLED["gpt2"]
NO_ID = r"^expected a token id \(int\), not "


def refused(message, function, *args, **keywords):
    with pytest.raises(TypeError, match=message) as caught:
        function(*args, **keywords)
    assert type(caught.value) is TypeError


# Texts


@pytest.mark.parametrize("wrong", [5, None, 1.5, bytearray(b"a"), ["a"]])
def test_token_to_id(gpt2, wrong):
    refused(f"^expected str or bytes, not {type(wrong).__name__}", gpt2.token_to_id, wrong)
    assert wrong not in gpt2


def test_disallowed_special(gpt2):
    message = r'^disallowed_special: expected token texts \(str or bytes\), or "all"'
    for call, texts in ((gpt2.encode, "a"), (gpt2.count, "a"), (gpt2.encode_batch, ["a"])):
        for wrong in (5, 1.5, [5], ["<|endoftext|>", None], [[]], bytearray(b"all")):
            refused(message, call, texts, disallowed_special=wrong)
        with pytest.raises(ValueError, match="disallowed_special is b'all'"):
            call(texts, disallowed_special=b"all")


def test_an_error_out_of_disallowed_tokens_is_kept(gpt2):
    with pytest.raises(TypeError, match=r"disallowed_special.*mine") as caught:
        gpt2.encode("a", disallowed_special=failing(TypeError("mine")))
    assert str(caught.value.__cause__) == "mine"


def failing(error, *before):
    yield from before
    raise error


@pytest.mark.parametrize("method", ["encode_batch", "encode_batch_flat"])
def test_batches_of_texts(gpt2, method):
    call = getattr(gpt2, method)
    for wrong in (None, 5, np.array("a")):
        refused(f"^expected many texts, not {type(wrong).__name__}", call, wrong)
    for wrong in ("a", b"a", bytearray(b"a"), memoryview(b"a"), mmap.mmap(-1, 1), np.zeros(1, np.uint8)):
        refused(f"^expected many texts, not one {type(wrong).__name__}", call, wrong)
    for some in (("a", b"a"), np.array(["a", "b"], object), np.array([b"a", b"b"]), iter(["a"])):
        call(some)
    if hasattr(np.dtypes, "StringDType"):
        call(np.array(["a", "b"], np.dtypes.StringDType()))
    released = memoryview(b"a")
    released.release()
    refused("^expected many texts, not one memoryview", call, released)
    for wrong in ("2", 1.5, 2.0):
        refused(f"^num_threads: expected int or None, not {type(wrong).__name__}", call, ["a"], num_threads=wrong)
    call(["a" * 100_000] * 3, num_threads=np.int64(2))
    refused("^mine$", call, failing(TypeError("mine"), "a"))


def test_a_text_that_gives_no_bytes_is_named(gpt2):
    released = memoryview(b"a")
    released.release()
    with pytest.raises(ValueError, match=r"^texts\[1\]: operation forbidden on released memoryview"):
        gpt2.encode_batch(["a", released])
    with pytest.raises(ValueError, match=r"^texts\[0\]: "):
        gpt2.encode_batch_flat([released], disallowed_special="all")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="a class of Python has no buffer")
@pytest.mark.parametrize("kind", [ValueError, BufferError, UnicodeError])
def test_an_error_of_a_buffer_is_named(gpt2, kind):
    class Scalar:
        def __buffer__(self, flags):
            raise kind("Cannot export buffer from null Arrow Scalar")

    expected = BufferError if kind is BufferError else ValueError
    with pytest.raises(expected, match=r"^texts\[1\]: Cannot export buffer from null Arrow Scalar") as caught:
        gpt2.encode_batch(["a", Scalar()])
    assert type(caught.value) is expected and type(caught.value.__cause__) is kind


@pytest.mark.parametrize("wrong", ["abc", b"abc", bytearray(b"abc"), None, 5])
def test_texts_to_compare(gpt2, wrong):
    one = "" if wrong is None or wrong == 5 else "one "
    message = f"^expected many texts, not {one}{type(wrong).__name__}"
    refused(message, diff, gpt2, gpt2, wrong)
    refused(message, verify, "gpt2", wrong)
    refused(r"^texts\[1\]: expected str or bytes, not int", diff, gpt2, gpt2, [b"", 5])


def test_tokenizers_to_compare(gpt2):
    refused("^a: expected a Tokenizer, not str", diff, "gpt2", "gpt2", [])
    refused("^b: expected a Tokenizer, not NoneType", diff, gpt2, None, [])


def test_differences_of_str_are_those_of_bytes(gpt2):
    other = Tokenizer.from_gguf_file(PATH, overrides={"tokenizer.ggml.add_bos_token": True})
    assert diff(gpt2, other, ["né\ud800"]) == diff(gpt2, other, ["né".encode() + b"\xed\xa0\x80"]) != []


# Ids


def asked_of_one_id(tok):
    return (
        tok.id_to_token,
        tok.token_to_piece,
        tok.token_type,
        tok.token_attr,
        tok.token_score,
        tok.is_special_token,
        tok.is_eog,
        tok.decode_single,
        tok.stream_decoder().step,
    )


@pytest.mark.parametrize("wrong", [None, "1", "a", 1.0, [1], b"1"])
def test_single_ids(gpt2, wrong):
    for ask in asked_of_one_id(gpt2):
        refused(NO_ID + type(wrong).__name__, ask, wrong)


@pytest.mark.parametrize("token", [-1, 50257, 1 << 40, 1 << 80, np.int64(-1)])
def test_single_ids_outside_the_vocabulary(gpt2, token):
    for ask in asked_of_one_id(gpt2):
        with pytest.raises(InvalidTokenError, match=f"^token id {token}: the vocabulary has 50257 tokens"):
            ask(token)


@pytest.mark.parametrize("token", [np.uint32(1), np.int64(1), np.array(1), True])
def test_whatever_is_an_int_is_one(gpt2, token):
    assert gpt2.id_to_token(token) == gpt2.decode_single(token) == gpt2.stream_decoder().step(token) == '"'
    assert gpt2.is_eog(np.int64(50256)) and not gpt2.is_eog(token)


def test_lstrip(gpt2):
    for wrong in (None, "1", 1.0):
        refused("^lstrip: expected int, not ", gpt2.token_to_piece, 995, lstrip=wrong)
    assert gpt2.token_to_piece(995, lstrip=1 << 80) == b"world"


def test_batches_of_ids(gpt2):
    for wrong in (None, 5):
        refused("^expected many sequences of token ids, not ", gpt2.decode_batch, wrong)
    with pytest.raises(InvalidTokenError, match=r"^sequences\[1\]: ids\[0\] is 50257: the vocabulary has 50257 tokens"):
        gpt2.decode_batch([[1], [50257]])
    with pytest.raises(InvalidTokenError, match=r"^sequences\[2\]: ids\[1\] is -1"):
        gpt2.decode_batch(iter([[], (1, 2), np.array([1, -1])]))
    refused(r"^sequences\[0\]: expected token ids, not int", gpt2.decode_batch, [1, 2])
    refused(r"^sequences\[1\]: ids\[2\]: expected int, not str", gpt2.decode_batch, [[], [1, 2, "a"]])
    with pytest.raises(UnicodeDecodeError, match=r"unexpected end of data \(sequences\[1\]\)"):
        gpt2.decode_batch([[1], gpt2.encode("🎉")[:1]], errors="strict")


def test_an_error_out_of_an_iterator_is_kept(gpt2):
    refused("^mine$", gpt2.decode, failing(TypeError("mine"), 1))
    refused(r"^sequences\[1\]: mine$", gpt2.decode_batch, failing(TypeError("mine"), [1]))
    refused(r"^sequences\[1\]: mine$", gpt2.decode_batch, [[1], failing(TypeError("mine"), 1)])
