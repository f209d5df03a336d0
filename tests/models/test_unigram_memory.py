"""The memory that unigram models take while they encode."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

STATUS = Path("/proc/self/status")  # ru_maxrss is that of the process that starts this one, where that has more
GROWTH = """
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
encode(10)
before = peak()
encode(size)
print(1024 * (peak() - before))
"""
NESTED = """
from tiny import floats, tokenizer
tokens = ["<pad>", "</s>", "<unk>", "\u2581", *("a" * n for n in range(1, 301))]
tok = tokenizer("t5", tokens, scores=floats([-float(n) for n in range(len(tokens))]))
size = 200_000
encode = lambda n: tok.count("a" * n)
"""
GROWING = """
from oracle.charsmap import compiled
from shimmytok.gguf import ValueType
from tiny import floats, integers, tokenizer
more = {
    "token_type": integers([3, 3, 2, 1, 1]),
    "precompiled_charsmap": (ValueType.ARRAY, (ValueType.UINT8, compiled({b"b": b"c" + b"a" * 13}))),
    "remove_extra_whitespaces": (ValueType.BOOL, True),
}
tok = tokenizer("t5", ["<pad>", "</s>", "<unk>", "\u2581", "c" + "a" * 13], scores=floats([-1.0] * 5), **more)
size = 1_000_000
encode = lambda n: tok.count("b" * n)
"""
OVERLAPPING = """
import random
from tiny import floats, tokenizer
tokens = ["<pad>", "</s>", "<unk>", "a", "b", "aa", "ab", "ba", "bb"]
tok = tokenizer("t5", tokens, scores=floats([0, 0, 0, -3, -3.5, -4, -4.5, -4.25, -4.75]))
size = 2_000_000
text = "".join(random.Random(1).choices("ab", k=size))
encode = lambda n: tok.count(text[:n])
"""


@pytest.mark.skipif(not STATUS.exists(), reason="no /proc")
@pytest.mark.parametrize(
    ("code", "limit"),
    [(NESTED, 16 << 20), (GROWING, 48 << 20), (OVERLAPPING, 16 << 20)],
    ids=["nested", "growing", "overlapping"],
)
def test_memory_does_not_grow_with_the_tokens_of_a_text(code, limit):
    """The ways through a text take some bytes for each of its own while the best one is not known; a word that becomes
    long, or whose tokens overlap, takes no more than its ids."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    run = subprocess.run([sys.executable, "-c", code + GROWTH], env=environment, capture_output=True, check=True)
    assert int(run.stdout) < limit
