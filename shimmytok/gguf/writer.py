"""Writes metadata as a GGUF file without tensors: version 3, little-endian.

Reads nothing. The bytes must be such that `gguf_init_from_reader` of llama.cpp's ggml/src/gguf.cpp accepts them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from shimmytok.errors import GGUFError
from shimmytok.gguf._strings import pack_strings
from shimmytok.gguf.cursor import FORMATS
from shimmytok.gguf.header import MAGIC
from shimmytok.gguf.keys import ValueType
from shimmytok.gguf.values import DTYPES

VERSION = 3


def dumps(entries: Sequence[tuple[str, ValueType, Any]]) -> bytes:
    """The bytes of a GGUF file with these entries: (key, type, value).

    The value of a STRING is bytes or str. That of an ARRAY is a pair: the type of its items, and a list or a numpy
    array of numbers, or a sequence of bytes or str. GGUFError for a value that its type cannot hold, and for a key that
    is empty or there twice.

    >>> len(dumps([("a", ValueType.UINT32, 1)]))
    41
    """
    parts = [MAGIC, struct.pack("<IQQ", VERSION, 0, len(entries))]
    seen = set()
    for key, value_type, value in entries:
        raw = _encoded(key, key)
        if not raw or raw in seen:
            raise GGUFError("the key is there twice" if raw else "the key is empty", key=key)
        seen.add(raw)
        parts += [pack_strings([raw]), struct.pack("<I", value_type), _payload(key, value_type, value)]
    return b"".join(parts)


def _encoded(key: str, value: Any) -> bytes:
    if isinstance(value, str):
        try:
            return value.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError as error:
            raise GGUFError(f"this str has no UTF-8: {error}", key=key) from None
    if not isinstance(value, bytes):
        raise GGUFError(f"a string is bytes or str, not {type(value).__name__}", key=key)
    return value


def _payload(key: str, value_type: ValueType, value: Any) -> bytes:
    if value_type is ValueType.STRING:
        return pack_strings([_encoded(key, value)])
    if value_type is not ValueType.ARRAY:
        try:
            return struct.pack("<" + FORMATS[value_type], value)
        except (struct.error, OverflowError) as error:
            raise GGUFError(f"{value!r} is no {value_type.name}: {error}", key=key) from None
    element, items = value
    packed, count = _strings(key, items) if element is ValueType.STRING else _numbers(key, element, items)
    return struct.pack("<IQ", element, count) + packed


def _strings(key: str, items: Iterable[Any]) -> tuple[bytes, int]:
    encoded = [_encoded(key, item) for item in items]
    return pack_strings(encoded), len(encoded)


def _numbers(key: str, element: ValueType, items: Any) -> tuple[bytes, int]:
    """The bytes of an array of numbers, and how many they are."""
    if element not in DTYPES:
        raise GGUFError(f"an array of {element.name} cannot be written", key=key)
    dtype = DTYPES[element]
    problem = f"the items do not fit an array of {element.name}"
    # As objects, since numpy would take a list of 0 and 2**63 for floats.
    array = items if isinstance(items, np.ndarray) else np.array([_number(key, item) for item in items], object)
    if array.ndim != 1 or array.dtype.kind not in "biufO":
        raise GGUFError(problem, key=key)
    try:
        with np.errstate(all="ignore"):
            cast = array.astype(dtype)
    except (ValueError, OverflowError, TypeError) as error:
        raise GGUFError(f"{problem}: {error}", key=key) from None
    # Floats are rounded to what the type holds; integers and flags must be held as they are.
    if dtype.kind != "f" and not np.array_equal(cast, array):
        raise GGUFError(problem, key=key)
    return cast.astype(dtype.newbyteorder("<")).tobytes(), len(array)


def _number(key: str, item: Any) -> Any:
    if not isinstance(item, (int, float, np.number, np.bool_)):
        raise GGUFError(f"an item is no number but {type(item).__name__}", key=key)
    return item
