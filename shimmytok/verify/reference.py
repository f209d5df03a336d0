"""llama.cpp in a process of its own, started again when it dies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any

from shimmytok.errors import ShimmytokError

TO_LOAD = 300.0  # seconds
TO_ANSWER = 60.0  # seconds

NOT_INSTALLED = "llama-cpp-python is not installed: pip install 'shimmytok[verify]'"
NOT_FOUND = "No module named 'llama_cpp'"  # what Python says then


class Reference:
    """Answers of llama.cpp for one GGUF file; use it as a context.

    lib: the folder of llama.cpp's shared libraries, or one of them; those of llama-cpp-python if None.
    seconds: how long one answer may take.
    Raises ShimmytokError if llama-cpp-python is not installed, or llama.cpp does not load the file.
    """

    def __init__(self, path: str, lib: str | os.PathLike[str] | None = None, seconds: float = TO_ANSWER):
        self._path = path
        # Where llama.cpp aborts it would start a debugger first, for a backtrace that nobody reads.
        self._environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "GGML_NO_BACKTRACE": "1",
        }
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        if lib is not None:
            if not os.path.exists(lib):
                raise ShimmytokError(f"{os.fspath(lib)}: no such file or folder")
            folder = lib if os.path.isdir(lib) else os.path.dirname(os.path.abspath(lib))
            self._environment["LLAMA_CPP_LIB_PATH"] = os.fspath(folder)
        self.version = ""
        self.n_tokens = 0
        self._start()

    def __enter__(self) -> Reference:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def ask(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """The answer to a request (see `answering.answer`); None if llama.cpp died of it, or did not answer in time."""
        if self._process is None:
            self._start()
        answer = self._exchange(json.dumps(request).encode() + b"\n", self._seconds)
        if answer is None:
            self._end()
        return answer

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "shimmytok.verify.answering", self._path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environment,
        )
        greeting = self._exchange(b"", TO_LOAD)
        if greeting is not None and "n_tokens" in greeting:
            self.n_tokens, self.version = greeting["n_tokens"], greeting["version"]
            return
        self._end()
        if greeting is None:
            raise ShimmytokError(f"llama.cpp died while it loaded {self._path}")
        missing = greeting.get("missing")
        if missing is None:
            raise ShimmytokError(greeting["error"])
        raise ShimmytokError(
            NOT_INSTALLED if missing == NOT_FOUND else f"llama-cpp-python cannot be imported: {missing}"
        )

    def _exchange(self, line: bytes, seconds: float) -> dict[str, Any] | None:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return None
        alarm = threading.Timer(seconds, process.kill)
        alarm.start()
        try:
            process.stdin.write(line)
            process.stdin.flush()
            answer: dict[str, Any] = json.loads(process.stdout.readline())
        except (OSError, ValueError):  # no reader any more; nothing, or half a line
            return None
        finally:
            alarm.cancel()
        return answer

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was not yet written cannot be
                    pipe.close()
        process.wait()
