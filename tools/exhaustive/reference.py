"""llama.cpp's unicode_regex_split in a process: compiled from a source tree, asked through a pipe.

Must ask for exactly unicode_regex_split without its byte encoding, as split_server.cpp says.
"""

from __future__ import annotations

import os
import shlex
import struct
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = ["Reference", "ReferenceFails", "compiled"]

SERVER = Path(__file__).with_name("split_server.cpp")
LENGTH = struct.Struct("=I")
BETWEEN_TEXTS = b"\xff"


class ReferenceFails(Exception):
    """The program cannot be compiled, or llama.cpp threw or died over a text."""


def compiled(source: Path, folder: Path) -> Path:
    """The program, made in `folder` with the compiler that CXX names (c++), from llama.cpp's tree `source`."""
    program = folder / "split_server"
    parts = [SERVER, source / "src" / "unicode.cpp", source / "src" / "unicode-data.cpp"]
    missing = [str(part) for part in parts if not part.is_file()]
    if missing:
        raise ReferenceFails(f"no file {', '.join(missing)}")
    compiler = shlex.split(os.environ.get("CXX", "c++"))
    options = ["-O2", "-std=c++17", f"-I{source / 'src'}", "-o", str(program)]
    done = subprocess.run([*compiler, *options, *map(str, parts)], capture_output=True, text=True)
    if done.returncode:
        raise ReferenceFails(f"cannot compile it: {done.stderr[:2000]}")
    return program


class Reference:
    """One list of regexes in llama.cpp; a context."""

    def __init__(self, program: Path, patterns: Sequence[str]):
        self._messages = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            [str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._messages
        )
        encoded = [pattern.encode() for pattern in patterns]
        self._write(LENGTH.pack(len(encoded)), *(LENGTH.pack(len(raw)) + raw for raw in encoded))

    def ends(self, texts: Iterable[bytes], alone: bool = False) -> bytes:
        """The ends of the pieces of each text; `alone`: each by a call of its own, which is some 100 times slower."""
        joined = BETWEEN_TEXTS.join(texts)
        self._write(b"A" if alone else b"T", LENGTH.pack(len(joined)), joined)
        (size,) = LENGTH.unpack(self._read(LENGTH.size))
        return self._read(size)

    def __enter__(self) -> Reference:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._messages.close()

    def _write(self, *parts: bytes) -> None:
        try:
            for part in parts:
                self._process.stdin.write(part)
            self._process.stdin.flush()
        except OSError:
            raise self._failure() from None

    def _read(self, size: int) -> bytes:
        data = self._process.stdout.read(size)
        if len(data) < size:
            raise self._failure()
        return data

    def _failure(self) -> ReferenceFails:
        status = self._process.wait()
        self._messages.seek(0)
        return ReferenceFails(f"exit status {status}: {self._messages.read().decode('utf-8', 'replace').strip()}")
