"""Turns the payload of an entry into Python values, numpy arrays or a StringArray.

Payloads were checked when the index was made; they are checked again here, because a file, or a buffer of the
caller's, may have changed since. Knows neither files nor overrides.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from shimmytok.errors import GGUFError
from shimmytok.gguf._strings import StringArray
from shimmytok.gguf.cursor import FORMATS, ITEM_BYTES
from shimmytok.gguf.header import ARRAY_BYTES, STRING_BYTES, Entry, KeySection, c_string
from shimmytok.gguf.keys import ValueType

if TYPE_CHECKING:
    import numpy.typing as npt

DTYPES: dict[ValueType | None, np.dtype[Any]] = {
    ValueType.UINT8: np.dtype(np.uint8),
    ValueType.INT8: np.dtype(np.int8),
    ValueType.UINT16: np.dtype(np.uint16),
    ValueType.INT16: np.dtype(np.int16),
    ValueType.UINT32: np.dtype(np.uint32),
    ValueType.INT32: np.dtype(np.int32),
    ValueType.FLOAT32: np.dtype(np.float32),
    ValueType.BOOL: np.dtype(np.bool_),
    ValueType.UINT64: np.dtype(np.uint64),
    ValueType.INT64: np.dtype(np.int64),
    ValueType.FLOAT64: np.dtype(np.float64),
}
"""The numpy type of each scalar type."""


def text(raw: bytes) -> str:
    """The str of a string of the file; bytes that are not UTF-8 become lone surrogates.

    >>> text(b"caf\\xc3\\xa9 \\xff")
    'café \\udcff'
    """
    return raw.decode("utf-8", "surrogateescape")


def numbers(section: KeySection, key: str, entry: Entry, payload: memoryview) -> npt.NDArray[Any]:
    """A read-only copy of an array of scalars, in native byte order."""
    if entry.element not in DTYPES:
        raise GGUFError(f"{entry.type_name} holds no numbers", path=section.path, key=key, offset=entry.offset)
    dtype = DTYPES[entry.element]
    if not entry.length:
        array = np.empty(0, dtype)
    elif dtype.kind == "b":
        # Any byte that is not zero is true; numpy's own bool would keep the byte.
        array = np.frombuffer(payload, np.uint8) != 0
    else:
        stored = dtype.newbyteorder(">" if section.big_endian else "<")
        array = np.frombuffer(payload, stored).astype(dtype)
    array.flags.writeable = False
    return array


def strings(section: KeySection, key: str, entry: Entry, payload: memoryview) -> StringArray:
    """The index of an array of strings, over the payload itself."""
    return StringArray.index(
        payload, entry.length, big_endian=section.big_endian, path=section.path, key=key, offset=entry.offset
    )


def decode(section: KeySection, key: str, entry: Entry, payload: memoryview) -> Any:
    """The value as int, float, bool, str, or a list of these or of lists."""
    if entry.type is ValueType.STRING:
        return text(c_string(payload))
    if entry.element is None:
        order = ">" if section.big_endian else "<"
        return struct.unpack(order + FORMATS[entry.type], payload)[0]
    if entry.element is ValueType.STRING:
        return [text(raw) for raw in strings(section, key, entry, payload)]
    if entry.element is ValueType.ARRAY:
        return _lists(section, key, entry, payload)
    return numbers(section, key, entry, payload).tolist()


def _lists(section: KeySection, key: str, entry: Entry, payload: memoryview) -> list[Any]:
    """An array of arrays as nested lists, without recursion."""
    cursor = section.cursor(payload, len(payload), base=entry.offset)
    cursor.key = key
    outermost: list[Any] = []
    open_lists = [(outermost, entry.length)]  # with the number of items each will have
    while open_lists:
        items, count = open_lists[-1]
        if len(items) == count:
            open_lists.pop()
            continue
        element = cursor.value_type("the type of the array's items")
        length = cursor.u64("the array's length")
        inner: list[Any] = []
        items.append(inner)
        if element is ValueType.ARRAY:
            cursor.check_count(length, ARRAY_BYTES, "max_array_items", "items")
            open_lists.append((inner, length))
        elif element is ValueType.STRING:
            cursor.check_count(length, STRING_BYTES, "max_array_items", "items")
            inner += [text(c_string(cursor.string("an item"))) for _ in range(length)]
        else:
            cursor.check_count(length, ITEM_BYTES[element], "max_array_items", "items")
            size = length * ITEM_BYTES[element]
            part = Entry(ValueType.ARRAY, entry.offset + cursor.position, size, length, element)
            inner += numbers(section, key, part, payload[cursor.position : cursor.position + size]).tolist()
            cursor.position += size
    return outermost
