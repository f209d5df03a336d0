"""Metadata: the key section of a GGUF file, as a mapping of every key and as typed getters for those a tokenizer reads.

Reads nothing but the key section. The getters must answer as `llama_model_loader::get_key` and the `gguf_get_*`
functions of llama.cpp do (src/llama-model-loader.cpp, ggml/src/gguf.cpp): the exact value type or an error.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeVar

import numpy as np

from shimmytok.errors import GGUFError
from shimmytok.gguf import keys, values
from shimmytok.gguf import overrides as given
from shimmytok.gguf._strings import StringArray
from shimmytok.gguf.header import Entry, KeySection, c_string
from shimmytok.gguf.keys import ValueType
from shimmytok.gguf.limits import Limits
from shimmytok.gguf.overrides import Override
from shimmytok.gguf.source import FileSource, MemorySource, Reader, Source, read_section

_Self = TypeVar("_Self", bound="Metadata")

KEPT_ARRAY_BYTES = 64 << 10
"""Arrays up to this size stay in memory when a file is closed."""


class Metadata(Mapping[str, Any]):
    """The metadata of one GGUF file; make it with `from_file`, `from_bytes` or `from_reader`.

    As a mapping it gives int, float, bool, str and lists. Strings end at their first NUL, as they do for llama.cpp,
    and are decoded as UTF-8 with `surrogateescape`. Where two keys are the same up to a NUL, the first one counts.
    Values are decoded when they are asked for, each time anew.

    >>> from shimmytok.gguf.writer import dumps
    >>> metadata = Metadata.from_bytes(dumps([("general.name", ValueType.STRING, "tiny")]))
    >>> metadata["general.name"], metadata.text("general.name"), metadata.u32("absent")
    ('tiny', b'tiny', None)
    """

    def __init__(self, section: KeySection, source: Source, overridden: Mapping[str, Override | None] | None = None):
        self._section = section
        self._source = source
        self._overridden = {} if overridden is None else dict(overridden)

    @classmethod
    def from_file(cls: type[_Self], path: str | os.PathLike[str], *, limits: Limits | None = None) -> _Self:
        """Index the metadata of a file, which stays mapped until `close`.

        Raises ModelNotFoundError if there is no such file, GGUFError if it is no GGUF file that can be read, LimitError
        if it exceeds `limits`, and OSError as `open` does.
        """
        name = os.fsdecode(path)
        section = KeySection(name, limits)
        source = FileSource(name, section.limits)
        section.scan(source.mapped, source.size)
        return cls(section, source)

    @classmethod
    def from_bytes(cls: type[_Self], data: Any, *, name: str = "<bytes>", limits: Limits | None = None) -> _Self:
        """Index the metadata in `data` (bytes, bytearray, memoryview, mmap), which are kept, not copied.

        `data` are a whole file or its first bytes. Raises GGUFError and LimitError as `from_file` does.
        """
        section = KeySection(name, limits)
        view = memoryview(data)
        try:
            view = view.cast("B")
        except (TypeError, ValueError):  # gaps, a shape with a zero in it, or items that are not plain C types
            view = memoryview(view.tobytes())
        head = view[: section.limits.max_header_bytes]
        section.scan(head, view.nbytes)
        return cls(section, MemorySource(name, head[: section.end]))

    @classmethod
    def from_reader(cls: type[_Self], binary_file: Reader, *, limits: Limits | None = None) -> _Self:
        """Index the metadata of a stream, reading little more than its key section; it need not be seekable.

        Its position afterwards is not defined. Raises GGUFError and LimitError as `from_file` does, and whatever
        `binary_file.read` raises.
        """
        name = getattr(binary_file, "name", None)
        section = KeySection(name if isinstance(name, str) else "<reader>", limits)
        return cls(section, read_section(binary_file, section))

    # The file

    @property
    def source(self) -> str:
        """The path of the file, or the name given for it."""
        return self._section.path

    @property
    def version(self) -> int:
        """The GGUF version, 2 or 3."""
        return self._section.version

    @property
    def byte_order(self) -> Literal["little", "big"]:
        """The byte order of the file."""
        return "big" if self._section.big_endian else "little"

    @property
    def limits(self) -> Limits:
        """How large the file was allowed to be."""
        return self._section.limits

    def close(self) -> None:
        """Let go of the mapping of the file, or of the bytes it was made of; all keys can still be read.

        Of a file scalars, strings and arrays up to 64 KiB are kept in memory. Larger arrays are read from it again when
        they are asked for; GGUFError if it has changed. Of bytes the whole key section is copied, unless they are
        `bytes` with little else in them. Views made by `with_overrides` are closed too.
        """
        self._section.indexes.clear()
        entries = self._section.entries
        self._source.close([entry for key, entry in entries.items() if self._is_kept(key)])

    def _is_kept(self, key: str) -> bool:
        """Does the file have this key, with a value that stays in memory after `close`?"""
        entry = self._section.entries.get(key)
        if entry is None:
            return False
        return entry.type is not ValueType.ARRAY or entry.size <= KEPT_ARRAY_BYTES or key in keys.KEPT

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def with_overrides(self: _Self, overrides: Mapping[str, Override | None]) -> _Self:
        """A view of the same file in which these values replace the file's, and None removes a key.

        A getter takes an override whose Python type fits it, else it raises GGUFError. TypeError for other values.

        >>> from shimmytok.gguf.writer import dumps
        >>> metadata = Metadata.from_bytes(dumps([("a", ValueType.UINT32, 1)]))
        >>> dict(metadata.with_overrides({"a": 2, "b": [0.5]}))
        {'a': 2, 'b': [0.5]}
        """
        return type(self)(self._section, self._source, {**self._overridden, **given.check(overrides)})

    # The mapping

    def __getitem__(self, key: str) -> Any:
        value = self._overridden.get(key)
        if value is not None:
            return given.mapped(value)
        entry = self._entry(key)
        if entry is None:
            raise KeyError(key)
        return values.decode(self._section, key, entry, self._source.payload(key, entry))

    def __contains__(self, key: object) -> bool:
        if key in self._overridden:
            return self._overridden[key] is not None
        return key in self._section.entries

    def __iter__(self) -> Iterator[str]:
        yield from (key for key in self._section.entries if key in self)
        yield from (key for key in self._overridden if key in self and key not in self._section.entries)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<Metadata {self.source!r}: GGUF v{self.version}, {self.byte_order}-endian, {len(self)} keys>"

    # The typed getters: None for a key that is not there, GGUFError for one of another type

    def value_type(self, key: str) -> tuple[ValueType, ValueType | None] | None:
        """The type of the file's value and, for an array, of its items; None if absent or overridden."""
        entry = self._entry(key)
        return None if entry is None else (entry.type, entry.element)

    def text(self, key: str) -> bytes | None:
        """A STRING, up to its first NUL."""
        value = self._overridden.get(key)
        if value is not None:
            return given.text(key, value)
        entry = self._typed(key, ValueType.STRING)
        return None if entry is None else c_string(self._source.payload(key, entry))

    def u32(self, key: str) -> int | None:
        """A UINT32."""
        return self._integer(key, ValueType.UINT32)

    def u16(self, key: str) -> int | None:
        """A UINT16."""
        return self._integer(key, ValueType.UINT16)

    def flag(self, key: str) -> bool | None:
        """A BOOL."""
        value = self._overridden.get(key)
        if value is not None:
            return given.flag(key, value)
        entry = self._typed(key, ValueType.BOOL)
        return None if entry is None else bool(self._source.payload(key, entry)[0])

    def strings(self, key: str) -> StringArray | None:
        """An array of STRING, indexed in place: while it lives, so does the mapping of the file."""
        value = self._overridden.get(key)
        if value is not None:
            return given.strings(key, value)
        entry = self._typed_array(key, ValueType.STRING)
        if entry is None:
            return None
        indexed = self._section.indexes.pop(entry.offset, None)
        if indexed is not None:
            return indexed
        return values.strings(self._section, key, entry, self._source.payload(key, entry))

    def numbers(self, key: str, *types: ValueType) -> np.ndarray[Any, np.dtype[Any]] | None:
        """An array of one of the given scalar types: a read-only copy, of shape [items], in native byte order."""
        if not types or not all(isinstance(item, ValueType) for item in types):
            raise TypeError(f"numbers({key!r}): say which types the items may have, as in ValueType.INT32")
        value = self._overridden.get(key)
        if value is not None:
            return given.numbers(key, value, types)
        entry = self._typed_array(key, *types)
        return None if entry is None else values.numbers(self._section, key, entry, self._source.payload(key, entry))

    def raw_bytes(self, key: str) -> bytes | None:
        """The bytes of an array of UINT8 or INT8."""
        value = self._overridden.get(key)
        if value is not None:
            return given.raw_bytes(key, value)
        entry = self._typed_array(key, ValueType.UINT8, ValueType.INT8)
        return None if entry is None else bytes(self._source.payload(key, entry))

    def _entry(self, key: str) -> Entry | None:
        return None if key in self._overridden else self._section.entries.get(key)

    def _typed(self, key: str, expected: ValueType) -> Entry | None:
        entry = self._entry(key)
        if entry is not None and entry.type is not expected:
            self._refuse_type(key, entry, expected.name)
        return entry

    def _typed_array(self, key: str, *elements: ValueType) -> Entry | None:
        entry = self._entry(key)
        if entry is not None and entry.element not in elements:
            self._refuse_type(key, entry, "ARRAY of " + " or ".join(element.name for element in elements))
        return entry

    def _refuse_type(self, key: str, entry: Entry, expected: str) -> None:
        problem = f"expected {expected}, found {entry.type_name}"
        raise GGUFError(problem, path=self.source, key=key, offset=entry.offset)

    def _integer(self, key: str, value_type: ValueType) -> int | None:
        value = self._overridden.get(key)
        if value is not None:
            return given.integer(key, value, value_type)
        entry = self._typed(key, value_type)
        if entry is None:
            return None
        return int.from_bytes(self._source.payload(key, entry), self.byte_order)
