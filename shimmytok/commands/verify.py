"""`shimmytok verify`: compare with llama.cpp itself.  The comparison is in shimmytok/verify/."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shimmytok.commands import add, write, write_json

if TYPE_CHECKING:
    from shimmytok.verify import Report


def register(commands: Any) -> None:
    """Add the command to the sub-parsers."""
    does = "Compare ids, pieces and decoded texts with llama-cpp-python's; exit status 1 if not all is well."
    sub = add(commands, "verify", _run, does, "model")
    sub.add_argument("--text", metavar="FILE", help="a text to compare, in blocks, beside the built-in ones")
    sub.add_argument("--lib", metavar="PATH", help="llama.cpp's shared libraries: the folder, or one of them")
    sub.add_argument("--json", action="store_true", help="print one JSON object")


def _run(args: Namespace) -> int:
    from shimmytok.hard_texts import HARD_TEXTS
    from shimmytok.verify import cut, verify

    texts = [*HARD_TEXTS] if args.text is None else [*HARD_TEXTS, *cut(Path(args.text).read_bytes())]
    report = verify(args.model, texts, lib=args.lib)
    if args.json:
        write_json({"alike": report.alike, "file": args.model, **report.as_dict()})
    else:
        write("".join(_lines(args.model, report)))
    return 0 if report.alike else 1


def _lines(model: str, report: Report) -> Iterator[str]:
    for death in report.deaths:
        yield f"llama.cpp died on this: {death}\n"
    for mismatch in report.first:
        yield f"{mismatch.what}: {mismatch.where}\n  shimmytok: {mismatch.ours}\n  llama.cpp: {mismatch.theirs}\n"
    yield (
        f"{model}: {report.calls} calls compared over {report.texts} texts, {report.differ} differ, "
        f"llama.cpp died {len(report.deaths)} times (llama-cpp-python {report.version})\n"
    )
    if report.too_little:
        yield (
            f"{model}: too little was compared: no answer for {report.lost_texts} of {report.texts} texts "
            f"and the pieces of {report.lost_tokens} of {report.tokens} tokens\n"
        )
