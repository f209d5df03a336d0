"""The header of a vocabulary-only GGUF file, taken apart into metadata entries and put together again.

Independent of the library on purpose: what the tests feed to the library must not be made by it.
Only files that llama.cpp's converter wrote go through here, so damage is not looked for.
"""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Iterable, Mapping

STRING, ARRAY = 8, 9
FIXED_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
NUMBERS = {"u32": (4, "<I", int), "i32": (5, "<i", int), "f32": (6, "<f", float)}


@dataclasses.dataclass(frozen=True)
class Header:
    """Version and metadata of a file without tensors; an entry is the value's type and bytes, as in the file."""

    version: int
    entries: dict[str, bytes]

    @classmethod
    def parse(cls, content: bytes) -> Header:
        magic, version, tensors, n_entries = struct.unpack_from("<4sIQQ", content)
        if magic != b"GGUF" or version < 2 or tensors:
            raise ValueError(f"no vocabulary-only GGUF file: magic {magic!r}, version {version}, {tensors} tensors")
        entries, at = {}, 24
        for _ in range(n_entries):
            (length,) = struct.unpack_from("<Q", content, at)
            start = at + 8 + length
            key = content[at + 8 : start].decode()
            (kind,) = struct.unpack_from("<I", content, start)
            at = _end_of_value(content, start + 4, kind)
            entries[key] = content[start:at]
        return cls(version, entries)

    def string(self, key: str) -> str | None:
        """The value of a string entry."""
        entry = self.entries.get(key)
        return None if entry is None else entry[12:].decode()

    def changed(self, settings: Mapping[str, str], deleted: Iterable[str] = ()) -> Header:
        """A copy with keys deleted and set ("TYPE:value"); a key that exists keeps its place."""
        kept = {key: entry for key, entry in self.entries.items() if key not in set(deleted)}
        return Header(self.version, kept | {key: encode_value(text) for key, text in settings.items()})

    def to_bytes(self) -> bytes:
        parts = [struct.pack("<4sIQQ", b"GGUF", self.version, 0, len(self.entries))]
        for key, entry in self.entries.items():
            name = key.encode()
            parts += [struct.pack("<Q", len(name)), name, entry]
        return b"".join(parts)


def encode_value(text: str) -> bytes:
    """The bytes of "str:...", "bool:0", "u32:7", "i32:-1", "f32:0.5", or "[i32:1,2" for an array of numbers."""
    kind, value = text.split(":", 1)
    if kind == "str":
        raw = value.encode()
        return struct.pack("<IQ", STRING, len(raw)) + raw
    if kind == "bool":
        return struct.pack("<IB", 7, int(value))
    code, layout, number = NUMBERS[kind.removeprefix("[")]
    if not kind.startswith("["):
        return struct.pack("<I", code) + struct.pack(layout, number(value))
    numbers = [number(part) for part in value.split(",") if part]
    return struct.pack("<IIQ", ARRAY, code, len(numbers)) + b"".join(struct.pack(layout, n) for n in numbers)


def _end_of_value(content: bytes, at: int, kind: int) -> int:
    if kind == STRING:
        return at + 8 + struct.unpack_from("<Q", content, at)[0]
    if kind != ARRAY:
        return at + FIXED_SIZES[kind]
    element, count = struct.unpack_from("<IQ", content, at)
    at += 12
    if element != STRING:
        return at + count * FIXED_SIZES[element]
    length_at = struct.Struct("<Q").unpack_from
    for _ in range(count):
        at += 8 + length_at(content, at)[0]
    return at
