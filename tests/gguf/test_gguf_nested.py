"""Arrays inside arrays: walked and decoded without recursion, refused when hostile."""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmytok.errors import GGUFError, LimitError
from shimmytok.gguf import Limits, Metadata, ValueType

nested_lists = st.recursive(
    st.one_of(
        st.lists(st.integers(-(1 << 31), (1 << 31) - 1), max_size=4).map(lambda items: (ValueType.INT32, items)),
        st.lists(st.text("aé\0", max_size=3), max_size=4).map(lambda items: (ValueType.STRING, items)),
        st.lists(st.booleans(), max_size=4).map(lambda items: (ValueType.BOOL, items)),
    ),
    lambda inner: st.lists(inner, max_size=4).map(lambda items: (ValueType.ARRAY, items)),
    max_leaves=20,
)


def encode(raw: Any, node: tuple[ValueType, list[Any]]) -> bytes:
    element, items = node
    if element is ValueType.ARRAY:
        payload = b"".join(encode(raw, item) for item in items)
    elif element is ValueType.STRING:
        payload = raw.strings(*(item.encode() for item in items))
    else:
        payload = b"".join(raw.number("i" if element is ValueType.INT32 else "?", item) for item in items)
    return bytes(raw.array(element, len(items), payload))


def plain(node: tuple[ValueType, list[Any]]) -> list[Any]:
    element, items = node
    if element is ValueType.ARRAY:
        return [plain(item) for item in items]
    return [item.split("\0")[0] for item in items] if element is ValueType.STRING else items


@given(node=nested_lists)
def test_nested_lists_come_back(either_raw: Any, node: tuple[ValueType, list[Any]]) -> None:
    data = either_raw.file(
        either_raw.entry(b"a", ValueType.ARRAY, encode(either_raw, node)), either_raw.text(b"z", b"end")
    )
    assert dict(Metadata.from_bytes(data)) == {"a": plain(node), "z": "end"}


@given(node=nested_lists, data=st.data())
def test_damaged_nested_lists(raw: Any, node: tuple[ValueType, list[Any]], data: st.DataObject) -> None:
    damaged = bytearray(raw.file(raw.entry(b"a", ValueType.ARRAY, encode(raw, node))))
    at = data.draw(st.integers(24, len(damaged) - 1))
    damaged[at] ^= data.draw(st.integers(1, 255))
    try:
        dict(Metadata.from_bytes(bytes(damaged)))
    except (GGUFError, LimitError) as error:
        assert "<bytes>" in str(error)


@pytest.mark.parametrize("count", [1, 2, (1 << 64) - 1])
def test_a_million_levels_are_refused_at_once(either_raw: Any, count: int) -> None:
    level = either_raw.number("I", ValueType.ARRAY) + either_raw.number("Q", count)
    data = either_raw.file(either_raw.entry(b"deep", ValueType.ARRAY, level * 1_000_000))
    started = time.thread_time()
    tracemalloc.start()
    with pytest.raises(GGUFError) as caught:
        Metadata.from_bytes(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.key == "deep"
    assert peak < 1 << 20
    assert time.thread_time() - started < 2


def test_deep_but_sound_nesting_loads(raw: Any) -> None:
    value = raw.array(ValueType.STRING, 1, raw.string(b"core"))
    for _ in range(60):
        value = raw.array(ValueType.ARRAY, 1, value)
    found = Metadata.from_bytes(raw.file(raw.entry(b"deep", ValueType.ARRAY, value)))["deep"]
    for _ in range(60):
        (found,) = found
    assert found == ["core"]


def test_a_million_empty_arrays_are_quick(raw: Any) -> None:
    empty = raw.array(ValueType.UINT8, 0, b"")
    data = raw.file(raw.list_of(b"wide", ValueType.ARRAY, 1_000_000, empty * 1_000_000))
    started = time.thread_time()
    metadata = Metadata.from_bytes(data)
    assert time.thread_time() - started < 2
    assert metadata.value_type("wide") == (ValueType.ARRAY, ValueType.ARRAY)


def test_items_of_all_levels_count(raw: Any) -> None:
    inner = raw.array(ValueType.UINT8, 40, bytes(40))
    data = raw.file(raw.list_of(b"wide", ValueType.ARRAY, 3, inner * 3))
    assert Metadata.from_bytes(data, limits=Limits(max_array_items=123))["wide"] == [[0] * 40] * 3
    with pytest.raises(LimitError, match=r"key 'wide'.*123 is more than the limit max_array_items = 122"):
        Metadata.from_bytes(data, limits=Limits(max_array_items=122))


def test_types_and_lengths_inside_are_named(raw: Any) -> None:
    bad_type = raw.array(ValueType.UINT8, 1, b"\0") + raw.array(77, 1, b"\0")
    with pytest.raises(GGUFError, match=r"item 1: .* is 77, ") as caught:
        Metadata.from_bytes(raw.file(raw.list_of(b"k", ValueType.ARRAY, 2, bad_type)))
    assert caught.value.offset == 24 + 9 + 4 + 12 + 13
    long_string = raw.array(ValueType.STRING, 1, raw.string(b"x" * 9))
    with pytest.raises(LimitError, match="max_string_bytes = 8"):
        Metadata.from_bytes(
            raw.file(raw.list_of(b"k", ValueType.ARRAY, 1, long_string)), limits=Limits(max_string_bytes=8)
        )
    cut_string = raw.array(ValueType.STRING, 1, raw.number("Q", 9) + b"x")
    with pytest.raises(GGUFError, match="item 0 takes 17 bytes, and 9 are left"):
        Metadata.from_bytes(raw.file(raw.list_of(b"k", ValueType.ARRAY, 1, cut_string)))
