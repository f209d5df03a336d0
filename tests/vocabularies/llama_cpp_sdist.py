"""llama.cpp's own vocabulary files, out of the source distribution of llama-cpp-python, fetched once with pip.

The distribution and every file are pinned by SHA-256.  They go to the user's cache; SHIMMYTOK_TEST_FETCH=0 turns
fetching off.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .places import cache_folder, write_once

RELEASE = "0.3.36"
REQUIREMENT = f"llama-cpp-python=={RELEASE}"
SDIST = f"llama_cpp_python-{RELEASE}.tar.gz"
SDIST_SHA256 = "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e"
MEMBER = f"llama_cpp_python-{RELEASE}/vendor/llama.cpp/models/ggml-vocab-{{name}}.gguf"
TIMEOUT_SECONDS = 900

FILES = {
    "baichuan": "4f5b955697f3bd3108070b1d5936c7eb9fc542b81c6932e59abddec75bca1963",
    "bert-bge": "fbcbe22278fb302694d5f4a41bfe48c5f90e8e3554eab1c0435387dff654a854",
    "command-r": "a2f8cfea952ef7c391a6d92a1c309d0bd32e36384d9b9230569a7425732f27d9",
    "deepseek-coder": "91cb1379f2e33af1c4866b194622b7a0e12e8f0c9dba7ba2f10d55978730bec1",
    "deepseek-llm": "867f77537b54565f0d81d508c04edc41aa1d4ffc1a92745f225b4c1b02755f76",
    "falcon": "9f0bf8b0733680398b72e652e90f260f43782f326e75545fc0e49611a5ba35ad",
    "gemma-4": "58b1ba0b57f3b4d7c468ba4ffd91ad85190346a3d7ad7e71d1cabaae8a14bb65",
    "gpt-2": "cedc56ca6e2e89f63e781696d1fd76b4b1d49e6720dee86463e915f6e90016ac",
    "gpt-neox": "ae593a7f9b8bb174ed4f5019e41530463e4dac7aa06e42dee8aa650d2bdac53d",
    "llama-bpe": "97272e430d53bc7688f52d5e0ad8ea8f163ede9f1bbd1694feaa504797d5d96e",
    "llama-spm": "16c3724582d59aa8bf84711894e833f916ee46a31d80e21312759c48bf8d0e69",
    "mpt": "59dc382612866d1fc6c11ea531318d327598f3412d9c8f8600607cdf3030898f",
    "nomic-bert-moe": "90a6746926454784a98389ad36a36d89bc9cfc81db9cb0f33c941bcc959fe5f9",
    "phi-3": "967d7190d11c4842eab697079d98d56c2116e10eb617be355a2733bfc132e326",
    "qwen2": "44c2f46b715f585c6ab513970e8a006bfa5badd6108560054921cf598d154d8c",
    "qwen35": "63ed952ff338996cf0bdf24a7b10015124273f75c6dc9bb427356aa3f67ec62c",
    "refact": "ac3ceda902fed91ccf74312b305d9b86c37e4f8e35fa9cc6ef3ce34fca7d4678",
    "starcoder": "fedb892b4e1bd3c1f2fcdae356440b14fb458f4264d586e5c987ed93df4e174d",
}


class FetchError(LookupError):
    """A file that could not be fetched; the message says why."""


def vocabulary(name: str) -> Path:
    """The path of a fetched vocabulary, checked against its SHA-256; fetches all of them on first use."""
    if name not in FILES:
        raise FetchError(f"{name} is not among llama.cpp's own vocabulary files")
    path = _target(name)
    if not _is_whole(path, FILES[name]):
        problem = _fetch()
        if problem:
            raise FetchError(problem)
    return path


def _target(name: str) -> Path:
    return cache_folder(f"llama_cpp_python-{RELEASE}") / f"{name}.gguf"


def _is_whole(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


@functools.cache  # one attempt a run: an offline machine waits once
def _fetch() -> str:
    """Downloads and unpacks every file; what went wrong, or "" when nothing did."""
    if os.environ.get("SHIMMYTOK_TEST_FETCH", "1") == "0":
        return "SHIMMYTOK_TEST_FETCH=0 forbids fetching llama.cpp's own"
    with _one_at_a_time(), tempfile.TemporaryDirectory(prefix="shimmytok-tests-") as folder:
        if all(_is_whole(_target(name), sha256) for name, sha256 in FILES.items()):
            return ""  # another process fetched them meanwhile
        return _download(Path(folder)) or _unpack(Path(folder) / SDIST)


def _download(folder: Path) -> str:
    options = ["--quiet", "--no-deps", "--no-input", "--disable-pip-version-check", "--retries", "1", "--timeout", "30"]
    command = [sys.executable, "-m", "pip", "download", *options, "--no-binary", "llama-cpp-python", REQUIREMENT]
    try:
        done = subprocess.run([*command, "-d", str(folder)], capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        return f"pip did not fetch {REQUIREMENT} within {TIMEOUT_SECONDS} s"
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.lstrip().startswith("ERROR")] or [done.stderr]
        return f"pip could not fetch {REQUIREMENT}: {lines[-1].strip()}"
    return ""


def _unpack(sdist: Path) -> str:
    if not _is_whole(sdist, SDIST_SHA256):
        return f"{SDIST} as fetched is not the pinned one (SHA-256 differs)"
    wanted = {MEMBER.format(name=name): name for name in FILES}
    with tarfile.open(sdist) as archive:
        for member in archive:
            name = wanted.pop(member.name, None)
            if name is None:
                continue
            content = archive.extractfile(member).read()
            if hashlib.sha256(content).hexdigest() != FILES[name]:
                return f"{member.name} in {SDIST} is not the pinned one (SHA-256 differs)"
            _target(name).unlink(missing_ok=True)
            write_once(_target(name), lambda content=content: content)
    return f"{SDIST} lacks {', '.join(wanted)}" if wanted else ""


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Holds a lock between processes where the system has one; elsewhere two may fetch the same files twice."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with open(cache_folder(f"llama_cpp_python-{RELEASE}") / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
