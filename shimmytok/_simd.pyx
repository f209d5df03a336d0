"""Which level of vector instructions the library uses.

The best that the processor has, or the one that the environment variable SHIMMYTOK_SIMD names: `none`, `avx2` or
`avx512`. A level above the processor's falls to the best it has, so that one setting serves many machines; any other
word is an error at import. All levels give the same answers.
"""

import os

from shimmytok.errors import ShimmytokError

cdef extern from "cpu.h" nogil:
    int shim_cpu_level()

LEVELS = ("none", "avx2", "avx512")

simd_level = shim_cpu_level()


def available():
    """The best level of this processor."""
    return LEVELS[shim_cpu_level()]


def level():
    """The level in use."""
    return LEVELS[simd_level]


def set_level(str name not None):
    """Use the level `name`, or the best below it. For tests: not while other threads encode."""
    global simd_level
    if name not in LEVELS:
        raise ShimmytokError(f"SHIMMYTOK_SIMD is {name!r}; known are {', '.join(LEVELS)}")
    simd_level = min(<int>LEVELS.index(name), shim_cpu_level())


if os.environ.get("SHIMMYTOK_SIMD", ""):
    set_level(os.environ["SHIMMYTOK_SIMD"])
