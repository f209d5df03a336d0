"""Arguments of a wrong type to what loads: a TypeError that says what was expected.  And overrides that do nothing."""

from __future__ import annotations

import io
import logging
import sys
import typing

import numpy as np
import pytest

import shimmytok
from shimmytok import Metadata, Tokenizer
from shimmytok._word_cache import LARGEST, WordCache
from shimmytok.gguf import ValueType
from shimmytok.sources import BUNDLED
from tiny import gguf

PATH = BUNDLED["gpt2"]


def refused(message, function, *args, **keywords):
    with pytest.raises(TypeError, match=message):
        function(*args, **keywords)


# Loading


@pytest.mark.parametrize("wrong", ["x.gguf", b"GGUF", None, 5])
def test_a_tokenizer_is_not_made_of_a_path(wrong):
    message = f"expected Metadata, not {type(wrong).__name__}: a file is loaded with Tokenizer.from_gguf_file"
    refused(message, Tokenizer, wrong)


def test_its_documentation_is_its_own():
    assert "cache_bytes" in Tokenizer.__init__.__doc__ and "disallowed" not in Tokenizer.__init__.__doc__


@pytest.mark.parametrize("load", [Tokenizer.from_gguf_file, Tokenizer.from_pretrained, Metadata.from_file])
def test_limits(load):
    for wrong in (5, 0, {}):
        refused("^limits: expected Limits or None, not ", load, PATH, limits=wrong)


@pytest.mark.parametrize("wrong", [5, 0, [], "", ["tokenizer.ggml.pre"], {"a"}])
def test_overrides(wrong):
    message = "^overrides: expected a mapping of keys to values, not "
    refused(message, Tokenizer.from_gguf_file, PATH, overrides=wrong)
    refused(message, Metadata.from_file(PATH).with_overrides, wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.bool_(True), rf"an override cannot be a {np.bool_.__module__}\.{np.bool_.__qualname__}$"),
        (np.int64(1), r"an override cannot be a numpy\.int64"),
        (np.zeros(1), r"an override cannot be a numpy\.ndarray"),
        (b"gpt-2", "an override cannot be a bytes"),
        ([1, np.int64(1)], r"all int or float; found int, numpy\.int64"),
    ],
)
def test_values_of_overrides(wrong, message):
    refused(message, Tokenizer.from_gguf_file, PATH, overrides={"tokenizer.ggml.pre": wrong})


class TextReader:
    """Not a text file for Python, but it reads as one."""

    def read(self, size):
        return "GGUF"


@pytest.mark.parametrize("wrong", [None, "abc", b"abc", PATH, io.StringIO("GGUF"), Tokenizer])
def test_readers(wrong):
    message = "^expected a file that is open in binary mode, or another object with read, not "
    refused(message, Tokenizer.from_reader, wrong)
    refused("^expected bytes of the reader, not str", Tokenizer.from_reader, TextReader())
    with open(PATH, encoding="latin-1") as file:
        refused(message, Metadata.from_reader, file)


def test_cache_bytes():
    for wrong in (None, "8M", 1.5):
        refused("^cache_bytes: expected int, not ", Tokenizer.from_gguf_file, PATH, cache_bytes=wrong)
    assert Tokenizer.from_gguf_file(PATH, cache_bytes=np.int64(0)).cache_bytes == 0


@pytest.mark.skipif(sys.platform != "linux", reason="others give more memory than they were told to")
def test_memory_that_there_is_not():
    import resource

    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (LARGEST // 2, limits[1]))
    try:
        with pytest.raises(MemoryError, match=f"cache_bytes is {LARGEST}"):
            WordCache(LARGEST)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


def test_numbers_of_no_type(gpt2):
    for types in ((), ("INT32",), (ValueType.INT32, 5)):
        for key in ("tokenizer.ggml.token_type", "absent"):
            refused("say which types the items may have, as in ValueType.INT32", gpt2.metadata.numbers, key, *types)


# Keys that are most often misspelt


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("tokenizer.ggml.add_bos", "tokenizer.ggml.add_bos_token"),
        ("tokenizer.add_bos_token", "tokenizer.ggml.add_bos_token"),
        ("tokenizer.ggml.separator_token_id", "tokenizer.ggml.seperator_token_id"),
        ("tokenizer.chat_templates", "tokenizer.chat_template"),
        ("tokenizer.ggml.xyzzy", None),
        ("add_bos_token", "tokenizer.ggml.add_bos_token"),
        ("xyzzy", None),
    ],
)
def test_an_override_of_a_key_that_is_not_read(caplog, key, meant):
    for value in (True, None):
        caplog.clear()
        Tokenizer.from_gguf_file(PATH, overrides={key: value})
        (record,) = caplog.records
        assert (record.name, record.levelno) == ("shimmytok", logging.WARNING)
        message = f"override of {key!r}: no tokenizer reads this key, and it is not in {PATH}"
        assert record.getMessage() == message + (f"; did you mean {meant!r}?" if meant else "")


def test_overrides_of_keys_that_may_be(caplog):
    overrides = {
        "tokenizer.ggml.add_eos_token": False,
        "tokenizer.ggml.normalizer.lowercase": False,
        "tokenizer.chat_template": "{{ messages }}",
        "tokenizer.chat_template.tool_use": "{{ messages }}",
        "general.anything": "at all",
    }
    assert Tokenizer.from_gguf_file(PATH, overrides=overrides).chat_template == "{{ messages }}"
    odd = Metadata.from_file(PATH).with_overrides({"tokenizer.ggml.odd": 1})
    assert odd["tokenizer.ggml.odd"] == 1
    data = gguf("test", ["a"], odd=(ValueType.UINT32, 1))
    assert Tokenizer.from_bytes(data, overrides={"tokenizer.ggml.odd": 2}).metadata["tokenizer.ggml.odd"] == 2
    assert not caplog.records


# What type checkers are told


def test_types_of_python_methods():
    assert typing.get_type_hints(Tokenizer.metadata.fget)["return"] is Metadata
    for load in (Tokenizer.from_bytes, Tokenizer.from_gguf_file, Tokenizer.from_pretrained, Tokenizer.from_reader):
        result = typing.get_type_hints(load.__func__, vars(shimmytok.tokenizer))["return"]
        assert isinstance(result, typing.TypeVar) and result.__bound__ is not None
