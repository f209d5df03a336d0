"""What is followed: a source tree of llama.cpp, by itself or out of llama-cpp-python's source distribution."""

from __future__ import annotations

import contextlib
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["NoSource", "Source", "opened"]

COMMIT = re.compile(r"ggml-org/llama\.cpp@([0-9a-f]{7,40})")
VERSION = re.compile(r"^Version: (\S+)$", re.MULTILINE)


class NoSource(Exception):
    """There is no source tree where one is looked for."""


@dataclass(frozen=True)
class Source:
    """llama.cpp's tree; its commit, and release and SHA-256 of the distribution that holds it, as far as known."""

    tree: Path
    commit: str | None = None
    release: str | None = None
    sdist_sha256: str | None = None

    @property
    def vocab(self) -> str:
        return (self.tree / "src" / "llama-vocab.cpp").read_text("utf-8")

    @property
    def unicode(self) -> str:
        return (self.tree / "src" / "unicode.cpp").read_text("utf-8")

    @property
    def unicode_data(self) -> bytes:
        return (self.tree / "src" / "unicode-data.cpp").read_bytes()


@contextlib.contextmanager
def opened(where: str, commit: str | None = None) -> Iterator[Source]:
    """A folder, an archive of llama-cpp-python, or a version of it, which pip fetches; NoSource for anything else."""
    with tempfile.TemporaryDirectory() as folder:
        path, sha256 = Path(where), None
        if re.fullmatch(r"\d+(\.\d+)+", where) and not path.exists():
            path = _fetched(where, Path(folder))
        if path.is_file():
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            path = _unpacked(path, Path(folder))
        if not path.is_dir():
            raise NoSource(f"{where}: no folder, no archive and no version")
        yield _source(path, commit, sha256)


def _source(path: Path, commit: str | None, sha256: str | None) -> Source:
    """The tree in `path`, or under it when that is a distribution, whose change log names the commit."""
    tree, release = path, None
    if (path / "vendor" / "llama.cpp").is_dir():
        tree = path / "vendor" / "llama.cpp"
        found = VERSION.search((path / "PKG-INFO").read_text("utf-8"))
        release = found[1] if found else None
        commits = COMMIT.findall((path / "CHANGELOG.md").read_text("utf-8"))  # the newest first
        commit = commit or (commits[0] if commits else None)
    if not (tree / "src" / "llama-vocab.cpp").is_file():
        raise NoSource(f"{tree}: no src/llama-vocab.cpp in it")
    return Source(tree, commit, release, sha256)


def _fetched(version: str, folder: Path) -> Path:
    options = ["--quiet", "--no-deps", "--no-input", "--disable-pip-version-check", "--no-binary", "llama-cpp-python"]
    command = [sys.executable, "-m", "pip", "download", *options, f"llama-cpp-python=={version}", "-d", str(folder)]
    if subprocess.run(command).returncode:
        raise NoSource(f"pip does not fetch llama-cpp-python {version}")
    return next(folder.glob("*.tar.gz"))


def _unpacked(archive: Path, folder: Path) -> Path:
    with tarfile.open(archive) as members:
        members.extractall(folder / "unpacked", **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    return next((folder / "unpacked").iterdir())
