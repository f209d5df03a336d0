"""Pickling keeps what overrides gave, and needs neither the file nor the memory that a tokenizer was loaded from."""

from __future__ import annotations

import math
import mmap
import os
import pickle

import pytest

from shimmytok import Tokenizer
from shimmytok.gguf import ValueType
from shimmytok.gguf.writer import dumps
from tiny import gguf, integers, strings

CHARSMAP = "tokenizer.ggml.precompiled_charsmap"
SUPPRESS = "tokenizer.ggml.suppress_tokens"


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.gguf"
    tokens = strings(["<pad>", "</s>", "<unk>", "a"])
    path.write_bytes(gguf("t5", tokens[1][1], token_type=integers([3, 3, 2, 1])))
    return path


def again(model, overrides):
    tok = Tokenizer.from_gguf_file(model, overrides=overrides)
    other = pickle.loads(pickle.dumps(tok))
    assert other == tok
    return other


@pytest.mark.parametrize(
    "value",
    [
        *(True, False, "text", "", 0, 7, -1, 2**32 - 1, 2**32, 2**40, -(2**63), 2**63, 2**64 - 1),
        *(0.5, 0.1, -0.0, 1e300, -1e-300, math.inf, 2.0**-149),
        *([1, 2], [-1], [2**31], [2**40], [-(2**63), 2**31], [2**64 - 1], [0.5], [0.1], [1e300], [math.inf, 1]),
        *([1, 2.5], [2.5, 1], [2**40, 0.5], [-1, 1e300], ["a", ""], []),
    ],
    ids=repr,
)
def test_values_of_every_size(model, value):
    metadata = again(model, {"some.key": value}).metadata
    assert metadata["some.key"] == value
    assert isinstance(metadata["some.key"], type(value))


def test_a_value_that_is_no_number(model):
    metadata = again(model, {"some.key": math.nan, "some.list": [1.0, math.nan]}).metadata
    assert math.isnan(metadata["some.key"]) and math.isnan(metadata["some.list"][1])


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, [2**64], [-1, 2**64 - 1], [10**400, 0.5]], ids=str)
def test_integers_that_no_type_holds_are_left_out(model, value):
    tok = again(model, {"some.key": value, "other.key": 1})
    assert "some.key" not in tok.metadata and tok.metadata["other.key"] == 1


def test_arrays_that_a_tokenizer_reads_keep_their_type(model):
    tok = again(model, {SUPPRESS: [3, 1], CHARSMAP: [0, 0, 0, 0, 0]})
    assert tok.suppress_token_ids == (3, 1)
    assert tok.metadata.value_type(SUPPRESS) == (ValueType.ARRAY, ValueType.INT32)
    tok = again(model, {SUPPRESS: [], CHARSMAP: [4, 0, 0, 0, 0, 0, 0, 0, 0]})
    assert tok.suppress_token_ids == ()
    assert tok.metadata.raw_bytes(CHARSMAP) == bytes([4, 0, 0, 0, 0, 0, 0, 0, 0])


def test_types_and_scores_that_overrides_gave(model):
    types, scores = "tokenizer.ggml.token_type", "tokenizer.ggml.scores"
    tok = again(model, {types: [3, 3, 2, 4], scores: [0, 0, 0.5, -1]})
    assert [int(tok.token_type(i)) for i in range(4)] == [3, 3, 2, 4]
    assert [tok.token_score(i) for i in range(4)] == [0, 0, 0.5, -1]


def test_keys_with_a_nul(tmp_path):
    """llama.cpp takes them, and knows them by what is before the NUL; where that is nothing, none is kept."""
    entries = [(key, ValueType.UINT32, 2) for key in ("\0first", "\0second", "cut\0here")]
    entries += [("tokenizer.ggml.model", ValueType.STRING, "rwkv"), ("tokenizer.ggml.tokens", *strings(["<unk>", "a"]))]
    path = tmp_path / "model.gguf"
    path.write_bytes(dumps(entries))
    for overrides in ({}, {"": 3}):
        tok = again(path, overrides)
        assert tok.encode("a") == [1]
        assert tok.metadata["cut"] == 2 and "" not in tok.metadata


class Own(Tokenizer):
    """A subclass, as others may have one."""


def test_a_subclass_stays_one(model):
    assert type(pickle.loads(pickle.dumps(Own.from_gguf_file(model)))) is Own


def long_arrays():
    """A unigram model with arrays of more than 64 KiB: two that it reads, and two that have nothing to do with it."""
    charsmap = (4).to_bytes(4, "little") + bytes(4) + b"x" * 70_000 + b"\0"
    return gguf(
        "t5",
        ["<pad>", "</s>", "<unk>", "a"],
        token_type=integers([3, 3, 2, 1]),
        precompiled_charsmap=(ValueType.ARRAY, (ValueType.UINT8, list(charsmap))),
        suppress_tokens=integers([3] * 20_000),
        numbers=integers([1] * 20_000),
        words=strings(["word"] * 20_000),
    )


@pytest.mark.parametrize("change", [os.remove, os.utime])
def test_the_file_is_not_needed(tmp_path, change):
    path = tmp_path / "model.gguf"
    path.write_bytes(long_arrays())
    tok = Tokenizer.from_gguf_file(path)
    change(path)
    other = pickle.loads(pickle.dumps(tok))
    assert other == tok and other.encode("a") == tok.encode("a")
    assert len(other.suppress_token_ids) == 20_000
    assert other.metadata.raw_bytes(CHARSMAP) == Tokenizer.from_bytes(long_arrays()).metadata.raw_bytes(CHARSMAP)
    assert "tokenizer.ggml.numbers" not in other.metadata and "tokenizer.ggml.words" not in other.metadata


def test_memory_that_is_not_its_own_is_let_go_of(tmp_path):
    data = bytearray(long_arrays())
    expected = Tokenizer.from_bytes(bytes(data))
    tok = Tokenizer.from_bytes(data)
    data[:] = bytes(len(data))
    data.append(0)  # BufferError if somebody looked at it
    assert tok == expected and pickle.loads(pickle.dumps(tok)) == expected
    assert dict(tok.metadata) == dict(expected.metadata)
    path = tmp_path / "model.gguf"
    path.write_bytes(long_arrays())
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapping:
        assert Tokenizer.from_bytes(mapping) == expected


def test_bytes_with_much_else_in_them_are_let_go_of():
    section = long_arrays()
    for more, kept in ((0, True), (2 * len(section), False)):
        data = section + bytes(more)
        tok = Tokenizer.from_bytes(data)
        (view,) = [v for v in vars(tok.metadata._source).values() if isinstance(v, memoryview)]
        assert (view.obj is data) == kept
        assert tok == Tokenizer.from_bytes(section)
