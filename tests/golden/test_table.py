"""The tables of docs/models.md: what the data decide, and that they can tell of a difference."""

from __future__ import annotations

from vocabularies.places import ROOT

from . import pre_table, table
from .table import Row

DOCUMENT = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")


def test_every_pre_is_documented_with_its_regexes_and_flags():
    section = DOCUMENT.split("\n## All pre-tokenizers\n")[1].split("\n## ")[0]
    rows = [tuple(line.strip("| ").split(" | ")) for line in section.splitlines() if line.startswith("| `")]
    assert [row[:3] for row in rows] == list(pre_table.rows())
    assert all(len(row) == 4 for row in rows)


def test_every_model_is_documented():
    from shimmytok.models import MODELS

    headings = [line for line in DOCUMENT.splitlines() if line.startswith("## ")]
    assert [model for model in MODELS if not any(f"`{model}`" in heading for heading in headings)] == []


ROWS = [
    Row("b", "b", "gpt2", "gpt-2", 1000, "collection", texts=3, compared=40),
    Row("a", "a", "llama", None, 7, "llama.cpp", texts=2, compared=10, differing=1),
    Row("pre-b-x", "b", "gpt2", "x", 1000, "collection", texts=1, compared=4),
    Row("pre-a-x", "a", "gpt2", "x", 7, "collection", texts=1, compared=4, differing=4),
    Row("pre-b-unknown", "b", "gpt2", "y", 0, "collection", refused=True),
    Row("var-b", "b", "gpt2", "x", 1000, "collection", texts=5, compared=5),
    Row("var-c", "b", "gpt2", "x", 0, "collection", refused=True),
]


def test_tables():
    lines = table.tables(ROWS, "0123456789abcdef").splitlines()
    assert lines[1:3] == [
        "7 vocabularies and variants, 12 texts, 63 answers of llama.cpp",
        "`0123456789ab` compared, 58 equal; 2 files refused by both.",
    ]
    assert [line for line in lines if line.startswith("| ")] == [
        "| vocabulary | model | pre | tokens | from | texts | answers | equal |",
        "| a | `llama` | (missing) | 7 | llama.cpp | 2 | 10 | 9 |",
        "| b | `gpt2` | `gpt-2` | 1,000 | collection | 3 | 40 | all |",
        "| pre | on | texts | answers | equal |",
        "| `x` | a, b | 2 | 8 | 4 |",
        "| `y` | b | 0 | 0 | refused by both |",
        "| model | variants | texts | answers | equal |",
        "| `gpt2` | 2 | 5 | 5 | all; 1 refused by both |",
    ]


def test_tables_are_put_between_the_marks_and_read_again():
    document = f"before\n{table.START}outdated\n{table.END}after\n"
    new = table.document_with(table.tables(ROWS, "0" * 40), document)
    assert new.startswith("before\n") and new.endswith("after\n") and "outdated" not in new
    assert table.document_with(table.tables(ROWS, "0" * 40), new) == new
    assert table.documented(new) == {row.name: row.key for row in ROWS[:2]}
