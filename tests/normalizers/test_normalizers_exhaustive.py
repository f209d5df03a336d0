"""Every code point in four contexts through whole tokenizers that normalise, against llama.cpp's own answers.

The answers are stored as hashes, a vocabulary at a time; tools/exhaustive made them and tells how.  A sample of the
blocks of code points is compared; with SHIMMYTOK_EXHAUSTIVE=1 all are, in some minutes.
"""

from __future__ import annotations

import os

import pytest

from shimmytok import LLAMA_CPP_REF, Tokenizer
from tools.exhaustive.encodings import STORED_ENCODINGS, VOCABULARIES, identity, ours
from tools.exhaustive.hashes import differing, read, sampled
from tools.exhaustive.texts import blocks
from vocabularies import vocabulary_bytes

STORED = read(STORED_ENCODINGS)
EVERYTHING = os.environ.get("SHIMMYTOK_EXHAUSTIVE", "") not in ("", "0")


def test_all_are_stored() -> None:
    assert STORED.llama_cpp == LLAMA_CPP_REF
    assert [hashes.pre for hashes in STORED.lists] == [[name] for name in VOCABULARIES]
    for hashes in STORED.lists:
        assert {group: len(digests) for group, digests in hashes.groups.items()} == {
            f"code points in context {context}": 0x110 for context in range(4)
        }


@pytest.mark.parametrize("name", VOCABULARIES)
def test_the_ids_are_those_of_llama_cpp(name: str) -> None:
    hashes = STORED.of(name)
    content = vocabulary_bytes(name)
    assert hashes is not None and identity(content) == hashes.regexes
    chosen = blocks({}) if EVERYTHING else sampled({}, name)
    assert [str(block) for block in differing(hashes, ours(Tokenizer.from_bytes(content)), chosen)] == []
