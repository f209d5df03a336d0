"""Damaged and hostile files: every refusal is a GGUFError that names the place, and costs next to nothing."""

from __future__ import annotations

import contextlib
import io
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shimmytok.errors import GGUFError, LimitError
from shimmytok.gguf import Limits, Metadata, ValueType

HUGE = (1 << 64) - 1


def load_whole(data: bytes) -> dict[str, Any]:
    """All that a caller can ask of a file."""
    metadata = Metadata.from_bytes(data)
    for key in metadata:
        for getter in (metadata.text, metadata.u32, metadata.flag, metadata.strings, metadata.raw_bytes):
            try:
                getter(key)
            except GGUFError as error:
                assert error.key == key
    return dict(metadata)


def test_the_small_file_loads(small: bytes, small_values: dict[str, object]) -> None:
    assert load_whole(small) == small_values


def test_truncation_at_every_byte(small: bytes, tmp_path: Any) -> None:
    path = tmp_path / "cut.gguf"
    for size in range(len(small)):
        cut = small[:size]
        path.write_bytes(cut)
        readers = (
            Metadata.from_bytes,
            lambda data: Metadata.from_reader(io.BytesIO(data)),
            lambda _: Metadata.from_file(path),
        )
        for read in readers:
            with pytest.raises(GGUFError) as caught:
                read(cut)
            assert caught.value.offset is not None
            assert caught.value.offset <= size


def test_what_follows_the_key_section_does_not_matter(small: bytes, small_values: dict[str, object]) -> None:
    assert load_whole(small + b"\xff" * 100) == small_values


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_random_damage_raises_nothing_else(small: bytes, data: st.DataObject) -> None:
    damaged = bytearray(small)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        if data.draw(st.booleans()):
            damaged[at] ^= data.draw(st.integers(1, 255))
        else:
            width = data.draw(st.sampled_from([1, 2, 4, 8]))
            damaged[at : at + width] = data.draw(st.sampled_from([b"\0", b"\xff", b"\x7f", b"\x80"])) * width
    read = []
    for load in (load_whole, lambda raw: dict(Metadata.from_reader(io.BytesIO(raw)))):
        try:
            read.append(repr(load(bytes(damaged))))
        except (GGUFError, LimitError) as error:
            assert "<bytes>" in str(error) or "<reader>" in str(error)
            read.append(type(error).__name__)
    # A stream does not know its end, so that it may meet a limit where a file is known to be cut.
    assert read[0] == read[1] or set(read) == {"GGUFError", "LimitError"}


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_after_the_magic(data: bytes) -> None:
    for start in (b"", b"GGUF\3\0\0\0", b"GGUF\0\0\0\2", b"GGUF\3\0\0\0" + bytes(8) + b"\5" + bytes(7)):
        with contextlib.suppress(GGUFError, LimitError):
            load_whole(start + data)


def refusals() -> list[tuple[str, Any, str, str | None, int]]:
    """(name, makes the file, what the message says, its key, its offset)"""
    text, array = ValueType.STRING, ValueType.ARRAY
    first = 24 + 8 + 1 + 4  # the payload of the first entry, if its key has one byte
    items = first + 4 + 8
    return [
        ("empty", lambda raw: b"", "empty", None, 0),
        ("magic", lambda raw: b"GGML" + raw.file()[4:], "magic", None, 0),
        ("version 1", lambda raw: raw.file(version=1), "version 1 ", None, 4),
        ("version 4", lambda raw: raw.file(version=4), "version 4 ", None, 4),
        ("version 0", lambda raw: raw.file(version=0), "version 0 ", None, 4),
        ("tensors", lambda raw: raw.file(tensors=-1), "tensors is -1", None, 8),
        ("keys", lambda raw: raw.file(count=-1), "keys is -1", None, 16),
        ("more keys than there are", lambda raw: raw.file(raw.u32(b"k", 1), count=2), "2 of at least", None, 24),
        ("many keys", lambda raw: raw.file(count=1 << 62), "keys", None, 24),
        ("empty key", lambda raw: raw.file(raw.u32(b"", 1)), "empty", "", 24),
        ("key twice", lambda raw: raw.file(raw.u32(b"k", 1), raw.text(b"k", b"")), "twice", "k", 24 + 17),
        ("long key", lambda raw: raw.file(raw.number("Q", HUGE) + bytes(20)), "a key takes", None, 32),
        ("type", lambda raw: raw.file(raw.entry(b"k", 13, bytes(8))), "type is 13", "k", 33),
        (
            "long string",
            lambda raw: raw.file(raw.entry(b"k", text, raw.number("Q", HUGE))),
            "value takes",
            "k",
            first + 8,
        ),
        ("item type", lambda raw: raw.file(raw.list_of(b"k", 99, 0, b"")), "items is 99", "k", first),
        ("items", lambda raw: raw.file(raw.list_of(b"k", 4, 1 << 61, bytes(8))), "items: 23", "k", items),
        ("many strings", lambda raw: raw.file(raw.list_of(b"k", text, HUGE, bytes(8))), "items", "k", items),
        ("many arrays", lambda raw: raw.file(raw.list_of(b"k", array, HUGE, bytes(12))), "items", "k", items),
        (
            "string in an array",
            lambda raw: raw.file(raw.list_of(b"k", text, 2, raw.string(b"ab") + raw.number("Q", 5) + b"abcd")),
            "item 1 takes 13 bytes",
            "k",
            items + 10,
        ),
        (
            "huge string in an array",
            lambda raw: raw.file(raw.list_of(b"k", text, 1, raw.number("Q", HUGE))),
            "item 0 takes",
            "k",
            items + 8,
        ),
        ("cut scalar", lambda raw: raw.file(raw.entry(b"k", ValueType.UINT64, bytes(7))), "value takes 8", "k", first),
        (
            "alignment type",
            lambda raw: raw.file(raw.text(b"general.alignment", b"1234")),
            "UINT32",
            "general.alignment",
            61,
        ),
        ("alignment", lambda raw: raw.file(raw.u32(b"general.alignment", 24)), "power of two", "general.alignment", 53),
        (
            "alignment 0",
            lambda raw: raw.file(raw.u32(b"general.alignment", 0)),
            "power of two",
            "general.alignment",
            53,
        ),
    ]


@pytest.mark.parametrize(("make", "problem", "key", "offset"), [pytest.param(*r[1:], id=r[0]) for r in refusals()])
def test_refusal_names_the_place(either_raw: Any, make: Any, problem: str, key: str | None, offset: int) -> None:
    data = make(either_raw)
    started = time.thread_time()
    tracemalloc.start()
    with pytest.raises(GGUFError) as caught:
        Metadata.from_bytes(data, name="model.gguf")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert problem in caught.value.problem
    assert (caught.value.path, caught.value.key, caught.value.offset) == ("model.gguf", key, offset)
    assert str(caught.value).startswith("model.gguf")
    assert peak < 1 << 20
    assert time.thread_time() - started < 2


def test_a_hostile_key_does_not_fill_the_message(raw: Any) -> None:
    with pytest.raises(GGUFError) as caught:
        Metadata.from_bytes(raw.file(raw.entry(b"k" * 100_000, 77, b"")))
    assert len(str(caught.value)) < 1000


def test_keys_are_told_apart_by_all_bytes_and_found_by_the_c_string(raw: Any) -> None:
    data = raw.file(raw.u32(b"k\0a", 1), raw.u32(b"k", 2), raw.u32(b"k\0b", 3), raw.u32(b"\0", 4))
    assert dict(Metadata.from_bytes(data)) == {"k": 1, "": 4}
    with pytest.raises(GGUFError, match="twice"):
        Metadata.from_bytes(raw.file(raw.u32(b"k\0a", 1), raw.u32(b"k\0a", 1)))


def test_keys_need_not_be_utf8(raw: Any) -> None:
    metadata = Metadata.from_bytes(raw.file(raw.u32(b"\xff", 1), raw.text(b"t", b"\xfe\0\xff")))
    assert metadata["\udcff"] == 1
    assert metadata["t"] == "\udcfe"
    assert metadata.text("t") == b"\xfe"


def test_limits_name_themselves(raw: Any) -> None:
    strings = raw.list_of(b"strings", ValueType.STRING, 3, raw.strings(b"abc", b"abcdef", b""))
    cases = {
        "max_keys = 1": (Limits(max_keys=1), raw.file(raw.u32(b"a", 1), raw.u32(b"b", 1))),
        "max_array_items = 2": (Limits(max_array_items=2), raw.file(strings)),
        "max_string_bytes = 5": (Limits(max_string_bytes=5), raw.file(raw.text(b"a", b"abcdef"))),
        "max_string_bytes = 10": (Limits(max_string_bytes=10), raw.file(raw.u32(b"a" * 11, 1))),
        "max_header_bytes = 50": (Limits(max_header_bytes=50), raw.file(strings)),
        "max_header_bytes = 3": (Limits(max_header_bytes=3), raw.file()),
    }
    for text, (limits, data) in cases.items():
        for read in (Metadata.from_bytes, lambda data, limits: Metadata.from_reader(io.BytesIO(data), limits=limits)):
            with pytest.raises(LimitError, match=text) as caught:
                read(data, limits=limits)
            assert "byte" in str(caught.value)
    with pytest.raises(LimitError, match=r"key 'strings'.*item 1.*max_string_bytes = 7"):
        wide = raw.list_of(b"strings", ValueType.STRING, 2, raw.strings(b"abc", b"x" * 8))
        Metadata.from_bytes(raw.file(wide), limits=Limits(max_string_bytes=7))
    Metadata.from_bytes(raw.file(strings), limits=Limits(max_keys=1, max_array_items=3, max_string_bytes=7))


@pytest.mark.parametrize("value", [-1, 1 << 63, 1.5, None])
def test_a_limit_is_a_number_of_things(value: Any) -> None:
    with pytest.raises(ValueError, match="max_keys"):
        Limits(max_keys=value)


def test_a_file_larger_than_its_limit_is_not_read_beyond_it(small: bytes, tmp_path: Any) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(small)
    for size in range(len(small)):
        with pytest.raises(LimitError, match="max_header_bytes"):
            Metadata.from_file(path, limits=Limits(max_header_bytes=size))
    assert len(Metadata.from_file(path, limits=Limits(max_header_bytes=len(small)))) == 9


def test_as_many_keys_as_are_allowed_load_fast(raw: Any) -> None:
    limits = Limits()
    data = raw.file(*(raw.u32(b"%d" % i, i) for i in range(limits.max_keys)))
    started = time.thread_time()
    metadata = Metadata.from_bytes(data)
    assert time.thread_time() - started < 10
    assert len(metadata) == limits.max_keys
    assert metadata.u32("65535") == 65535
