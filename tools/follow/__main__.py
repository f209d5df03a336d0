"""The command line: tell what differs in another llama.cpp, and move the project to it."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from shimmytok import LLAMA_CPP_REF
from tools import check_patterns, gen_unicode
from tools.exhaustive.encodings import STORED_ENCODINGS
from tools.exhaustive.hashes import STORED, read
from tools.exhaustive.reference import ReferenceFails
from tools.fuzz.reference import ReferenceRefuses, find_library

from . import golden, hashes, names, pins, tables
from .source import NoSource, Source, opened

BY_HAND = ("patterns", "models")

Step = Callable[[Source, argparse.Namespace], Iterator[str]]


def main(arguments: list[str] | None = None) -> int:
    """Runs; the exit status is 1 when something differs with --check, or is left to do; 2 when it cannot be told."""
    options = parsed(arguments)
    try:
        with opened(options.source, options.ref) as source:
            return run(source, options)
    except (NoSource, ReferenceFails, ReferenceRefuses) as failure:
        print(failure, file=sys.stderr)
        return 2


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.follow", description=__doc__)
    what = "llama.cpp's tree, a folder or archive of llama-cpp-python's sources, or a version of it"
    parser.add_argument("source", help=what)
    parser.add_argument("--check", action="store_true", help="write nothing; say what differs")
    parser.add_argument("--lib", type=Path, help="libllama built from the source, for the golden files")
    parser.add_argument("--ref", help="the commit of llama.cpp, where the source does not tell it")
    parser.add_argument("--all", action="store_true", help="with --check: all texts of the exhaustive checks")
    parser.add_argument("--steps", type=lambda value: value.split(","), default=list(STEPS), help=",".join(STEPS))
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS", help="for one answer of libllama")
    options = parser.parse_args(arguments)
    if unknown := set(options.steps) - STEPS.keys():
        parser.error(f"no step {', '.join(sorted(unknown))}; there are {', '.join(STEPS)}")
    return options


def run(source: Source, options: argparse.Namespace) -> int:
    """The steps in their order; without --check, none is taken after one that leaves something to do by hand."""
    print(f"llama.cpp {source.commit or 'of an unknown commit'}, here {LLAMA_CPP_REF}")
    differ = False
    for name in [step for step in STEPS if step in options.steps]:
        print(f"{name}:", flush=True)
        n_lines = 0
        for line in STEPS[name](source, options):
            print(f"  {line}", flush=True)
            n_lines += 1
        print(f"  {n_lines or 'no'} difference{'s' * (n_lines != 1)}")
        differ |= bool(n_lines)
        if n_lines and name in BY_HAND and not options.check:
            print("Change shimmytok as this says, and run again: docs/following-llama-cpp.md.")
            return 1
    return int(differ and options.check)


def step_tables(source: Source, options: argparse.Namespace) -> Iterator[str]:
    """The Unicode tables."""
    before = gen_unicode.OUTPUT.read_text("utf-8")
    after = gen_unicode.module_text(source.unicode_data)
    yield from tables.differences(before, after)
    if not options.check and after != before:
        gen_unicode.OUTPUT.write_text(after, encoding="utf-8")


def step_patterns(source: Source, options: argparse.Namespace) -> Iterator[str]:
    """Names, regexes, flags, splitters, and the Han blocks."""
    yield from check_patterns.differences(source.vocab, source.unicode)
    yield from tables.han_differences(source.unicode)


def step_models(source: Source, options: argparse.Namespace) -> Iterator[str]:
    """Names of tokenizer models."""
    yield from names.model_differences(source.vocab)


def step_hashes(source: Source, options: argparse.Namespace) -> Iterator[str]:
    """The exhaustive checks; they are recorded by a process of their own, which sees new tables."""
    library = options.lib or find_library()
    models = source.tree / "models"
    before = read(STORED)
    if options.check:
        yield from hashes.differing_answers(source.tree, before, options.all)
        yield from hashes.differing_encodings(models, library, read(STORED_ENCODINGS), options.all)
        return
    yield from hashes.differing_encodings(models, library, read(STORED_ENCODINGS), everything=True)
    commit = ["--ref", source.commit] if source.commit else []
    for command in (["record", str(source.tree)], ["encodings", str(source.tree), "--lib", str(library)]):
        if subprocess.run([sys.executable, "-m", "tools.exhaustive", *command, *commit], cwd=pins.ROOT).returncode:
            raise ReferenceFails("the exhaustive checks were not recorded")
    yield from hashes.differing_files(source.tree, before, read(STORED))


def step_golden(source: Source, options: argparse.Namespace) -> Iterator[str]:
    """The golden files, those of new pre-tokenizers and vocabularies among them."""
    yield from golden.differing_answers(source.tree / "models", options.lib, options.timeout, options.check)


def step_pins(source: Source, options: argparse.Namespace) -> Iterator[str]:
    """The commit, and the distribution that the tests fetch."""
    if source.commit and source.commit != LLAMA_CPP_REF:
        yield f"LLAMA_CPP_REF {LLAMA_CPP_REF} -> {source.commit}"
        if not options.check:
            pins.set_commit(pins.VERSION_FILE, source.commit, source.release)
    if source.release and source.release != golden.RELEASE:
        for path in pins.mentions(golden.RELEASE):
            yield f"{path} names llama-cpp-python {golden.RELEASE}; now it is {source.release}"
        if source.sdist_sha256 and not options.check:
            pins.set_distribution(pins.FETCHER, source, golden.fetched_names(source.tree / "models"))
        elif not source.sdist_sha256:
            yield "give the archive or the version, for the SHA-256 that the tests pin"


STEPS: dict[str, Step] = {
    "tables": step_tables,
    "patterns": step_patterns,
    "models": step_models,
    "hashes": step_hashes,
    "golden": step_golden,
    "pins": step_pins,
}


if __name__ == "__main__":
    sys.exit(main())
