"""The places that name the llama.cpp that is followed, set anew: the package's version file and the tests' fetcher."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from .names import FILE
from .source import Source

__all__ = ["mentions", "set_commit", "set_distribution"]

ROOT = Path(__file__).resolve().parents[2]
VERSION_FILE = ROOT / "shimmytok" / "version.py"
FETCHER = ROOT / "tests" / "vocabularies" / "llama_cpp_sdist.py"
TEXTS = ("docs/*.md", "tests/golden/README.md", "README.md")


def set_commit(path: Path, commit: str, release: str | None) -> None:
    """LLAMA_CPP_REF, and the release named in the comment above it."""
    text = _replaced(path.read_text("utf-8"), r'(?m)^LLAMA_CPP_REF = "[^"]*"', f'LLAMA_CPP_REF = "{commit}"')
    if release:
        text = re.sub(r"llama-cpp-python \d+(\.\d+)+", f"llama-cpp-python {release}", text)
    path.write_text(text, "utf-8")


def set_distribution(path: Path, source: Source, names: list[str]) -> None:
    """Release and SHA-256 of the distribution and of each vocabulary file that the tests fetch."""
    text = path.read_text("utf-8")
    text = _replaced(text, r'(?m)^RELEASE = "[^"]*"', f'RELEASE = "{source.release}"')
    text = _replaced(text, r'(?m)^SDIST_SHA256 = "[^"]*"', f'SDIST_SHA256 = "{source.sdist_sha256}"')
    lines = []
    for name in names:
        content = (source.tree / "models" / FILE.format(name)).read_bytes()
        lines.append(f'    "{name}": "{hashlib.sha256(content).hexdigest()}",\n')
    text = _replaced(text, r"(?ms)^FILES = \{\n.*?^\}", "FILES = {\n" + "".join(lines) + "}")
    path.write_text(text, "utf-8")


def mentions(release: str, root: Path = ROOT) -> list[str]:
    """The documents that name a release."""
    paths = sorted(path for pattern in TEXTS for path in root.glob(pattern))
    return [path.relative_to(root).as_posix() for path in paths if release in path.read_text("utf-8")]


def _replaced(text: str, pattern: str, replacement: str) -> str:
    changed, n = re.subn(pattern, lambda _: replacement, text)
    if n != 1:
        raise ValueError(f"{n} places instead of one for {pattern}")
    return changed
