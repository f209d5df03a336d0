"""Where the bytes of a key section come from, during loading and after it.

`FileSource` maps the file while the tokenizer is being built, and reads again what is asked for later;
`MemorySource` keeps what it was given. Neither knows what the bytes mean.
"""

from __future__ import annotations

import io
import mmap
import os
import stat
from collections.abc import Iterable
from typing import Protocol

from shimmytok.arguments import wrong_type
from shimmytok.errors import GGUFError, ModelNotFoundError
from shimmytok.gguf.header import Entry, KeySection
from shimmytok.gguf.limits import Limits

MOST_MORE = 2
"""`bytes` that are so many times as large as the key section are let go of by `close`."""

FIRST_CHUNK = 64 << 10
"""Bytes first read from a stream; later steps are this much and a quarter of what has been read."""


class Reader(Protocol):
    """What a key section is read from."""

    def read(self, size: int, /) -> bytes | None:
        """Up to so many bytes; none at the end."""


class Source(Protocol):
    """Gives the payload of an entry."""

    path: str

    def payload(self, key: str, entry: Entry) -> memoryview:
        """The bytes of the entry's payload."""

    def close(self, kept: Iterable[Entry]) -> None:
        """Let go of the file, or of memory that is not one's own, with the payloads of these entries in memory."""


class MemorySource:
    """The bytes of a key section, in memory: its own after `close`, and before that if they are said to be."""

    def __init__(self, path: str, data: memoryview, *, own: bool = False):
        self.path = path
        self._data = data
        self._own = own

    def payload(self, key: str, entry: Entry) -> memoryview:
        return self._data[entry.offset : entry.offset + entry.size]

    def close(self, kept: Iterable[Entry]) -> None:
        owner = self._data.obj
        if not self._own and not (isinstance(owner, bytes) and len(owner) <= MOST_MORE * len(self._data)):
            self._data = memoryview(bytes(self._data))


class FileSource:
    """A file that is mapped until `close`, and then read only where and when it is asked for."""

    def __init__(self, path: str, limits: Limits):
        self.path = path
        self._absolute = os.path.abspath(path)  # for later, when the working directory may be another
        self._kept: dict[int, bytes] = {}
        self._mapping: memoryview | None = memoryview(b"")
        if "\0" in path:
            raise ModelNotFoundError(f"there is no file {path!r}")
        try:
            self._check_regular(os.stat(path))  # before it is opened: opening a pipe waits for a writer
            with open(path, "rb", buffering=0) as file:
                status = os.fstat(file.fileno())
                self._check_regular(status)
                mapped = min(status.st_size, limits.max_header_bytes)
                if mapped:
                    self._mapping = memoryview(mmap.mmap(file.fileno(), mapped, access=mmap.ACCESS_READ))
        except (FileNotFoundError, NotADirectoryError):
            raise ModelNotFoundError(f"there is no file {path!r}") from None
        self.size = status.st_size
        self._identity = _identity(status)

    def _check_regular(self, status: os.stat_result) -> None:
        mode = status.st_mode
        if stat.S_ISDIR(mode):
            raise GGUFError("this is a directory", path=self.path)
        if not stat.S_ISREG(mode):
            raise GGUFError("this is not a regular file; a stream can be read with from_reader", path=self.path)

    @property
    def mapped(self) -> memoryview:
        """The first bytes of the file; none after `close`."""
        return memoryview(b"") if self._mapping is None else self._mapping

    def payload(self, key: str, entry: Entry) -> memoryview:
        mapping = self._mapping  # one read: another thread may close meanwhile
        if mapping is not None:
            return mapping[entry.offset : entry.offset + entry.size]
        kept = self._kept.get(entry.offset) if entry.size else b""
        return memoryview(self._read_again(key, entry) if kept is None else kept)

    def close(self, kept: Iterable[Entry]) -> None:
        mapping = self._mapping
        if mapping is None:
            return
        self._kept = {entry.offset: bytes(mapping[entry.offset : entry.offset + entry.size]) for entry in kept}
        # Whoever still holds a slice of the mapping keeps it alive; the last one to go unmaps it.
        self._mapping = None

    def _read_again(self, key: str, entry: Entry) -> bytearray:
        """Read a payload from the file; a mapping would kill the process if the file had been cut."""
        payload = bytearray()
        try:
            with open(self._absolute, "rb", buffering=0) as file:
                if _identity(os.fstat(file.fileno())) == self._identity:
                    file.seek(entry.offset)
                    while len(payload) < entry.size and (chunk := file.read(entry.size - len(payload))):
                        payload += chunk
        except OSError as error:
            problem = f"the file cannot be read again: {error}"
            raise GGUFError(problem, path=self.path, key=key, offset=entry.offset) from error
        if len(payload) < entry.size:
            raise GGUFError("the file changed after it was loaded", path=self.path, key=key, offset=entry.offset)
        return payload


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def read_section(file: Reader, section: KeySection) -> MemorySource:
    """Read as much of a stream as its key section needs, and index it."""
    if isinstance(file, io.TextIOBase) or not callable(getattr(file, "read", None)):
        raise wrong_type(file, "a file that is open in binary mode, or another object with read")
    read = bytearray()
    wanted = FIRST_CHUNK
    at_end = False
    while True:
        wanted = min(wanted, section.limits.max_header_bytes)
        while len(read) < wanted and not at_end:
            chunk = file.read(wanted - len(read))
            if chunk is None:
                raise GGUFError("the reader has no bytes yet, and does not block", path=section.path, offset=len(read))
            try:
                read += chunk
            except TypeError:
                raise TypeError(f"expected bytes of the reader, not {type(chunk).__name__}") from None
            at_end = not chunk
        # Released by hand: `read` cannot grow while there is a view of it.
        with memoryview(read) as view:
            needed = section.scan(view, len(read) if at_end else None)
        if not needed:
            break
        wanted = max(needed, len(read) + len(read) // 4 + FIRST_CHUNK)
    del read[section.end :]
    return MemorySource(section.path, memoryview(read), own=True)
