"""StringArray: where each string lies, cut at its first NUL; checked against slicing in Python."""

from __future__ import annotations

import struct
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmytok.errors import GGUFError
from shimmytok.gguf import Metadata, ValueType
from shimmytok.gguf._strings import StringArray, pack_strings

texts = st.lists(st.one_of(st.binary(max_size=40), st.text("a\0é", max_size=30).map(str.encode)), max_size=30)


def cut(raw: bytes) -> bytes:
    return raw.split(b"\0")[0]


@given(texts)
def test_strings_of_both_byte_orders(strings: list[bytes]) -> None:
    expected = [cut(string) for string in strings]
    for order in "<>":
        payload = b"".join(struct.pack(order + "Q", len(string)) + string for string in strings)
        array = StringArray.index(payload, len(strings), big_endian=order == ">")
        assert list(array) == expected
        assert len(array) == len(expected)
        assert [array[i] for i in range(-len(expected), 0)] == expected
    assert list(StringArray.from_list(strings)) == expected
    assert pack_strings(strings) == b"".join(struct.pack("<Q", len(string)) + string for string in strings)


@pytest.mark.parametrize("length", [*range(35), 63, 64, 65, 1000])
def test_a_nul_at_every_place(length: int) -> None:
    # High bytes and ones beside the NUL are what a word-wise search could take for one.
    for fill in (b"\x01", b"\x80", b"\xff", b"a"):
        strings = [fill * length] + [fill * at + b"\0" + fill * (length - at - 1) for at in range(length)]
        for after in ([], [b"x" * 40]):  # whether a whole word can be read after the last string
            array = StringArray.from_list(strings + after)
            assert list(array) == [cut(string) for string in strings] + after


def test_index_errors() -> None:
    array = StringArray.from_list([b"a", b"b"])
    for i in (2, -3, 1 << 40):
        with pytest.raises(IndexError):
            array[i]
    with pytest.raises(TypeError):
        array["0"]  # type: ignore[index]
    with pytest.raises(TypeError):
        StringArray.from_list(["text"])  # type: ignore[list-item]
    with pytest.raises(TypeError):
        pack_strings([None])  # type: ignore[list-item]
    with pytest.raises(TypeError):
        StringArray.from_list(None)  # type: ignore[arg-type]
    assert list(StringArray()) == []


@given(st.binary(max_size=60), st.one_of(st.integers(0, 8), st.integers(0, (1 << 64) - 1)), st.booleans())
def test_any_payload_is_indexed_or_refused(payload: bytes, count: int, big_endian: bool) -> None:
    try:
        array = StringArray.index(payload, count, big_endian=big_endian, path="p", key="k", offset=100)
    except GGUFError as error:
        assert (error.path, error.key) == ("p", "k")
        assert error.offset is not None
        assert 100 <= error.offset <= 100 + len(payload)
        return
    assert len(array) == count
    order = "big" if big_endian else "little"
    position = 0
    for string in array:
        length = int.from_bytes(payload[position : position + 8], order)
        assert string == cut(payload[position + 8 : position + 8 + length])
        position += 8 + length
    assert position == len(payload)


def test_a_huge_count_allocates_nothing() -> None:
    tracemalloc.start()
    with pytest.raises(GGUFError, match="do not fit"):
        StringArray.index(bytes(64), 1 << 60)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


def test_the_array_keeps_its_bytes() -> None:
    data = bytearray(pack_strings([b"kept"]))
    array = StringArray.index(memoryview(data), 1)
    with pytest.raises(BufferError):
        data.clear()
    assert array[0] == b"kept"
    del array
    data.clear()


def test_only_offsets_are_stored() -> None:
    payload = pack_strings([b"%d" % i for i in range(100_000)])
    tracemalloc.start()
    array = StringArray.index(payload, 100_000)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert 8 * len(array) <= size < 8 * len(array) + 10_000


def test_strings_of_a_real_file(gpt2_path: Any) -> None:
    metadata = Metadata.from_file(gpt2_path)
    merges = metadata.strings("tokenizer.ggml.merges")
    assert merges is not None
    metadata.close()
    assert len(merges) == 50_000  # the array keeps the mapping it lies in
    assert [raw.decode() for raw in merges] == metadata["tokenizer.ggml.merges"]
    found = metadata.value_type("tokenizer.ggml.merges")
    assert found == (ValueType.ARRAY, ValueType.STRING)
