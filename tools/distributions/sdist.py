"""What is wrong with a source distribution: it has to be what git knows, and no more."""

from __future__ import annotations

import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

from .findings import ROOT, Finding

__all__ = ["findings", "tracked"]

MAX_BYTES = 12 * 1024 * 1024
# Written by setuptools, beside what it copies.
MADE = re.compile(r"PKG-INFO|setup\.cfg|shimmytok\.egg-info/.*")
# What a compiler leaves, and beside the package's modules Cython; C elsewhere, as of tests, is source.
BUILT = re.compile(r"shimmytok/.*\.(c|html)|.*\.(so|pyd|o|pyc)")
# For those who have the repository: its services and its own checks.
REPOSITORY_ONLY = re.compile(
    r"\.(ci|github)/.*|\.git(ignore|attributes|-blame-ignore-revs)|\.readthedocs\.ya?ml|\.pre-commit-config\.ya?ml"
)
NEEDED = ("pyproject.toml", "setup.py", "PKG-INFO", "LICENSE", "NOTICE", "shimmytok/version.py", "tests/conftest.py")


def tracked(root: Path = ROOT) -> set[str] | None:
    """The files that git knows and that are there; None where there is no repository."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    if not (root / ".git").exists():
        return None
    done = subprocess.run(command, cwd=root, capture_output=True, check=True)
    return {name for name in done.stdout.decode().split("\0") if name and (root / name).is_file()}


def findings(path: Path, root: Path = ROOT) -> Iterator[Finding]:
    """All that is wrong with one."""
    faults = list(_faults(path, tracked(root)))
    return (Finding(path.name, what) for what in faults)


def _faults(path: Path, known: set[str] | None) -> Iterator[str]:
    if path.stat().st_size > MAX_BYTES:
        yield f"has {path.stat().st_size:,} bytes, more than {MAX_BYTES:,}"
    folder = path.name.removesuffix(".tar.gz") + "/"
    with tarfile.open(path) as archive:
        members = [member for member in archive if not member.isdir()]
    for member in members:
        if not member.name.startswith(folder) or not member.isfile():
            yield f"has {member.name}, which is no file below {folder}"
    names = {member.name.removeprefix(folder) for member in members}
    for name in NEEDED:
        if name not in names:
            yield f"lacks {name}"
    for name in sorted(names):
        if BUILT.fullmatch(name):
            yield f"has {name}, which a build makes"
        elif known is not None and name not in known and not MADE.fullmatch(name):
            yield f"has {name}, which git does not know"
    for name in sorted((known or set()) - names):
        if not REPOSITORY_ONLY.fullmatch(name) and name not in NEEDED:
            yield f"lacks {name}"
