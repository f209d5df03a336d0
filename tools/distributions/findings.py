"""What is wrong with a distribution, and how it is told."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

__all__ = ["ROOT", "Finding", "report"]

ROOT = Path(__file__).resolve().parents[2]


class Finding(NamedTuple):
    """One thing that must not be so, and where."""

    where: str
    what: str


def report(findings: Iterable[Finding]) -> int:
    """Prints findings, one a line; gives their number."""
    n_findings = 0
    for where, what in findings:
        print(f"{where}: {what}", flush=True)
        n_findings += 1
    return n_findings
