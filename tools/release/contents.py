"""What a release has to hold: golden files, one word for what is said twice, distributions with nothing wrong."""

from __future__ import annotations

import json
import lzma
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import tomllib

from .versions import version_of

__all__ = ["distribution_faults", "golden_faults", "group_faults", "missing_wheels"]


def golden_faults(root: Path) -> Iterator[str]:
    """Golden files that the index names and that are not there, or are cut short."""
    folder = root / "tests" / "golden"
    index = json.loads((folder / "index.json").read_text("utf-8"))
    names = {entry["file"] for entry in index.values() if entry.get("file")} | {"texts.jsonl.xz"}
    for name in sorted(names):
        try:
            with lzma.open(folder / name) as lines:
                n_lines = sum(1 for _ in lines)
        except FileNotFoundError:
            yield f"tests/golden/{name}: is not there"
        except (lzma.LZMAError, EOFError):
            yield f"tests/golden/{name}: cannot be read"
        else:
            if not n_lines:
                yield f"tests/golden/{name}: is empty"


def group_faults(root: Path) -> Iterator[str]:
    """What pyproject.toml says twice and must say alike: what tests need."""
    content = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    if content["dependency-groups"]["test"] != content["project"]["optional-dependencies"]["test"]:
        yield "pyproject.toml: the extra and the group `test` differ"
    pythons = [line.rpartition(" ")[2] for line in content["project"]["classifiers"] if "Python :: 3." in line]
    built = content["tool"]["cibuildwheel"]["build"].split()
    for version in pythons:
        if f"cp{version.replace('.', '')}-*" not in built:
            yield f"pyproject.toml: no wheels for Python {version}, which a classifier names"


def distribution_faults(root: Path, dist: Path, complete: bool) -> Iterator[str]:
    """What is wrong with built distributions; all wheels of a release have to be there when it is to be complete."""
    from tools.distributions.__main__ import checked

    version = version_of(root)
    paths = sorted(dist.iterdir())
    for path in paths:
        yield from (f"{where}: {what}" for where, what in checked(path))
        if not path.name.startswith((f"shimmytok-{version}-", f"shimmytok-{version}.tar")):
            yield f"{path.name}: is not of version {version}"
    wheels = [path.name for path in paths if path.suffix == ".whl"]
    if f"shimmytok-{version}.tar.gz" not in (path.name for path in paths):
        yield f"{dist}: there is no sdist"
    if not wheels:
        yield f"{dist}: there is no wheel"
    if complete:
        yield from (f"{dist}: there is no wheel {wanted}" for wanted in missing_wheels(root, wheels))


def missing_wheels(root: Path, wheels: list[str]) -> Iterator[str]:
    """The wheels that cibuildwheel is told to build, and that are not there."""
    for platform, archs in (("linux", "x86_64,aarch64"), ("macos", "x86_64,arm64"), ("windows", "AMD64")):
        command = [sys.executable, "-m", "cibuildwheel", "--platform", platform, "--archs", archs]
        done = subprocess.run(
            [*command, "--print-build-identifiers"], cwd=root, check=True, capture_output=True, text=True
        )
        for identifier in done.stdout.split():
            python, _, tag = identifier.partition("-")
            kind, _, architecture = tag.partition("_")
            abi = f"-{python.removesuffix('t')}-{python}-"
            if not any(abi in name and f"{kind}_" in name and architecture in name for name in wheels):
                yield identifier
