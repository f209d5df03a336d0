"""`shimmytok verify`: compare with llama.cpp itself.  The comparison is in shimmytok/verify/."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from shimmytok.commands import add, write


def register(commands: Any) -> None:
    """Add the command to the sub-parsers."""
    does = "Compare ids, pieces and decoded texts with llama-cpp-python's; exit status 1 if they differ."
    sub = add(commands, "verify", _run, does, "model")
    sub.add_argument("--text", metavar="FILE", help="a text to compare, in blocks, beside the built-in ones")
    sub.add_argument("--lib", metavar="PATH", help="llama.cpp's shared libraries: the folder, or one of them")


def _run(args: Namespace) -> int:
    from shimmytok.hard_texts import HARD_TEXTS
    from shimmytok.verify import cut, verify

    texts = [*HARD_TEXTS] if args.text is None else [*HARD_TEXTS, *cut(Path(args.text).read_bytes())]
    report = verify(args.model, texts, lib=args.lib)
    for death in report.deaths:
        write(f"llama.cpp died on this: {death}\n")
    for mismatch in report.first:
        write(f"{mismatch.what}: {mismatch.where}\n  shimmytok: {mismatch.ours}\n  llama.cpp: {mismatch.theirs}\n")
    write(
        f"{args.model}: {report.calls} calls compared over {report.texts} texts, {report.differ} differ, "
        f"llama.cpp died {len(report.deaths)} times (llama-cpp-python {report.version})\n"
    )
    return 1 if report.differ else 0
