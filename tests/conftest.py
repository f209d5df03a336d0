"""What every test run adds to pytest: two lines of summary, on golden files and on vocabularies that were missing.

And it makes the package `tools` importable, which is not installed.
"""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from levels import LEVELS, at_level
from oracle.models import ranks
from shimmytok import Tokenizer
from vocabularies import NOT_AT_HAND

ROOT = str(Path(__file__).resolve().parents[1])
if ROOT not in sys.path:
    sys.path.append(ROOT)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option of test_golden.py; see golden/README.md."""
    parser.addoption("--models-table", type=Path, metavar="FILE", help="write the tables of docs/models.md to FILE")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tells what was compared with llama.cpp's answers, and what could not be."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    records = [value for report in reports for key, value in report.user_properties if key == "golden"]
    reasons = Counter(_skip_reason(report) for report in terminalreporter.stats.get("skipped", []))
    missing = {reason: count for reason, count in reasons.items() if reason.startswith(NOT_AT_HAND)}
    if records:
        cases = {name: n_cases for name, n_cases, _ in records}
        terminalreporter.write_line(
            f"golden: {len(cases)} vocabularies, {sum(cases.values()):,} texts, "
            f"{sum(compared for *_, compared in records):,} answers compared"
        )
    if missing:
        reason = max(missing, key=missing.__getitem__)
        terminalreporter.write_line(f"{sum(missing.values())} tests skipped, {reason}")


def _skip_reason(report: pytest.TestReport) -> str:
    return report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""


@pytest.fixture(scope="session")
def gpt2() -> Tokenizer:
    """The bundled vocabulary."""
    return Tokenizer.from_pretrained("gpt2")


@pytest.fixture(scope="session")
def gpt2_merges(gpt2: Tokenizer) -> dict[tuple[bytes, bytes], int]:
    """Its merges, as the plain twin of BPE takes them."""
    return ranks([line.encode() for line in gpt2.metadata["tokenizer.ggml.merges"]])


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each level of vector instructions in turn; one that the processor lacks is the best below it."""
    with at_level(request.param) as name:
        yield name


@pytest.fixture(scope="session")
def peers_module() -> Callable[[str], ModuleType]:
    """Loads a script of benchmarks/peers by its name: they are no package, and their names are plain ones."""

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"peers_{name}", f"{ROOT}/benchmarks/peers/{name}.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
