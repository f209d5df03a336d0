"""The writer: what it writes is read back by this reader and by gguf.GGUFReader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gguf
from shimmytok.errors import GGUFError
from shimmytok.gguf import Metadata, ValueType
from shimmytok.gguf._strings import StringArray
from shimmytok.gguf.writer import dumps

INTEGERS = [value_type for value_type in ValueType if "INT" in value_type.name]


def bounds(value_type: ValueType) -> tuple[int, int]:
    info = np.iinfo(value_type.name.lower())
    return int(info.min), int(info.max)


words = st.text(max_size=5).map(lambda text: text.replace("\0", ""))
values = st.one_of(
    *(
        st.one_of(
            st.integers(*bounds(value_type)).map(lambda value, t=value_type: (t, value)),
            st.lists(st.integers(*bounds(value_type)), max_size=5).map(
                lambda items, t=value_type: (ValueType.ARRAY, (t, items))
            ),
        )
        for value_type in INTEGERS
    ),
    st.booleans().map(lambda value: (ValueType.BOOL, value)),
    words.map(lambda value: (ValueType.STRING, value)),
    st.floats(width=32, allow_nan=False).map(lambda value: (ValueType.FLOAT32, value)),
    st.floats(allow_nan=False).map(lambda value: (ValueType.FLOAT64, value)),
    st.lists(st.booleans()).map(lambda items: (ValueType.ARRAY, (ValueType.BOOL, items))),
    st.lists(words).map(lambda items: (ValueType.ARRAY, (ValueType.STRING, items))),
    st.lists(st.floats(allow_nan=False)).map(lambda items: (ValueType.ARRAY, (ValueType.FLOAT64, items))),
)


@given(st.dictionaries(words.filter(bool), values, max_size=8))
def test_round_trip(entries: dict[str, tuple[ValueType, Any]]) -> None:
    data = dumps([(key, value_type, value) for key, (value_type, value) in entries.items()])
    metadata = Metadata.from_bytes(data)
    assert (metadata.version, metadata.byte_order) == (3, "little")
    expected = {key: value[1] if kind is ValueType.ARRAY else value for key, (kind, value) in entries.items()}
    assert dict(metadata) == expected
    assert list(metadata) == list(expected)


def test_gguf_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "written.gguf"
    expected = {
        "general.architecture": (ValueType.STRING, b"llama"),
        "id": (ValueType.UINT32, 5),
        "add": (ValueType.BOOL, True),
        "tokens": (ValueType.ARRAY, (ValueType.STRING, [b"a", "ä", b""])),
        "scores": (ValueType.ARRAY, (ValueType.FLOAT32, np.array([0.5, -1], np.float64))),
        "types": (ValueType.ARRAY, (ValueType.INT32, np.arange(3, dtype=">i8"))),
        "charsmap": (ValueType.ARRAY, (ValueType.INT8, [-128, 127])),
    }
    path.write_bytes(dumps([(key, *value) for key, value in expected.items()]))
    fields = gguf.GGUFReader(path).fields
    found = {key: field.contents() for key, field in fields.items() if not key.startswith("GGUF.")}
    assert found == {
        "general.architecture": "llama",
        "id": 5,
        "add": True,
        "tokens": ["a", "ä", ""],
        "scores": [0.5, -1.0],
        "types": [0, 1, 2],
        "charsmap": [-128, 127],
    }


def test_a_real_file_comes_back(gpt2_path: Path) -> None:
    original = Metadata.from_file(gpt2_path)
    entries: list[tuple[str, ValueType, Any]] = []
    for key in original:
        kinds = original.value_type(key)
        assert kinds is not None
        value_type, element = kinds
        if element is None:
            entries.append((key, value_type, original[key]))
        elif element is ValueType.STRING:
            entries.append((key, value_type, (element, original.strings(key) or StringArray())))
        else:
            entries.append((key, value_type, (element, original.numbers(key, element))))
    again = Metadata.from_bytes(dumps(entries))
    assert again == original
    assert [again.value_type(key) for key in again] == [original.value_type(key) for key in original]


@pytest.mark.parametrize(
    ("value_type", "value"),
    [
        (ValueType.UINT8, 256),
        (ValueType.UINT32, -1),
        (ValueType.UINT32, "1"),
        (ValueType.INT32, 1.5),
        (ValueType.FLOAT32, 1e300),
        (ValueType.FLOAT64, None),
        (ValueType.STRING, 1),
        (ValueType.STRING, "\ud800"),
        (ValueType.ARRAY, (ValueType.INT32, [1 << 40])),
        (ValueType.ARRAY, (ValueType.INT32, [1 << 70])),
        (ValueType.ARRAY, (ValueType.INT32, [0.5])),
        (ValueType.ARRAY, (ValueType.INT32, ["1"])),
        (ValueType.ARRAY, (ValueType.INT32, [[1]])),
        (ValueType.ARRAY, (ValueType.INT32, [float("nan")])),
        (ValueType.ARRAY, (ValueType.INT32, np.array([1 << 40]))),
        (ValueType.ARRAY, (ValueType.UINT64, np.array([-1]))),
        (ValueType.ARRAY, (ValueType.FLOAT32, ["1"])),
        (ValueType.ARRAY, (ValueType.FLOAT32, [10**400])),
        (ValueType.ARRAY, (ValueType.INT32, np.array(["1"]))),
        (ValueType.ARRAY, (ValueType.BOOL, [2])),
        (ValueType.ARRAY, (ValueType.STRING, [1])),
        (ValueType.ARRAY, (ValueType.ARRAY, [])),
    ],
)
def test_what_does_not_fit_is_refused(value_type: ValueType, value: Any) -> None:
    with pytest.raises(GGUFError) as caught:
        dumps([("the.key", value_type, value)])
    assert caught.value.key == "the.key"


def test_keys_are_checked() -> None:
    with pytest.raises(GGUFError, match="empty"):
        dumps([("", ValueType.UINT8, 1)])
    with pytest.raises(GGUFError, match="twice"):
        dumps([("a", ValueType.UINT8, 1), ("a", ValueType.UINT8, 1)])
