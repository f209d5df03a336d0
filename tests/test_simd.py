"""The level of vector instructions: from the environment, or the processor's best."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from shimmytok import _simd

ASK = "from shimmytok import _simd; print(_simd.level())"


def ask(value: str) -> subprocess.CompletedProcess[str]:
    """Import the package with SHIMMYTOK_SIMD set."""
    environment = os.environ | {"SHIMMYTOK_SIMD": value, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run([sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("name", _simd.LEVELS)
def test_the_environment_chooses(name: str) -> None:
    best = min(_simd.LEVELS.index(name), _simd.LEVELS.index(_simd.available()))
    assert ask(name).stdout.split() == [_simd.LEVELS[best]]


def test_nothing_said_is_the_best() -> None:
    assert ask("").stdout.split() == [_simd.available()]


def test_another_word_is_an_error() -> None:
    done = ask("sse9")
    assert done.returncode != 0
    assert "SHIMMYTOK_SIMD is 'sse9'; known are none, avx2, avx512" in done.stderr
