"""`shimmytok diff`: do two models tokenise alike?  The comparison is in shimmytok/diff.py."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from shimmytok.commands import add, write, write_json


def register(commands: Any) -> None:
    """Add the command to the sub-parsers."""
    sub = add(commands, "diff", _run, "Say where two tokenizers differ; exit status 1 if they do.", "a", "b")
    sub.add_argument("--text", metavar="FILE", help="a text to compare the ids of, beside the built-in ones")
    sub.add_argument("--json", action="store_true", help="print one JSON object")


def _run(args: Namespace) -> int:
    from shimmytok.diff import Difference, diff
    from shimmytok.hard_texts import HARD_TEXTS
    from shimmytok.tokenizer import Tokenizer

    texts = [*HARD_TEXTS] if args.text is None else [*HARD_TEXTS, Path(args.text).read_bytes()]
    differences = diff(Tokenizer.from_pretrained(args.a), Tokenizer.from_pretrained(args.b), texts)

    def lines(difference: Difference) -> str:
        more = ["  ..."] if difference.count > len(difference.first) else []
        examples = [f"  {example.where}: {example.a} | {example.b}" for example in difference.first]
        return "".join(line + "\n" for line in (f"{difference.what}: {difference.count}", *examples, *more))

    if args.json:
        facts = {"alike": not differences, "a": args.a, "b": args.b, "texts": len(texts)}
        write_json(facts | {"differences": [difference.as_dict() for difference in differences]})
    elif differences:
        write(f"different: {args.a} | {args.b}\n" + "".join(map(lines, differences)))
    else:
        write(f"alike: the same vocabulary and flags, the same ids for {len(texts)} texts\n")
    return 1 if differences else 0
