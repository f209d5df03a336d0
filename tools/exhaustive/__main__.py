"""The command line: record llama.cpp's answers, or check ours against those recorded."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from shimmytok import LLAMA_CPP_REF
from shimmytok.pretokenizers.patterns import PRE
from shimmytok.pretokenizers.splitters import compile_patterns
from tools.fuzz.reference import ReferenceRefuses, find_library

from .encodings import STORED_ENCODINGS, record_all
from .hashes import STORED, Stored, answered, differing, read, sampled, write
from .recording import differences, lists_of, record
from .reference import ReferenceFails, compiled
from .texts import blocks


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; the exit status is 1 when an answer differs, 2 when llama.cpp gives none."""
    parser = argparse.ArgumentParser(prog="python -m tools.exhaustive", description=__doc__)
    commands = parser.add_subparsers(required=True)
    recording = commands.add_parser("record", help="ask llama.cpp, which is compiled from its source, and store hashes")
    recording.add_argument("source", type=Path, help="llama.cpp's source tree")
    recording.set_defaults(run=run_record)
    checking = commands.add_parser("check", help="compare our answers with the stored hashes")
    checking.add_argument("--all", action="store_true", help="all blocks, not a sample: some minutes")
    checking.add_argument("--seed", default="0", help="of the sample")
    checking.add_argument("--source", type=Path, help="llama.cpp's source tree, to be asked where a block differs")
    checking.set_defaults(run=run_check)
    encoding = commands.add_parser("encodings", help="ask libllama for the ids of all code points, and store hashes")
    encoding.add_argument("source", type=Path, help="llama.cpp's source tree")
    encoding.add_argument("--lib", type=Path, help="libllama; that of the llama_cpp package if missing")
    encoding.set_defaults(run=run_encodings, file=STORED_ENCODINGS)
    for command in (recording, encoding):
        command.add_argument("--ref", default=LLAMA_CPP_REF, help="llama.cpp's commit")
    for command in (recording, checking):
        command.add_argument("--pre", action="append", choices=sorted(PRE), help="only the lists of these names")
        command.add_argument("--file", type=Path, default=STORED, help="the hashes")
    options = parser.parse_args(arguments)
    try:
        return options.run(options)
    except (ReferenceFails, ReferenceRefuses) as failure:
        print(failure, file=sys.stderr)
        return 2


def run_record(options: argparse.Namespace) -> int:
    """Records the lists chosen; the others are kept as they are stored."""
    wanted = {name: PRE[name] for name in options.pre or PRE}
    recorded = []
    with tempfile.TemporaryDirectory() as folder:
        program = compiled(options.source, Path(folder))
        for patterns, names in lists_of(options.source).items():
            if not wanted.keys().isdisjoint(names):
                start = time.monotonic()
                recorded.append(record(program, names, patterns))
                print(f"{names[0]}: {time.monotonic() - start:.0f} s", flush=True)
    done = {name for hashes in recorded for name in hashes.pre}
    kept = [hashes for hashes in read(options.file).lists if done.isdisjoint(hashes.pre)] if options.pre else []
    write(Stored(options.ref, recorded + kept), options.file)
    return 0


def run_encodings(options: argparse.Namespace) -> int:
    """Records all vocabularies."""
    for name in record_all(options.lib or find_library(), options.source / "models", options.ref, options.file):
        print(name, flush=True)
    return 0


def run_check(options: argparse.Namespace) -> int:
    """Compares the lists chosen."""
    status = 0
    with tempfile.TemporaryDirectory() as folder:
        program = compiled(options.source, Path(folder)) if options.source else None
        for hashes in read(options.file).lists:
            if options.pre and set(options.pre).isdisjoint(hashes.pre):
                continue
            patterns = PRE[hashes.pre[0]].patterns
            chosen = list(blocks(hashes.alphabets) if options.all else sampled(hashes.alphabets, options.seed))
            found = differing(hashes, partial(answered, compile_patterns(patterns).split), chosen)
            n_texts = sum(block.size() for block in chosen)
            print(f"{hashes.pre[0]}: {n_texts:,} texts in {len(chosen)} blocks, {len(found)} differ", flush=True)
            for block in found:
                status = 1
                print(f"  {block}")
            for block, text, ours, theirs in differences(program, patterns, patterns, found) if program else ():
                print(f"  {block}: {text!r} is cut at {ours}, by llama.cpp at {theirs}")
    return status


if __name__ == "__main__":
    sys.exit(main())
