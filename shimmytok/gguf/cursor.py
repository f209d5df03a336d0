"""Cursor: the one place where bytes of a file are read, every read checked against what is there.

Knows integers, strings and counts; knows no key. Must refuse where `gguf_reader::read` of llama.cpp's
ggml/src/gguf.cpp refuses.
"""

from __future__ import annotations

import struct
from typing import NoReturn

from shimmytok.errors import GGUFError, LimitError
from shimmytok.gguf.keys import ValueType
from shimmytok.gguf.limits import Limits

FORMATS = {
    ValueType.UINT8: "B",
    ValueType.INT8: "b",
    ValueType.UINT16: "H",
    ValueType.INT16: "h",
    ValueType.UINT32: "I",
    ValueType.INT32: "i",
    ValueType.FLOAT32: "f",
    ValueType.BOOL: "?",
    ValueType.UINT64: "Q",
    ValueType.INT64: "q",
    ValueType.FLOAT64: "d",
}
"""The struct format of each scalar type."""

ITEM_BYTES = {scalar: struct.calcsize("<" + code) for scalar, code in FORMATS.items()}
"""The size of each scalar type."""

VALUE_TYPES = {int(value_type): value_type for value_type in ValueType}

SHOWN_KEY = 200  # characters of a key in a message; a hostile key can have millions


class MoreBytes(Exception):
    """The data end too early, but their source may have more; `size` bytes are needed from its start."""

    def __init__(self, size: int):
        super().__init__(size)
        self.size = size


class Cursor:
    """A position in `data`.

    `total` is the size of the whole source if that is known, else None; `data` are its first bytes. `base` is where
    `data` start in the file, for messages.
    """

    def __init__(
        self,
        data: memoryview,
        total: int | None,
        *,
        path: str,
        limits: Limits,
        position: int = 0,
        base: int = 0,
        big_endian: bool = False,
    ):
        self.data = data
        self.total = total
        self.path = path
        self.limits = limits
        self.position = position
        self.base = base
        self.key: str | None = None
        self.order = ">" if big_endian else "<"

    @property
    def big_endian(self) -> bool:
        return self.order == ">"

    def refuse(self, problem: str, *, back: int = 0) -> NoReturn:
        """Raise a `GGUFError` about the byte `back` bytes before the position."""
        key = self.key if self.key is None or len(self.key) <= SHOWN_KEY else self.key[:SHOWN_KEY] + "..."
        raise GGUFError(problem, path=self.path, key=key, offset=self.base + self.position - back)

    def refuse_limit(self, name: str, amount: int, what: str) -> NoReturn:
        """Raise a `LimitError` about `amount`, which is more than the limit `name` allows."""
        key = "" if self.key is None else f", key {self.key[:SHOWN_KEY]!r}"
        where = f"{self.path}{key}, byte {self.base + self.position}"
        raise LimitError(f"{where}: {what}: {amount} is more than the limit {name} = {getattr(self.limits, name)}")

    def need(self, size: int, what: str) -> None:
        """Make sure that `size` bytes follow the position."""
        if size <= len(self.data) - self.position:
            return
        if self.total is not None and size > self.total - self.position:
            self.refuse(f"{what} takes {size} bytes, and {max(self.total - self.position, 0)} are left")
        if size > self.limits.max_header_bytes - self.position:
            self.refuse_limit("max_header_bytes", self.position + size, what)
        raise MoreBytes(self.position + size)

    def check_count(self, count: int, item_bytes: int, limit: str, what: str) -> None:
        """Make sure that `count` items of at least `item_bytes` each can be there, and are allowed."""
        if self.total is not None and count * item_bytes > self.total - self.position:
            left = max(self.total - self.position, 0)
            self.refuse(f"{what}: {count} of at least {item_bytes} bytes each, and {left} are left")
        if count > getattr(self.limits, limit):
            self.refuse_limit(limit, count, what)

    def scalar(self, value_type: ValueType, what: str) -> int | float | bool:
        """The scalar at the position."""
        size = ITEM_BYTES[value_type]
        self.need(size, what)
        value: int | float | bool = struct.unpack_from(self.order + FORMATS[value_type], self.data, self.position)[0]
        self.position += size
        return value

    def u64(self, what: str) -> int:
        """The unsigned 64-bit integer at the position."""
        return int(self.scalar(ValueType.UINT64, what))

    def value_type(self, what: str) -> ValueType:
        """The value type at the position."""
        number = int(self.scalar(ValueType.UINT32, what))
        found = VALUE_TYPES.get(number)
        if found is None:
            self.refuse(f"{what} is {number}, which is none of the 13 known", back=4)
        return found

    def need_string(self, length: int, what: str) -> None:
        """Make sure that the `length` bytes of a string follow the position, and are allowed."""
        is_there = self.total is None or length <= self.total - self.position
        if is_there and length > self.limits.max_string_bytes:
            self.refuse_limit("max_string_bytes", length, what)
        self.need(length, what)

    def string(self, what: str) -> memoryview:
        """The bytes of the string at the position, NULs included."""
        length = self.u64(f"the length of {what}")
        self.need_string(length, what)
        self.position += length
        return self.data[self.position - length : self.position]
