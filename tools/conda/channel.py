"""A local channel with what the recipe's build and tests need, for machines that reach no channel of conda's."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from rattler import Platform
from rattler.index import index_fs
from rattler_build import assemble_package

from . import staging

__all__ = ["SUBDIR", "make"]

SUBDIR = str(Platform.current())
BUILD = f"cp{sys.version_info.major}{sys.version_info.minor}_local"
# What requirements of the recipe name, and what its tests do; the constraints are the recipe's.
REQUIREMENTS = (
    "pip",
    "cython>=3.1",
    "setuptools>=77",
    "numpy>=1.24",
    "gguf>=0.10",
    "pytest>=8",
    "hypothesis>=6.100",
    "sybil>=9",
)
COMPILERS = (f"gcc_{SUBDIR}", f"sysroot_{SUBDIR}")


def make(channel: Path, folder: Path) -> None:
    """Stages everything in `folder`, packages it and writes the channel's index."""
    staged = [staging.python(folder / "python"), *staging.installed(list(REQUIREMENTS), folder / "packages")]
    staged += [staging.compiler(name, folder / name) for name in COMPILERS]
    (channel / "noarch").mkdir(parents=True)
    for package in staged:
        assemble_package(
            package.name,
            package.version,
            SUBDIR,
            BUILD,
            channel / SUBDIR,
            files_dir=package.folder,
            depends=package.depends,
            compression_level=1,
        )
    asyncio.run(index_fs(channel))
