"""Files, and what becomes of them after loading; streams are in test_gguf_streams.py."""

from __future__ import annotations

import io
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from shimmytok.errors import GGUFError, ModelNotFoundError
from shimmytok.gguf import Metadata, ValueType


@pytest.fixture
def path(large: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "model.gguf"
    path.write_bytes(large + b"tensors")
    return path


def test_a_file_can_be_read_before_and_after_close(path: Path, check_large: Any) -> None:
    with Metadata.from_file(path) as metadata:
        check_large(metadata)
    check_large(metadata)
    metadata.close()
    check_large(metadata)


def test_bytes_and_readers_after_close(large: bytes, check_large: Any) -> None:
    for metadata in (Metadata.from_bytes(large), Metadata.from_reader(io.BytesIO(large))):
        metadata.close()
        check_large(metadata)


def test_close_lets_go_of_the_mapping(path: Path) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("reads /proc")

    def is_mapped() -> bool:
        return str(path) in Path("/proc/self/maps").read_text()

    metadata = Metadata.from_file(path)
    strings = metadata.strings("words")
    numbers = metadata.numbers("numbers", ValueType.INT32)
    assert numbers is not None
    assert is_mapped()
    metadata.close()
    assert is_mapped()  # the strings lie in it
    del strings
    assert not is_mapped()
    assert numbers.sum() == sum(range(20_000))


def test_views_with_overrides_share_the_file(path: Path) -> None:
    metadata = Metadata.from_file(path)
    view = metadata.with_overrides({"few": None})
    metadata.close()
    assert view["numbers"] == list(range(20_000))
    assert "few" not in view


@pytest.mark.parametrize("change", ["grow", "cut", "touch", "replace"])
def test_a_changed_file_is_refused(path: Path, change: str) -> None:
    metadata = Metadata.from_file(path)
    metadata.close()
    if change == "grow":
        with path.open("ab") as file:
            file.write(b"x")
    elif change == "cut":
        os.truncate(path, 100)
    elif change == "touch":
        os.utime(path, ns=(1, 1))
    else:
        other = path.with_suffix(".new")
        other.write_bytes(path.read_bytes())
        status = path.stat()
        os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
        other.replace(path)
    for key in ("numbers", "words", "nested"):
        with pytest.raises(GGUFError, match="the file changed") as caught:
            metadata[key]
        assert (caught.value.path, caught.value.key) == (str(path), key)
        assert caught.value.offset is not None
    assert metadata["template"] == "t" * 100_000
    assert metadata["few"] == [97, 98, 99]


def test_a_file_changed_behind_our_back_is_not_trusted(path: Path, either_raw: Any) -> None:
    metadata = Metadata.from_file(path)
    metadata.close()
    status = path.stat()
    data = bytearray(path.read_bytes())
    at = data.index(either_raw.string(b"w7"))
    data[at : at + 8] = b"\xff" * 8
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(GGUFError, match="string 7 does not fit") as caught:
        metadata["words"]
    assert caught.value.offset == at


def test_a_removed_file_is_refused(path: Path) -> None:
    metadata = Metadata.from_file(path)
    metadata.close()
    path.unlink()
    with pytest.raises(GGUFError, match="cannot be read again"):
        metadata["numbers"]


def test_the_working_directory_may_change(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, check_large: Any
) -> None:
    monkeypatch.chdir(path.parent)
    metadata = Metadata.from_file(path.name)
    metadata.close()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    check_large(metadata)
    assert metadata.source == path.name


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    for missing in (tmp_path / "none.gguf", tmp_path / "none" / "x.gguf"):
        with pytest.raises(ModelNotFoundError, match=missing.name) as caught:
            Metadata.from_file(missing)
        assert str(missing) in str(caught.value)
    with pytest.raises(ModelNotFoundError):
        Metadata.from_file("nul\0in.gguf")
    with pytest.raises(GGUFError, match="directory"):
        Metadata.from_file(tmp_path)
    empty = tmp_path / "empty.gguf"
    empty.touch()
    with pytest.raises(GGUFError, match="the file is empty"):
        Metadata.from_file(empty)
    with pytest.raises(ModelNotFoundError):
        Metadata.from_file(empty / "x.gguf")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(GGUFError, match="not a regular file"):
            Metadata.from_file(tmp_path / "pipe")


def test_a_16_gib_file_costs_its_key_section_only(path: Path, check_large: Any) -> None:
    size = 16 << 30
    try:
        os.truncate(path, size)
    except OSError as error:
        pytest.skip(f"no sparse files here: {error}")
    started = time.thread_time()
    metadata = Metadata.from_file(path)
    check_large(metadata)
    metadata.close()
    check_large(metadata)
    assert time.thread_time() - started < 3


def test_threads_read_while_one_closes(path: Path) -> None:
    metadata = Metadata.from_file(path)
    failures: list[BaseException] = []

    def read() -> None:
        try:
            for _ in range(20):
                assert metadata["few"] == [97, 98, 99]
                assert len(metadata.strings("words") or ()) == 20_000
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    metadata.close()
    for thread in threads:
        thread.join()
    assert not failures
