"""Levels of vector instructions, for tests that have to hold at each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from shimmytok import _simd

LEVELS = _simd.LEVELS


@contextmanager
def at_level(name: str) -> Iterator[str]:
    """Encode at a level; one that the processor lacks is the best below it."""
    before = _simd.level()
    _simd.set_level(name)
    try:
        yield _simd.level()
    finally:
        _simd.set_level(before)
