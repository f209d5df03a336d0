"""llama.cpp behind a pipe: requests go to a worker process, which is started again when it dies.

Must ask for exactly what compare.py asks of the library: llama_tokenize and llama_detokenize in their four modes.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import math
import os
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from .worker import LENGTH, MODES, REFUSED

WORKER = Path(__file__).with_name("worker.py")
WATCH_SECONDS = 0.2
NAMES = ("libllama.so", "libllama.dylib", "llama.dll")


class ReferenceRefuses(Exception):
    """llama.cpp, or the system, cannot load the library or the vocabulary."""


class ReferenceDied(Exception):
    """llama.cpp aborted, crashed or took too long over a request; `how`: the signal's name, "timeout" or ""."""

    def __init__(self, message: str, how: str = ""):
        super().__init__(message)
        self.how = how


def find_library() -> Path:
    """libllama in an installed llama_cpp package; ReferenceRefuses when there is none."""
    found = importlib.util.find_spec("llama_cpp")
    for folder in (found.submodule_search_locations or []) if found else []:
        for name in NAMES:
            if (path := Path(folder) / "lib" / name).exists():
                return path
    raise ReferenceRefuses("no llama_cpp package is installed here: give the path of libllama with --lib")


class Reference:
    """One vocabulary in llama.cpp.  Ask with `encode` or `decode`, or send first and collect later.

    `timeout`: seconds after which a request counts as a death.
    """

    def __init__(self, library: Path, gguf: Path, timeout: float = 20.0):
        self._command = [sys.executable, str(WORKER), str(library), str(gguf)]
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._messages: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115
        self._timed_out = False
        self._deadline = math.inf
        self._closed = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def start(self) -> None:
        """Load the vocabulary, unless that is done; ReferenceRefuses where llama.cpp does not."""
        if self._process is not None:
            return
        self._messages.seek(0)
        self._messages.truncate()
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._messages,
            env={**os.environ, "GGML_NO_BACKTRACE": "1"},  # a debugger would take a second over each abort
        )
        try:
            with self._watched():
                self._read(len(b"ready"))
        except ReferenceDied as death:
            raise ReferenceRefuses(str(death)) from None

    def send_text(self, text: bytes) -> None:
        self._send(b"E", text)

    def send_ids(self, ids: Sequence[int]) -> None:
        self._send(b"D", struct.pack(f"<{len(ids)}i", *ids))

    def collect_ids(self) -> list[tuple[int, ...] | None]:
        """The ids in each mode for the text sent; None where llama_tokenize gave an error, or -1 among the ids."""
        unpacked = [None if raw is None else struct.unpack(f"<{len(raw) // 4}i", raw) for raw in self.collect_texts()]
        return [None if ids is None or min(ids, default=0) < 0 else ids for ids in unpacked]

    def ask_ids(self, text: bytes, mode: int) -> tuple[int, ...]:
        """The ids in the mode of this number; ReferenceDied where llama_tokenize gave an error, too."""
        self._send(b"%d" % mode, text)
        raw = self._collect_one()
        return struct.unpack(f"<{len(raw) // 4}i", raw)

    def ask_facts(self) -> dict[str, Any]:
        """What llama.h tells of the vocabulary."""
        self._send(b"M", b"")
        facts: dict[str, Any] = json.loads(self._collect_one())
        return facts

    def ask_tokens(self, first: int, end: int) -> bytes:
        """Rows of the token table, as worker.py packs them."""
        self._send(b"T", struct.pack("<2i", first, end))
        return self._collect_one()

    def _collect_one(self) -> bytes:
        (part,) = self.collect_texts(1)
        if part is None:
            raise ReferenceDied("an error code")
        return part

    def collect_texts(self, n: int = len(MODES)) -> list[bytes | None]:
        """The text in each mode for the ids sent."""
        answers: list[bytes | None] = []
        with self._watched():
            for _ in range(n):
                (size,) = LENGTH.unpack(self._read(LENGTH.size))
                answers.append(None if size == REFUSED else self._read(size))
        return answers

    def close(self) -> None:
        """End the worker."""
        self._closed.set()
        self._end()
        self._messages.close()

    def __enter__(self) -> Reference:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _send(self, kind: bytes, payload: bytes) -> None:
        self.start()
        pipe = self._process.stdin if self._process else None
        if pipe is None:
            raise ReferenceDied("the worker is not running")
        try:
            pipe.write(kind + LENGTH.pack(len(payload)) + payload)
            pipe.flush()
        except OSError:
            raise self._death() from None

    def _read(self, size: int) -> bytes:
        process = self._process
        if process is None or process.stdout is None:
            raise ReferenceDied("the worker is not running")
        data = process.stdout.read(size)
        if len(data) < size:
            raise self._death()
        return data

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """Within, a worker that takes too long is killed."""
        self._deadline = time.monotonic() + self._timeout
        try:
            yield
        finally:
            self._deadline = math.inf

    def _watch(self) -> None:
        # One thread for all requests: starting one for each would take longer than most answers.
        while not self._closed.wait(WATCH_SECONDS):
            process = self._process
            if process is not None and time.monotonic() > self._deadline:
                self._timed_out = True
                process.kill()

    def _death(self) -> ReferenceDied:
        code = self._end()
        self._messages.seek(0)
        said = self._messages.read().decode("utf-8", "replace").strip().splitlines()
        why = f"no answer in {self._timeout:g} s" if self._timed_out else f"exit status {code}"
        signals = {-number: number.name for number in signal.Signals}
        how = "timeout" if self._timed_out else signals.get(code or 0, "")
        self._timed_out = False
        telling = [line for line in said if "GGML_ASSERT" in line or "what()" in line or "refuses" in line] or said[-1:]
        return ReferenceDied(": ".join([why, *telling[:1]]), how)

    def _end(self) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was not yet written goes with it
                    pipe.close()
        if self._timed_out:
            process.kill()
        try:
            return process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()
