"""`shimmytok check`: known troubles in the tokenizer metadata of a file.  The rules are in shimmytok/check/."""

from __future__ import annotations

import logging
from argparse import Namespace
from collections import Counter
from typing import Any

from shimmytok.commands import add, write, write_json


def register(commands: Any) -> None:
    """Add the command to the sub-parsers."""
    sub = add(commands, "check", _run, "Look for troubles in a tokenizer; exit status 1 if there are errors.", "model")
    sub.add_argument("--json", action="store_true", help="print one JSON object")


def _run(args: Namespace) -> int:
    from shimmytok.check import Severity, check

    # What loading warns of is among the findings.
    logging.getLogger("shimmytok").setLevel(logging.CRITICAL + 1)
    findings = check(args.model)
    counts = Counter(found.severity for found in findings)
    if args.json:
        totals = {severity.value + "s": counts[severity] for severity in Severity}
        write_json({"file": args.model, **totals, "findings": [found.as_dict() for found in findings]})
    else:
        write("".join(f"{f.severity.value}: {f.code}: {f.message}\n  hint: {f.hint}\n" for f in findings))
        write(f"{args.model}: " + ", ".join(f"{counts[s]} {s.value}s" for s in Severity) + "\n")
    return 1 if counts[Severity.ERROR] else 0
