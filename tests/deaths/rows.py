"""The rows of the table "Where llama.cpp refuses, aborts or hangs" in docs/exactness.md, and vocabularies for them.

Each row has a test, which says by `row` which one it is about.
"""

from __future__ import annotations

import re
from pathlib import Path

from shimmytok.gguf import ValueType
from tiny import integers, strings, tokenizer

EXACTNESS = Path(__file__).resolve().parents[2] / "docs" / "exactness.md"
HEADING = "## Where llama.cpp refuses, aborts or hangs"
BYTES = [b"<0x%02X>" % byte for byte in range(256)]

tested: set[str] = set()


def row(what):
    """Says which row of the table a test is about, by its first column."""
    tested.add(what)
    return lambda test: test


def rows_of_the_table():
    section = EXACTNESS.read_text(encoding="utf-8").split(HEADING)[1].split("\n## ")[0]
    head, *rows = re.findall(r"^\| (.*?) \| .* \|$", section, re.MULTILINE)
    assert head == "what"
    return rows


def text(value):
    return ValueType.STRING, value


def bpe(tokens, merges=(), pre="gpt-2", model="gpt2", **more):
    return tokenizer(model, tokens, pre=text(pre), merges=strings(merges), **more)


def t5(tokens, charsmap=None, **more):
    """Unigram tokens of equal score after three special ones."""
    if charsmap is not None:
        more["precompiled_charsmap"] = ValueType.ARRAY, (ValueType.UINT8, charsmap)
    types = integers([3, 3, 2] + [1] * len(tokens))
    return tokenizer("t5", ["<pad>", "</s>", "<unk>", *tokens], token_type=types, **more)
