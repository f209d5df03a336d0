"""Builds the Cython modules; everything else about the package is in pyproject.toml.

SHIMMYTOK_CHECKED=1 turns bounds checks on, makes common what SPM hardly ever meets, and emulates AVX-512. The test
suite runs once so.
"""

import os
import sys
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

CHECKED = os.environ.get("SHIMMYTOK_CHECKED", "") not in ("", "0")

COMPILER_DIRECTIVES = {
    "language_level": 3,
    "boundscheck": CHECKED,
    "wraparound": False,
    "initializedcheck": CHECKED,
    "cdivision": not CHECKED,
    "embedsignature": False,
    # Cython's own pickling would copy pointers, and let anybody set them.
    "auto_pickle": False,
    "freethreading_compatible": True,
}

# Cython's own functions for memoryviews and the like, once instead of in each module: a third of the size.
SHARED = "shimmytok._cyutility"

# As many C files at a time as this process has processors: there are seventy.
PARALLEL = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()

# -g0: Python's own flags ask for debug information, which makes the libraries several times larger.
COMPILE_ARGS = ["/O2"] if sys.platform == "win32" else ["-O3", "-g0", "-fvisibility=hidden"]
# Before 2.34, glibc has what is done when a process forks in a library of its own.
LINK_ARGS = [] if sys.platform == "win32" else ["-pthread"]

# Most tokens are taken for one another then, until their texts are compared; and the code for AVX-512 is tested on
# whatever processor there is.
DEFINED = [("SHIM_TAGS", "3"), ("SHIM_EMULATE_AVX512", "1")] if CHECKED else []


def extensions():
    """One extension for each .pyx, named by its path, and the one they share."""
    yield Extension(SHARED, [f"{SHARED.replace('.', '/')}.c"], extra_compile_args=COMPILE_ARGS)
    for pyx in sorted(Path("shimmytok").rglob("*.pyx")):
        yield Extension(
            ".".join(pyx.with_suffix("").parts),
            [pyx.as_posix()],
            include_dirs=["shimmytok/include"],
            define_macros=DEFINED,
            depends=[p.as_posix() for p in Path("shimmytok/include").glob("*.h")],
            extra_compile_args=COMPILE_ARGS,
            extra_link_args=LINK_ARGS,
        )


setup(
    ext_modules=cythonize(
        list(extensions()),
        compiler_directives=COMPILER_DIRECTIVES,
        shared_utility_qualified_name=SHARED,
        build_dir="build/cython-checked" if CHECKED else "build/cython",
        nthreads=0,
    ),
    options={"build_ext": {"parallel": PARALLEL}},
)
