"""Print asv results as Markdown tables, one for each suite: the newest results, or those of the file named.

python benchmarks/report.py [RESULTS.json]
"""

from __future__ import annotations

import json
import math
import sys
from collections import defaultdict
from itertools import product
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
SCALES = {
    "seconds": [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")],
    "bytes": [(1e6, "MB"), (1e3, "kB"), (1.0, "B")],
}
Suite = dict[tuple[str, ...], dict[str, str]]


def rows(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The columns asv stored, by name, for each benchmark."""
    columns = results["result_columns"]
    return {name: dict(zip(columns, row, strict=False)) for name, row in results["results"].items()}


def newest() -> Path:
    """The results with the latest measurement, whichever machine and commit they are of."""
    found = [path for path in RESULTS.glob("*/*.json") if path.name != "machine.json"]
    if not found:
        sys.exit("no results: run asv first")
    return max(found, key=started_at)


def started_at(path: Path) -> float:
    return max((row.get("started_at") or 0 for row in rows(json.loads(path.read_text())).values()), default=0)


def amount(value: float | None, unit: str) -> str:
    """Three digits and the fitting unit; a dash for what was not measured."""
    if value is None or math.isnan(value):
        return "-"
    scales = SCALES.get(unit, [(1.0, unit)])
    scale, name = next((pair for pair in scales if abs(value) >= pair[0]), scales[-1])
    value /= scale
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value) or 1)))}f} {name}"


def suites(results: dict[str, Any], benchmarks: dict[str, Any]) -> dict[str, Suite]:
    """For each suite, for each combination of parameters, for each benchmark: the result as text."""
    found: dict[str, Suite] = defaultdict(lambda: defaultdict(dict))
    for name, row in sorted(rows(results).items()):
        suite, _, benchmark = name.rpartition(".")
        unit = benchmarks.get(name, {}).get("unit", "")
        for params, value in zip(product(*row["params"]), row["result"] or [], strict=False):
            found[suite][tuple(param.strip("'") for param in params)][benchmark] = amount(value, unit)
    return found


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else newest()
    results = json.loads(path.read_text())
    benchmarks = json.loads((path.parent.parent / "benchmarks.json").read_text())
    host = ", ".join(str(results["params"][key]) for key in ("cpu", "os") if results["params"].get(key))
    print(f"Commit {results['commit_hash'][:8]}, Python {results['python']}; {host or 'an unnamed machine'}.")
    for suite, table in suites(results, benchmarks).items():
        columns = list(dict.fromkeys(column for cells in table.values() for column in cells))
        param_names = next(benchmarks[name]["param_names"] for name in benchmarks if name.startswith(f"{suite}."))
        print(f"\n### {suite}\n\n| {' | '.join(param_names + columns)} |")
        print("|" + "---|" * len(param_names) + "---:|" * len(columns))
        for params, cells in table.items():
            if set(cells.values()) == {"-"}:  # asv skipped them all
                continue
            print(f"| {' | '.join([*params, *(cells.get(column, '-') for column in columns)])} |")


if __name__ == "__main__":
    main()
