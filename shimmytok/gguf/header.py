"""KeySection: the index of a GGUF file's key section, made in one pass that decodes no value.

Tensors, and what is said about them, are never read. Must accept the key sections that `gguf_init_from_reader` of
llama.cpp's ggml/src/gguf.cpp accepts and, but for big-endian files and arrays of arrays, no others.
"""

from __future__ import annotations

from typing import NamedTuple

from shimmytok.gguf import _walk, keys
from shimmytok.gguf._strings import StringArray
from shimmytok.gguf.cursor import ITEM_BYTES, Cursor, MoreBytes
from shimmytok.gguf.keys import ValueType
from shimmytok.gguf.limits import Limits, checked

MAGIC = b"GGUF"
VERSIONS = (2, 3)

INDEXED = frozenset({keys.TOKENS, keys.MERGES})
KEY_BYTES = 14  # the least that a key costs: a length, one byte, a type and a one-byte value
STRING_BYTES = 8
ARRAY_BYTES = 12


class Entry(NamedTuple):
    """Where a value lies in the file."""

    type: ValueType
    offset: int
    """Of the payload: a scalar, the bytes of a string, the items of an array."""
    size: int
    """Of the payload, in bytes."""
    length: int = 1
    """The number of items of an array."""
    element: ValueType | None = None
    """The type of an array's items."""

    @property
    def type_name(self) -> str:
        """The type in words, as messages have it."""
        return self.type.name if self.element is None else f"ARRAY of {self.element.name}"


def c_string(raw: bytes | memoryview) -> bytes:
    """The bytes before the first NUL.

    >>> c_string(b"cut" + bytes(1) + b"here")
    b'cut'
    """
    return bytes(raw).split(b"\0", 1)[0]


class KeySection:
    """The index of the key section of the file `path`; empty until `scan` is called."""

    def __init__(self, path: str, limits: Limits | None):
        self.path = path
        self.limits = checked(limits)
        self.version = 0
        self.big_endian = False
        self.entries: dict[str, Entry] = {}
        self.end = 0  # the first byte after the last key that was read
        self.indexes: dict[int, StringArray] = {}  # of arrays that were walked over and will be asked for, by offset
        self._left: int | None = None  # keys still to be read, once their number is known
        self._seen: set[bytes] = set()
        self._walked = (0, 0, 0)  # of an array of strings that was not complete: offset, strings walked, their end

    def cursor(self, data: memoryview, total: int | None, *, position: int = 0, base: int = 0) -> Cursor:
        """A cursor that knows this file's name, limits and byte order."""
        return Cursor(
            data,
            total,
            path=self.path,
            limits=self.limits,
            position=position,
            base=base,
            big_endian=self.big_endian,
        )

    def scan(self, data: memoryview, total: int | None) -> int:
        """Index the keys that are wholly in `data`, the first bytes of a file of `total` bytes (None: not known).

        Gives 0 when the section is complete, else the number of bytes that `data` must have for the next step; that
        happens only when `total` is None. A next call goes on at the first key that was not complete.
        """
        cursor = self.cursor(data, total, position=self.end)
        try:
            if self._left is None:
                self._left = self._read_start(cursor)
                self.end = cursor.position
            while self._left:
                self._read_key(cursor)
                self._left -= 1
                self.end = cursor.position
        except MoreBytes as more:
            return more.size
        self._check_alignment(data)
        return 0

    def _read_start(self, cursor: Cursor) -> int:
        """Read what stands before the first key; gives the number of keys."""
        if cursor.total == 0:
            cursor.refuse("the file is empty")
        cursor.need(len(MAGIC), "the magic")
        magic = bytes(cursor.data[: len(MAGIC)])
        if magic != MAGIC:
            cursor.refuse(f"the magic is {magic!r}, not {MAGIC!r}")
        cursor.position = len(MAGIC)
        version = int(cursor.scalar(ValueType.UINT32, "the version"))
        swapped = int.from_bytes(version.to_bytes(4, "little"), "big")
        self.big_endian = swapped in VERSIONS
        if not self.big_endian and version not in VERSIONS:
            cursor.refuse(f"GGUF version {min(version, swapped)} is not supported, versions 2 and 3 are", back=4)
        self.version = swapped if self.big_endian else version
        cursor.order = ">" if self.big_endian else "<"
        tensors = int(cursor.scalar(ValueType.INT64, "the number of tensors"))
        if tensors < 0:
            cursor.refuse(f"the number of tensors is {tensors}", back=8)
        count = int(cursor.scalar(ValueType.INT64, "the number of keys"))
        if count < 0:
            cursor.refuse(f"the number of keys is {count}", back=8)
        cursor.check_count(count, KEY_BYTES, "max_keys", "keys")
        return count

    def _read_key(self, cursor: Cursor) -> None:
        cursor.key = None
        start = cursor.position
        raw = bytes(cursor.string("a key"))
        # The reference tells keys apart by all their bytes, but finds them by the bytes before the first NUL.
        name = c_string(raw).decode("utf-8", "surrogateescape")
        cursor.key = name
        if not raw:
            cursor.refuse("the key is empty", back=cursor.position - start)
        if raw in self._seen:
            cursor.refuse("the key is there twice", back=cursor.position - start)
        value_type = cursor.value_type("the value's type")
        if value_type is ValueType.ARRAY:
            element = cursor.value_type("the type of the array's items")
            count = cursor.u64("the array's length")
            offset = cursor.position
            self._skip_array(cursor, element, count)
            entry = Entry(value_type, offset, cursor.position - offset, count, element)
        elif value_type is ValueType.STRING:
            size = len(cursor.string("the value"))
            entry = Entry(value_type, cursor.position - size, size)
        else:
            size = ITEM_BYTES[value_type]
            cursor.need(size, "the value")
            entry = Entry(value_type, cursor.position, size)
            cursor.position += size
        self._seen.add(raw)
        self.entries.setdefault(name, entry)

    def _skip_array(self, cursor: Cursor, element: ValueType, count: int) -> None:
        """Move the cursor over the items of an array."""
        limits = self.limits
        item_bytes = ITEM_BYTES.get(element, STRING_BYTES if element is ValueType.STRING else ARRAY_BYTES)
        cursor.check_count(count, item_bytes, "max_array_items", "items")
        cursor.need(count * item_bytes, "an array")
        if element in ITEM_BYTES:
            cursor.position += count * item_bytes
            return
        if element is ValueType.STRING:
            offset = cursor.position
            # What the caller may change is looked at again when it is asked for. Only what every tokenizer asks for is
            # kept: an index takes as much memory as a file of empty strings.
            unchanging = cursor.total is not None and cursor.data.readonly
            if cursor.key in INDEXED and unchanging and self._index_strings(cursor, count):
                return
            walked, position = self._walked[1:] if self._walked[0] == offset else (0, offset)
            problem, position, amount, item = _walk.skip_strings(
                cursor.data, position, count - walked, cursor.big_endian, limits.max_string_bytes
            )
            item += walked
            # A stream goes on here, lest its length be paid for once for each step.
            self._walked = (offset, item, position)
        else:
            problem, position, amount, item = _walk.skip_arrays(
                cursor.data, cursor.position, count, cursor.big_endian, limits.max_array_items, limits.max_string_bytes
            )
        cursor.position = position
        if problem:
            self._refuse_item(cursor, problem, amount, f"item {item}")

    def _index_strings(self, cursor: Cursor, count: int) -> bool:
        """Move the cursor over an array of strings that is as it should be, keeping its index."""
        indexed = StringArray.index_first(
            cursor.data,
            cursor.position,
            count,
            big_endian=cursor.big_endian,
            max_string_bytes=self.limits.max_string_bytes,
        )
        if indexed is None:
            return False
        self.indexes[cursor.position], cursor.position = indexed
        return True

    @staticmethod
    def _refuse_item(cursor: Cursor, problem: int, amount: int, what: str) -> None:
        if problem == _walk.SHORT:
            cursor.need(amount, what)
        elif problem == _walk.LONG_STRING:
            cursor.position += STRING_BYTES
            cursor.need_string(amount, what)
        elif problem == _walk.MANY_ITEMS:
            cursor.refuse_limit("max_array_items", amount, "the items of the arrays inside it")
        elif problem == _walk.TOO_DEEP:
            cursor.refuse(f"{what}: more than {amount} arrays inside each other")
        cursor.refuse(f"{what}: the type of the array's items is {amount}, which is none of the 13 known")

    def _check_alignment(self, data: memoryview) -> None:
        """Refuse what the reference refuses, although only tensors are aligned."""
        entry = self.entries.get(keys.ALIGNMENT)
        if entry is None:
            return
        cursor = self.cursor(data, len(data), position=entry.offset)
        cursor.key = keys.ALIGNMENT
        if entry.type is not ValueType.UINT32:
            cursor.refuse(f"expected UINT32, found {entry.type_name}")
        alignment = int(cursor.scalar(ValueType.UINT32, "the value"))
        if alignment == 0 or alignment & (alignment - 1):
            cursor.refuse(f"the alignment {alignment} is not a power of two", back=4)
