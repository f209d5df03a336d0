"""Streams: read little further than the key section, seekable or not, whatever size of pieces they give."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from shimmytok.errors import GGUFError, LimitError
from shimmytok.gguf import Limits, Metadata, ValueType


class CountingReader:
    """Not seekable, gives at most `step` bytes a call, counts them."""

    def __init__(self, file: BinaryIO, step: int = 1 << 30):
        self.file = file
        self.step = step
        self.bytes_read = 0

    def read(self, size: int) -> bytes:
        assert size > 0
        data = self.file.read(min(size, self.step))
        self.bytes_read += len(data)
        return data


@pytest.mark.parametrize("step", [1 << 30, 10_007])
def test_a_reader_is_read_little_further_than_needed(large: bytes, step: int, check_large: Any) -> None:
    reader = CountingReader(io.BytesIO(large + bytes(10 << 20)), step)
    metadata = Metadata.from_reader(reader)  # type: ignore[arg-type]
    assert metadata.source == "<reader>"
    check_large(metadata)
    assert reader.bytes_read <= len(large) * 1.25 + (128 << 10)


def test_a_reader_gives_byte_by_byte(small: bytes, small_values: dict[str, object]) -> None:
    assert dict(Metadata.from_reader(CountingReader(io.BytesIO(small), 1))) == small_values  # type: ignore[arg-type]


def test_a_reader_equals_a_file_for_the_bundled_vocabulary(gpt2_path: Path) -> None:
    with gpt2_path.open("rb") as file:
        from_reader = Metadata.from_reader(file)
    assert from_reader.source == str(gpt2_path)
    assert from_reader == Metadata.from_file(gpt2_path)


def test_a_pipe_can_be_read(large: bytes, check_large: Any) -> None:
    source, sink = os.pipe()
    with os.fdopen(source, "rb") as file:
        writer = threading.Thread(target=feed, args=(sink, large))
        writer.start()
        metadata = Metadata.from_reader(file)
        writer.join()
    assert metadata.source == "<reader>"
    check_large(metadata)


def feed(sink: int, data: bytes) -> None:
    with os.fdopen(sink, "wb") as file:
        file.write(data)


def test_a_cut_stream_is_refused_where_it_ends(large: bytes) -> None:
    for size in (0, 10, 1000, 100_000, len(large) - 1):
        with pytest.raises(GGUFError) as caught:
            Metadata.from_reader(io.BytesIO(large[:size]))
        assert caught.value.path == "<reader>"
        assert caught.value.offset is not None
        assert caught.value.offset <= size


def test_a_stream_is_not_read_beyond_the_limit(raw: Any) -> None:
    endless = raw.file(raw.entry(b"k", ValueType.ARRAY, raw.array(ValueType.UINT8, 10 << 20, bytes(11 << 20))))
    reader = CountingReader(io.BytesIO(endless))
    with pytest.raises(LimitError, match="max_header_bytes = 300000"):
        Metadata.from_reader(reader, limits=Limits(max_header_bytes=300_000))  # type: ignore[arg-type]
    assert reader.bytes_read <= 300_000


def test_readers_that_are_none() -> None:
    class NotReady(io.RawIOBase):
        def read(self, size: int = -1) -> bytes | None:
            return None

    with pytest.raises(GGUFError, match="does not block"):
        Metadata.from_reader(NotReady())  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Metadata.from_reader(io.StringIO("GGUF"))  # type: ignore[arg-type]


def test_a_reader_of_a_16_gib_file(large: bytes, tmp_path: Path, check_large: Any) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(large)
    try:
        os.truncate(path, 16 << 30)
    except OSError as error:
        pytest.skip(f"no sparse files here: {error}")
    with path.open("rb") as file:
        reader = CountingReader(file)
        check_large(Metadata.from_reader(reader))  # type: ignore[arg-type]
    assert reader.bytes_read < len(large) * 1.25 + (128 << 10)
