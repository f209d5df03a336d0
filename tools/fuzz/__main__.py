"""The command: `python -m tools.fuzz --gguf FILE [--gguf FILE ...] [--seed N] [--bytes N] [--lib PATH]`."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from shimmytok import ShimmytokError, Tokenizer

from .compare import run
from .material import material_of
from .reference import Reference, ReferenceRefuses, find_library
from .report import details, summary


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    made.add_argument("--gguf", type=Path, action="append", required=True, help="a vocabulary; may be repeated")
    made.add_argument("--seed", type=int, default=0, help="which texts (default: 0)")
    made.add_argument("--bytes", type=int, default=1_000_000, help="of text for each vocabulary (default: 1,000,000)")
    made.add_argument("--lib", type=Path, help="libllama (default: that of an installed llama_cpp package)")
    made.add_argument("--words", type=Path, help="a text whose words are used and changed (default: some built in)")
    made.add_argument("--timeout", type=float, default=20.0, help="seconds for one answer of llama.cpp (default: 20)")
    made.add_argument("--most-differences", type=int, default=5, help="for each vocabulary (default: 5)")
    made.add_argument("--most-deaths", type=int, default=100, help="of llama.cpp, for each vocabulary (default: 100)")
    return made


def fuzz(gguf: Path, library: Path, words: bytes, options: argparse.Namespace) -> bool:
    """Compare one vocabulary and print what came of it; False when there was a difference."""
    with Reference(library, gguf, options.timeout) as reference:
        try:
            tokenizer: Tokenizer | ShimmytokError = Tokenizer.from_gguf_file(gguf)
        except ShimmytokError as error:
            tokenizer = error
        try:
            reference.start()
        except ReferenceRefuses as refusal:
            ours = f"so do we: {tokenizer}" if isinstance(tokenizer, ShimmytokError) else "we load it"
            print(f"{gguf.stem}: the reference refuses it ({refusal}); {ours}", flush=True)
            return True
        if isinstance(tokenizer, ShimmytokError):
            print(f"{gguf.stem}: only the reference loads it: {tokenizer}", flush=True)
            return False
        if tokenizer.model_type in ("none", "no_vocab"):
            print(f"{gguf.stem}: there is no tokenizer in it, nothing is compared", flush=True)
            return True
        start = time.perf_counter()
        tally = run(
            tokenizer,
            reference,
            material_of(tokenizer, words),
            seed=options.seed,
            budget=options.bytes,
            most_differences=options.most_differences,
            most_deaths=options.most_deaths,
        )
    print(summary(tally, gguf, options.seed, time.perf_counter() - start))
    if more := details(tally, gguf):
        print(more)
    sys.stdout.flush()
    return not tally.differences


def main(arguments: list[str] | None = None) -> int:
    """0: no difference; 1: there are some; 2: llama.cpp's library was not found."""
    options = parser().parse_args(arguments)
    try:
        library = options.lib or find_library()
    except ReferenceRefuses as refusal:
        print(refusal, file=sys.stderr)
        return 2
    words = options.words.read_bytes() if options.words else b""
    equal = [fuzz(gguf, library, words, options) for gguf in options.gguf]
    return 0 if all(equal) else 1


if __name__ == "__main__":
    sys.exit(main())
