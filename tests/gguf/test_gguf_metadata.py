"""The typed getters, the mapping and the overrides."""

from __future__ import annotations

import array
import ctypes
import math
import mmap
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shimmytok.errors import GGUFError
from shimmytok.gguf import Metadata, ValueType
from shimmytok.gguf.writer import dumps


@pytest.fixture
def metadata(small: bytes) -> Metadata:
    return Metadata.from_bytes(small)


def test_getters_give_the_exact_type(metadata: Metadata) -> None:
    assert metadata.text("general.architecture") == b"llama"
    assert metadata.u32("tokenizer.ggml.bos_token_id") == 7
    assert metadata.flag("flag") is True
    strings = metadata.strings("tokens")
    assert strings is not None
    assert list(strings) == [b"a", b"", b"cut"]
    scores = metadata.numbers("scores", ValueType.INT32, ValueType.FLOAT32)
    assert scores is not None
    assert scores.dtype == np.float32
    assert scores.tolist() == [1.5, -2.0]
    none = metadata.numbers("none", ValueType.INT32)
    assert none is not None
    assert (none.shape, none.dtype) == ((0,), np.int32)
    assert metadata.value_type("tokens") == (ValueType.ARRAY, ValueType.STRING)
    assert metadata.value_type("flag") == (ValueType.BOOL, None)


def test_absent_keys_are_none(metadata: Metadata) -> None:
    for getter in (metadata.text, metadata.u32, metadata.u16, metadata.flag, metadata.strings, metadata.raw_bytes):
        assert getter("absent") is None
    assert metadata.numbers("absent", ValueType.INT32) is None
    assert metadata.value_type("absent") is None
    assert "absent" not in metadata
    assert metadata.get("absent", 3) == 3
    with pytest.raises(KeyError):
        metadata["absent"]


def test_another_type_is_refused(metadata: Metadata) -> None:
    def expect(found: str, expected: str, get: Any, key: str, *types: ValueType) -> None:
        with pytest.raises(GGUFError) as caught:
            get(key, *types)
        assert caught.value.problem == f"expected {expected}, found {found}"
        assert caught.value.key == key
        assert caught.value.path == "<bytes>"
        assert caught.value.offset is not None

    expect("UINT32", "STRING", metadata.text, "tokenizer.ggml.bos_token_id")
    expect("ARRAY of STRING", "STRING", metadata.text, "tokens")
    expect("STRING", "UINT32", metadata.u32, "general.architecture")
    expect("BOOL", "UINT32", metadata.u32, "flag")
    expect("UINT32", "UINT16", metadata.u16, "tokenizer.ggml.bos_token_id")
    expect("FLOAT64", "BOOL", metadata.flag, "float")
    expect("ARRAY of FLOAT32", "ARRAY of STRING", metadata.strings, "scores")
    expect("STRING", "ARRAY of STRING", metadata.strings, "last")
    expect(
        "ARRAY of FLOAT32", "ARRAY of INT32 or UINT32", metadata.numbers, "scores", ValueType.INT32, ValueType.UINT32
    )
    expect("FLOAT64", "ARRAY of FLOAT64", metadata.numbers, "float", ValueType.FLOAT64)
    expect("ARRAY of ARRAY", "ARRAY of UINT8 or INT8", metadata.raw_bytes, "nested")
    with pytest.raises(GGUFError, match="holds no numbers"):
        metadata.numbers("tokens", ValueType.STRING)


@pytest.mark.parametrize("width", ["UINT8", "INT8", "UINT16", "INT16", "INT32", "UINT64", "INT64"])
def test_u32_takes_no_other_integer(either_raw: Any, width: str) -> None:
    # As GKV::get_kv of the reference, which compares the type and converts nothing.
    data = either_raw.file(either_raw.entry(b"k", ValueType[width], bytes(8)[: int(width.strip("UINT")) // 8]))
    with pytest.raises(GGUFError, match=f"expected UINT32, found {width}"):
        Metadata.from_bytes(data).u32("k")


def test_bytes_of_bools_and_charsmaps(either_raw: Any) -> None:
    data = either_raw.file(
        either_raw.list_of(b"bools", ValueType.BOOL, 4, b"\0\1\2\xff"),
        either_raw.list_of(b"signed", ValueType.INT8, 3, b"\0\x80a"),
        either_raw.list_of(b"unsigned", ValueType.UINT8, 3, b"\0\x80a"),
    )
    metadata = Metadata.from_bytes(data)
    assert metadata["bools"] == [False, True, True, True]
    assert metadata.raw_bytes("signed") == metadata.raw_bytes("unsigned") == b"\0\x80a"
    assert metadata["signed"] == [0, -128, 97]


def test_not_a_number_is_a_float(raw: Any) -> None:
    metadata = Metadata.from_bytes(raw.file(raw.entry(b"k", ValueType.FLOAT32, b"\xff\xff\xff\xff")))
    assert math.isnan(metadata["k"])


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda data: memoryview(bytearray(data))])
def test_buffers(small: bytes, small_values: dict[str, object], kind: Any) -> None:
    assert dict(Metadata.from_bytes(kind(small))) == small_values


def test_odd_buffers(small: bytes, small_values: dict[str, object], tmp_path: Path) -> None:
    spread = memoryview(b"".join(bytes([byte, 0]) for byte in small))[::2]
    assert dict(Metadata.from_bytes(spread)) == small_values
    structs = (ctypes.c_ubyte * len(small)).from_buffer_copy(small)
    assert dict(Metadata.from_bytes(structs)) == small_values
    padded = small + bytes(-len(small) % 8)
    assert dict(Metadata.from_bytes(array.array("Q", padded))) == small_values
    path = tmp_path / "model.gguf"
    path.write_bytes(small)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapping:
        metadata = Metadata.from_bytes(mapping, name="mapped")
        assert dict(metadata) == small_values
        assert metadata.source == "mapped"
        del metadata
    with pytest.raises(TypeError):
        Metadata.from_bytes("text")
    with pytest.raises(GGUFError, match="empty"):
        Metadata.from_bytes(np.empty((0, 3), np.uint8))


def test_a_buffer_that_changes_after_loading_is_not_trusted(either_raw: Any) -> None:
    items = either_raw.strings(b"ab", b"cd")
    data = bytearray(either_raw.file(either_raw.list_of(b"s", ValueType.STRING, 2, items)))
    metadata = Metadata.from_bytes(data)
    data[-10:-2] = b"\xff" * 8
    with pytest.raises(GGUFError, match="string 1 does not fit") as caught:
        metadata.strings("s")
    assert caught.value.offset == len(data) - 10
    with pytest.raises(GGUFError):
        metadata["s"]


def test_repr_and_equality(small: bytes, metadata: Metadata, small_values: dict[str, object]) -> None:
    assert repr(metadata) == f"<Metadata '<bytes>': GGUF v3, {metadata.byte_order}-endian, 9 keys>"
    assert metadata == small_values
    assert metadata == Metadata.from_bytes(small)


class TestOverrides:
    def test_replace_remove_and_add(self, metadata: Metadata, small_values: dict[str, object]) -> None:
        given = {"general.architecture": "qwen2", "flag": None, "new": [1, 2], "float": False, "never": None}
        view = metadata.with_overrides(given)
        expected = {**small_values, "general.architecture": "qwen2", "new": [1, 2], "float": False}
        del expected["flag"]
        assert dict(view) == expected
        assert len(view) == len(expected)
        assert "flag" not in view
        assert view.flag("flag") is None
        assert view.value_type("flag") is None
        assert view.text("general.architecture") == b"qwen2"
        assert view.flag("float") is False
        assert dict(metadata) == small_values

    def test_views_of_views(self, metadata: Metadata) -> None:
        view = metadata.with_overrides({"last": "x", "flag": None}).with_overrides({"flag": False})
        assert (view["last"], view["flag"]) == ("x", False)

    def test_getters_take_what_fits(self, metadata: Metadata) -> None:
        view = metadata.with_overrides(
            {
                "id": 4_294_967_295,
                "zero": 0,
                "words": ["a", "b\0c", ""],
                "mixed": [1, 2.5],
                "whole": [0, 255],
                "none": [],
            }
        )
        assert view.u32("id") == 4_294_967_295
        assert view.u32("zero") == 0
        words = view.strings("words")
        assert words is not None
        assert list(words) == [b"a", b"b", b""]
        assert view["words"] == ["a", "b", ""]
        mixed = view.numbers("mixed", ValueType.INT32, ValueType.FLOAT32)
        assert mixed is not None
        assert mixed.dtype == np.float32
        assert mixed.tolist() == [1.0, 2.5]
        assert not mixed.flags.writeable
        whole = view.numbers("whole", ValueType.INT8, ValueType.INT32)
        assert whole is not None
        assert whole.dtype == np.int32
        assert view.raw_bytes("whole") == b"\0\xff"
        empty = view.strings("none")
        assert empty is not None
        assert len(empty) == 0

    @pytest.mark.parametrize(
        ("getter", "value"),
        [
            ("u32", -1),
            ("u32", 1 << 32),
            ("u32", True),
            ("u32", 1.0),
            ("u32", "1"),
            ("u16", 1 << 16),
            ("flag", 1),
            ("flag", "true"),
            ("text", 1),
            ("text", ["a"]),
            ("strings", "a"),
            ("strings", [1]),
            ("raw_bytes", [256, -1]),
            ("raw_bytes", ["a"]),
            ("raw_bytes", 1),
        ],
    )
    def test_getters_refuse_what_does_not_fit(self, metadata: Metadata, getter: str, value: Any) -> None:
        view = metadata.with_overrides({"k": value})
        with pytest.raises(GGUFError, match="expected") as caught:
            getattr(view, getter)("k")
        assert caught.value.key == "k"

    def test_numbers_out_of_range(self, metadata: Metadata) -> None:
        view = metadata.with_overrides({"k": [1 << 40], "wide": [10**400], "deep": [1e300]})
        with pytest.raises(GGUFError, match="a list of INT32"):
            view.numbers("k", ValueType.INT32, ValueType.BOOL)
        with pytest.raises(GGUFError, match="a list of FLOAT32"):
            view.numbers("wide", ValueType.FLOAT32)
        deep = view.numbers("deep", ValueType.FLOAT32)
        assert deep is not None
        assert deep.tolist() == [math.inf]

    @pytest.mark.parametrize("value", [b"bytes", {"a": 1}, [1, "a"], [True], [b"a"], (1, 2), object()])
    def test_other_types_are_type_errors(self, metadata: Metadata, value: Any) -> None:
        with pytest.raises(TypeError, match="'k'"):
            metadata.with_overrides({"k": value})
        with pytest.raises(TypeError, match="a key is a str"):
            metadata.with_overrides({1: "a"})  # type: ignore[dict-item]

    def test_a_str_without_utf8_is_refused(self, metadata: Metadata) -> None:
        with pytest.raises(GGUFError, match="no UTF-8"):
            metadata.with_overrides({"k": "\ud800"})
        assert metadata.with_overrides({"k": "\udcff"}).text("k") == b"\xff"

    def test_the_callers_list_is_copied(self, metadata: Metadata) -> None:
        words = ["a"]
        view = metadata.with_overrides({"k": words})
        words.append("b")
        assert view["k"] == ["a"]


def test_arrays_nobody_asks_for_take_no_memory(tmp_path: Path) -> None:
    """An array of empty strings is as large as an index of it."""
    path = tmp_path / "strings.gguf"
    path.write_bytes(dumps([(f"other.{i}", ValueType.ARRAY, (ValueType.STRING, [b""] * 300_000)) for i in range(4)]))
    tracemalloc.start()
    try:
        with Metadata.from_file(path) as metadata:
            assert len(metadata) == 4
            assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
