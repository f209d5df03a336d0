"""Parts of the C headers that this system, or a vocabulary of a usual size, never comes to, or whose faults would show
in no id: programs in headers/."""

from __future__ import annotations

import os
import shutil
import subprocess
from array import array
from pathlib import Path

import pytest

import shimmytok
from shimmytok.pretokenizers.compiling import compiled
from shimmytok.pretokenizers.patterns import PRE

INCLUDE = Path(shimmytok.__path__[0]) / "include"
PROGRAMS = Path(__file__).parent / "headers"
COMPILER = os.environ.get("CC", "cc").split()


@pytest.fixture(scope="module")
def output_of(tmp_path_factory):
    if shutil.which(COMPILER[0]) is None or not INCLUDE.is_dir():
        pytest.skip("needs a C compiler, and the headers of the source tree")

    def compile_and_run(name: str, stdin: bytes = b"") -> str:
        program = tmp_path_factory.mktemp("headers") / name
        command = [*COMPILER, "-O1", "-I", str(INCLUDE), "-o", str(program), str(PROGRAMS / f"{name}.c")]
        subprocess.run(command, check=True, timeout=120)
        return subprocess.run([program], input=stdin, check=True, capture_output=True, timeout=60).stdout.decode()

    return compile_and_run


def test_memory_of_a_system_without_mmap(output_of):
    """Zeroed, apart, and as aligned as the groups of the word cache need it."""
    assert output_of("pages") == "0"


def test_the_cache_keeps_ids_of_24_bits_but_the_last_and_no_others(output_of):
    assert output_of("ids") == "1 0 0 4 0 0 1 0 0 16 0 0 7 0 0 16 0 0 16 0 0 "


def test_the_tree_of_ranks_goes_from_one_least_number_to_the_next(output_of):
    """Else merges would be found one at a time, which nobody would see but by their speed."""
    assert output_of("tree") == "0"


def test_symbols_of_ranks_as_bits(output_of):
    assert output_of("merged") == "0 1 1"


def test_masks_of_64_bytes(output_of):
    """Of each kind and level.  Some only choose where to look for cuts: a wrong one would lose speed, and no id."""
    assert output_of("masks") == "0"


def test_narrowing_without_vector_instructions(output_of):
    assert output_of("narrow") == "0 0"


@pytest.mark.parametrize(
    ("pre", "most"),
    [("gpt-2", 15), ("llama3", 15), ("qwen2", 15), ("gpt-4o", 80), ("tekken", 7), ("deepseek-v3", 7), ("falcon", 7)],
)
def test_english_is_run_by_bits(output_of, pre, most):
    """Nearly all of it: else splitting would be slow, and no end would be another."""
    ascii_classes, _, _, _, table = compiled(PRE[pre].patterns)
    assert table is not None
    head = array("I", [table.n_symbols, len(table.ends)]).tobytes() + bytes(c - 2 for c in ascii_classes)
    output = output_of("likely", head + table.entries.tobytes() + (PROGRAMS / "english.txt").read_bytes())
    chunks, given_up, one_by_one = map(int, output.split())
    assert chunks > 20 and given_up == 0 and one_by_one <= most


def test_tables_run_by_bits(output_of):
    """Any tables, whatever is likely: no chunk is wrong, and all kinds of chunks came up."""
    assert output_of("bits") == "0 1 1 1"
