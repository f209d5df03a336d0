"""The command line: record golden files again with a built llama.cpp, and print what changed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from golden import reader
from tools.fuzz.reference import ReferenceRefuses, find_library
from vocabularies.places import COMMITTED_GOLDEN

from .recording import Recorder


def main(arguments: list[str] | None = None) -> int:
    """Runs; the exit status is 1 when an answer changed, 2 when llama.cpp cannot be asked."""
    parser = argparse.ArgumentParser(prog="python -m tools.golden", description=__doc__)
    parser.add_argument("source", type=Path, help="llama.cpp's source tree, whose vocabulary files are taken")
    parser.add_argument("--lib", type=Path, help="libllama built from it; that of the llama_cpp package if missing")
    parser.add_argument("--only", action="append", metavar="NAME", help="a name of the index")
    parser.add_argument("--add-pre", action="append", default=[], metavar="PRE", help="a pre-tokenizer without a file")
    parser.add_argument(
        "--add-vocabulary", action="append", default=[], metavar="NAME", help="a vocabulary without one"
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS", help="for one answer")
    options = parser.parse_args(arguments)
    try:
        library = options.lib or find_library()
    except ReferenceRefuses as refusal:
        print(refusal, file=sys.stderr)
        return 2
    recorder = Recorder(library, options.source / "models", COMMITTED_GOLDEN, options.timeout)
    for name in [*map(recorder.added_pre, options.add_pre), *map(recorder.added_vocabulary, options.add_vocabulary)]:
        print(f"{name}: recorded")
    if (options.add_pre or options.add_vocabulary) and not options.only:
        return 0
    n_changes = 0
    for name, changes in recorder.again(options.only or reader.index(COMMITTED_GOLDEN), keep=options.check):
        print(f"{name}: {len(changes)} answers changed", flush=True)
        for change in changes:
            print(f"  {change}")
        n_changes += len(changes)
    return 1 if n_changes else 0


if __name__ == "__main__":
    sys.exit(main())
