"""Tries a distribution as a user does: installs it where there is nothing else, and tests what is installed."""

from __future__ import annotations

import tarfile
import tempfile
import time
from pathlib import Path

from .machine import Machine

__all__ = ["QUICK", "try_sdist", "try_wheel"]

# Short ones, and together most of the package's code.
QUICK = (
    "test_batch.py",
    "test_cli.py",
    "test_decode.py",
    "test_encode.py",
    "test_first_use.py",
    "test_imports.py",
    "test_loading.py",
    "test_public_api.py",
    "test_serialize.py",
    "test_simd.py",
    "test_golden.py",
)
# What tests read. Not the package's sources: they would be taken for the package.
SUITE = ("tests", "docs", "tools/exhaustive", "tools/fuzz", "tools/golden", "pyproject.toml")
# Tests of what only the tree has.
OF_THE_TREE = ("tests/tools", "tests/benchmarks")
HELLO = " 15496 -> 'Hello'\n   995 -> ' world'\n"


def try_wheel(wheel: Path, sdist: Path, python: str, tests: str) -> None:
    """On a machine without any compiler; nothing may be built there."""
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(Path(folder), python, c_compiler=False)
        machine.run("pip", "install", "-q", "--only-binary", ":all:", f"{wheel.resolve()}[test]")
        _try(machine, wheel.name, sdist, tests)


def try_sdist(sdist: Path, python: str, tests: str) -> None:
    """On a machine with a C compiler and no other; what else a build needs, pip has to bring."""
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(Path(folder), python, c_compiler=True)
        machine.run("pip", "install", "-q", f"{sdist.resolve()}[test]")
        _try(machine, sdist.name, sdist, tests)


def _try(machine: Machine, name: str, sdist: Path, tests: str) -> None:
    start = time.monotonic()
    where = machine.output("python", "-c", "import shimmytok; print(shimmytok.__file__)")
    if not Path(where).is_relative_to(machine.folder / "venv"):
        raise SystemExit(f"{name}: imported from {where}")
    if (said := machine.output("shimmytok", "encode", "-m", "gpt2", "-p", "Hello world")) != HELLO:
        raise SystemExit(f"{name}: shimmytok encode says {said!r}")
    if tests != "none":
        _run_tests(machine, sdist, tests)
    print(
        f"{name} on {machine.output('python', '-VV').strip()}: ok, tests: {tests}, {time.monotonic() - start:.0f} s",
        flush=True,
    )


def _run_tests(machine: Machine, sdist: Path, tests: str) -> None:
    """The tests out of the sdist; of golden files, the committed ones."""
    folder = machine.folder / "suite"
    folder.mkdir()
    with tarfile.open(sdist) as archive:
        members = list(archive)
        for member in members:
            member.name = member.name.partition("/")[2]
        wanted = [member for member in members if f"{member.name}/".startswith(tuple(f"{path}/" for path in SUITE))]
        archive.extractall(folder, wanted, filter="data")
    fetch = {} if tests == "all" else {"SHIMMYTOK_TEST_FETCH": "0"}
    chosen = [f"tests/{name}" for name in QUICK] if tests == "quick" else ["tests"]
    ignored = [f"--ignore={path}" for path in OF_THE_TREE]
    machine.run("pytest", "-q", "--pyargs", "shimmytok", *chosen, *ignored, cwd=folder, SHIMMYTOK_TEST_DATA="", **fetch)
