"""Texts made to be slow: every pre must answer them, in a time that grows with the text only.

A quadratic step would take minutes here; the limit is far above what a busy machine needs.
"""

from __future__ import annotations

import time

import pytest

from shimmytok import Tokenizer
from shimmytok.pretokenizers.patterns import PRE
from vocabularies import vocabulary

UNITS = ["a", " ", "\n", "1", "!", "中", "\u0301", "'", "\u3000", "ab ", " \n", "'s", "1a", "<|endoftext|>"]
LIMIT = 20.0  # seconds for all units


@pytest.mark.parametrize("pre", PRE)
def test_runs_of_one_unit(gpt2, pre):
    tok = Tokenizer.from_gguf_file(gpt2.metadata.source, overrides={"tokenizer.ggml.pre": pre})
    start = time.process_time()
    for unit in UNITS:
        text = unit.encode() * (100_000 // len(unit.encode()))
        ids = tok.encode_to_numpy(text, add_special_tokens=False, parse_special=True)
        # Without byte encoding, this vocabulary lacks many characters.
        if PRE[pre].byte_encode:
            assert tok.decode_bytes(ids) == text
    assert time.process_time() - start < LIMIT


@pytest.mark.parametrize("name", ["llama-spm", "gemma-4"])
def test_runs_of_one_unit_in_other_models(name):
    tok = Tokenizer.from_gguf_file(vocabulary(name))
    start = time.process_time()
    for unit in UNITS:
        text = unit.encode() * (1_000_000 // len(unit.encode()))
        ids = tok.encode_to_numpy(text, add_special_tokens=False)
        assert tok.decode_bytes(ids).lstrip(b" ") == text.lstrip(b" ")
    assert time.process_time() - start < 6 * LIMIT


@pytest.mark.parametrize("name", ["bert-bge", "nomic-bert-moe"])
def test_runs_of_one_unit_in_models_that_normalise(name):
    tok = Tokenizer.from_gguf_file(vocabulary(name))
    start = time.process_time()
    for unit in [*UNITS, "\u0130", "\ufdfa", "\ufb01", "#", "\u2581", "\0", "a\u0301"]:
        text = unit.encode() * (1_000_000 // len(unit.encode()))
        ids = tok.encode_to_numpy(text, add_special_tokens=False)
        # One character more, and what it makes of the last word, shows that all of the text was read.
        assert tok.count(text + b" .", add_special_tokens=False) > 0
        assert len(ids) <= 18 * len(text)
    assert time.process_time() - start < 6 * LIMIT
