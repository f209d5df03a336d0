"""The tables of docs/models.md: what a run of test_golden.py compared, by vocabulary, by pre and by model.

Holds no comparison; `pytest tests/test_golden.py --models-table docs/models.md` writes them.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator

START = "<!-- The tables start here; `pytest tests/test_golden.py --models-table docs/models.md` writes them. -->\n"
END = "<!-- The tables end here. -->\n"
MISSING = "(missing)"


@dataclasses.dataclass
class Row:
    """What was compared for one name of the golden index.  `base` is the name itself where it is no variant."""

    name: str
    base: str
    model: str | None
    pre: str | None
    n_tokens: int
    origin: str  # where its vocabulary comes from
    refused: bool = False
    texts: int = 0
    compared: int = 0
    differing: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of the first table that a run need not compare anything for."""
        return self.name, f"`{self.model}`", _pre(self.pre), f"{self.n_tokens:,}", self.origin


def document_with(tables: str, document: str) -> str:
    """The document with new tables between its marks."""
    before, rest = document.split(START)
    return f"{before}{START}{tables}{END}{rest.split(END)[1]}"


def documented(document: str) -> dict[str, tuple[str, ...]]:
    """The keys of the rows of the first table, by name."""
    first = document.split(START)[1].split("\n### ")[1]
    rows = [tuple(line.strip("| ").split(" | ")) for line in first.splitlines() if line.startswith("| ")]
    return {row[0]: row[:5] for row in rows[1:]}


def tables(rows: Iterable[Row], reference: str) -> str:
    """All three, in the order of names."""
    ordered = sorted(rows, key=lambda row: row.name)
    bases = [row for row in ordered if row.name == row.base]
    pres = [row for row in ordered if row.name.startswith(f"pre-{row.base}-")]
    others = [row for row in ordered if row not in bases and row not in pres]
    total = _sum(ordered)
    refused = sum(row.refused for row in ordered)
    return "\n".join(
        [
            "",
            f"{len(ordered)} vocabularies and variants, {total.texts:,} texts, {total.compared:,} answers of llama.cpp",
            f"`{reference[:12]}` compared, {_equal(total)} equal; {refused} files refused by both.",
            "",
            "### Vocabularies",
            "",
            *_table(("vocabulary", "model", "pre", "tokens", "from"), ((row.key, [row]) for row in bases)),
            "",
            "### Pre-tokenizers, each put on other vocabularies",
            "",
            *_table(("pre", "on"), _by_pre(pres)),
            "",
            "### Other changes of metadata",
            "",
            *_table(("model", "variants"), _by_model(others)),
            "",
        ]
    )


def _by_pre(rows: list[Row]) -> Iterator[tuple[tuple[str, ...], list[Row]]]:
    for pre in sorted({row.pre or "" for row in rows}):
        group = [row for row in rows if (row.pre or "") == pre]
        yield (_pre(pre), ", ".join(row.base for row in group)), group


def _by_model(rows: list[Row]) -> Iterator[tuple[tuple[str, ...], list[Row]]]:
    for model in sorted({row.model or "" for row in rows}):
        group = [row for row in rows if (row.model or "") == model]
        yield (f"`{model}`" if model else MISSING, str(len(group))), group


def _table(head: tuple[str, ...], groups: Iterable[tuple[tuple[str, ...], list[Row]]]) -> Iterator[str]:
    head = (*head, "texts", "answers", "equal")
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for columns, rows in groups:
        total = _sum(rows)
        yield f"| {' | '.join((*columns, f'{total.texts:,}', f'{total.compared:,}', _verdict(rows)))} |"


def _sum(rows: list[Row]) -> Row:
    total = Row("", "", None, None, 0, "")
    for row in rows:
        total.texts += row.texts
        total.compared += row.compared
        total.differing += row.differing
    return total


def _verdict(rows: list[Row]) -> str:
    """How many answers are equal; files that llama.cpp refuses are told apart."""
    total, refused = _sum(rows), sum(row.refused for row in rows)
    if refused == 0:
        return _equal(total)
    return "refused by both" if refused == len(rows) else f"{_equal(total)}; {refused} refused by both"


def _equal(total: Row) -> str:
    return "all" if total.differing == 0 else f"{total.compared - total.differing:,}"


def _pre(pre: str | None) -> str:
    return f"`{re.sub('[|`]', '?', pre)}`" if pre else MISSING
