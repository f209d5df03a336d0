"""Every code point in four contexts, and all short strings over two alphabets, against llama.cpp's own answers.

The answers are stored as hashes, a list of regexes at a time; tools/exhaustive made them and tells how.  All of the
shorter strings are compared, and a sample of the rest; with SHIMMYTOK_EXHAUSTIVE=1 everything is, in some minutes.
"""

from __future__ import annotations

import os
from functools import partial

import pytest

from shimmytok import LLAMA_CPP_REF
from shimmytok.pretokenizers.patterns import PRE
from shimmytok.pretokenizers.splitters import compile_patterns
from tools.exhaustive.alphabets import of_symbols, symbol_classes
from tools.exhaustive.hashes import Hashes, answered, differing, list_id, read, sampled
from tools.exhaustive.texts import blocks

STORED = read()
EVERYTHING = os.environ.get("SHIMMYTOK_EXHAUSTIVE", "") not in ("", "0")
EVERY_LIST = pytest.mark.parametrize("hashes", STORED.lists, ids=lambda hashes: hashes.pre[0])


def test_every_name_has_the_hashes_of_its_list() -> None:
    assert STORED.llama_cpp == LLAMA_CPP_REF
    stored = {name: hashes.regexes for hashes in STORED.lists for name in hashes.pre}
    assert stored == {name: list_id(pre.patterns) for name, pre in PRE.items()}


@EVERY_LIST
def test_the_alphabets_are_complete(hashes: Hashes) -> None:
    patterns = PRE[hashes.pre[0]].patterns
    classes = symbol_classes(patterns)
    assert {classes[ord(character)] for character in hashes.alphabets["classes"]} == set(classes)
    assert set(hashes.alphabets["symbols"]) >= set(of_symbols(patterns))


@EVERY_LIST
def test_every_block_of_every_list_is_stored(hashes: Hashes) -> None:
    wanted: dict[str, int] = {}
    for block in blocks(hashes.alphabets):
        wanted[block.group] = wanted.get(block.group, 0) + 1
    assert {group: len(digests) for group, digests in hashes.groups.items()} == wanted


@EVERY_LIST
def test_the_answers_are_those_of_llama_cpp(hashes: Hashes) -> None:
    split = compile_patterns(PRE[hashes.pre[0]].patterns).split
    chosen = blocks(hashes.alphabets) if EVERYTHING else sampled(hashes.alphabets, hashes.regexes)
    assert [str(block) for block in differing(hashes, partial(answered, split), chosen)] == []
