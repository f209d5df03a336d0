"""What is wrong with a wheel: what is in it that nobody needs, what is not that somebody does."""

from __future__ import annotations

import posixpath
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path

from . import extension
from .findings import ROOT, Finding

__all__ = ["findings"]

# Where the tree and the interpreter lie, unless that is where it lies everywhere.
HERE = tuple(path.encode() for path in {str(ROOT), sys.prefix, sys.base_prefix} - {"/usr", "/usr/local"})

MAX_BYTES = 4 * 1024 * 1024
WANTED = re.compile(r".*\.(py|pyi|so|pyd)|.*/py\.typed|.*/data/[^/]*\.(gguf|bin)")
INFO = re.compile(r"METADATA|WHEEL|RECORD|entry_points\.txt|top_level\.txt|licenses/.*|sboms/.*")
# linux_x86_64 names no C library; it is what a build without auditwheel gives, and PyPI refuses it.
TAG = re.compile(r"cp3\d+-cp3\d+t?-(manylinux.*|musllinux.*|macosx.*|win_amd64|win_arm64)")


def findings(path: Path, root: Path = ROOT) -> Iterator[Finding]:
    """All that is wrong with one."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        faults = [*_file_faults(path), *_name_faults(names), *_missing(names, root), *_metadata_faults(archive)]
        for name in names:
            if name.endswith(".so") and "linux" in path.name:
                found = extension.faults(archive.read(name), HERE)
                faults += [f"{name} {what}" for what in found]
    return (Finding(path.name, what) for what in faults)


def _file_faults(path: Path) -> Iterator[str]:
    if path.stat().st_size > MAX_BYTES:
        yield f"has {path.stat().st_size:,} bytes, more than {MAX_BYTES:,}"
    tag = path.stem.split("-", 2)[-1]
    if not TAG.fullmatch(tag):
        yield f"is tagged {tag}, which no index takes or no user has"


def _name_faults(names: list[str]) -> Iterator[str]:
    for name, n_times in Counter(names).items():
        if n_times > 1:
            yield f"has {name} {n_times} times"
        folder, _, inside = name.partition("/")
        wanted = INFO if folder.endswith(".dist-info") else WANTED
        if folder != "shimmytok" and wanted is WANTED:
            yield f"has {name}, which is outside the package"
        elif not wanted.fullmatch(inside if wanted is INFO else name):
            yield f"has {name}, which nobody needs at run time"


def _missing(names: list[str], root: Path) -> Iterator[str]:
    """Files of the source tree that it lacks: modules, stubs, data and one library for each .pyx."""
    stems = {
        posixpath.dirname(name) + "/" + posixpath.basename(name).split(".")[0]
        for name in names
        if name.endswith((".so", ".pyd"))
    }
    package = root / "shimmytok"
    for source in sorted(package.rglob("*")):
        name = source.relative_to(root).as_posix()
        if source.suffix == ".pyx" and name.removesuffix(".pyx") not in stems:
            yield f"lacks the library of {name}"
        elif WANTED.fullmatch(name) and source.suffix not in (".so", ".pyd") and name not in names:
            yield f"lacks {name}"
    if "shimmytok/_cyutility" not in stems:
        yield "lacks the library that the others share"


def _metadata_faults(archive: zipfile.ZipFile) -> Iterator[str]:
    """The licences, and what the file `WHEEL` says of purity."""
    info = {name.partition("/")[2]: name for name in archive.namelist() if ".dist-info/" in name}
    for name in ("METADATA", "WHEEL", "RECORD", "licenses/LICENSE", "licenses/NOTICE"):
        if name not in info:
            yield f"lacks {name} in its .dist-info"
    if "WHEEL" in info:
        wheel = Parser().parsestr(archive.read(info["WHEEL"]).decode())
        if wheel["Root-Is-Purelib"] != "false":
            yield "calls itself pure Python"
