"""What differs between the stored hashes of the exhaustive checks and the answers of another llama.cpp."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from shimmytok.pretokenizers.patterns import PRE
from tools.exhaustive import encodings, hashes, texts
from tools.exhaustive.recording import differences, lists_of
from tools.exhaustive.reference import Reference, compiled

__all__ = ["differing_answers", "differing_encodings", "differing_files"]

SHOWN = 8  # differences of a list
SEED = "0"


def differing_answers(tree: Path, stored: hashes.Stored, everything: bool) -> Iterator[str]:
    """A line for each list that is new or has other answers, and for its first texts; a sample, or `everything`."""
    with tempfile.TemporaryDirectory() as folder:
        program = compiled(tree, Path(folder))
        for patterns, names in lists_of(tree).items():
            old = _before(stored, names)
            if old is None:
                yield f"pre {names[0]!r}: a new list"
                continue
            chosen = list(texts.blocks(old.alphabets) if everything else hashes.sampled(old.alphabets, SEED))
            with Reference(program, patterns) as reference:
                found = hashes.differing(old, reference.ends, chosen)
            yield from _told(program, patterns, old, found, len(chosen))


def differing_files(tree: Path, before: hashes.Stored, after: hashes.Stored) -> Iterator[str]:
    """The same for all answers of two recordings, the second of which is of `tree`."""
    with tempfile.TemporaryDirectory() as folder:
        program = compiled(tree, Path(folder))
        for patterns, names in lists_of(tree).items():
            old, new = _before(before, names), _before(after, names)
            if old is None or new is None:
                yield f"pre {names[0]!r}: a new list"
            elif old.alphabets != new.alphabets:
                yield f"pre {names[0]!r}: other symbol classes, or other characters in its regexes: all strings are new"
            else:
                chosen = list(texts.blocks(old.alphabets))
                found = [block for block in chosen if _stored(old, block) != _stored(new, block)]
                yield from _told(program, patterns, old, found, len(chosen))


def differing_encodings(models: Path, library: Path, stored: hashes.Stored, everything: bool) -> Iterator[str]:
    """A line for each vocabulary that gives other ids for code points."""
    for old in stored.lists:
        with tempfile.TemporaryDirectory() as folder:
            path = encodings.made(old.pre[0], models, Path(folder))
            if encodings.identity(path.read_bytes()) != old.regexes:
                yield f"{old.pre[0]}: another vocabulary file, whose code points are not compared"
                continue
            answers = encodings.asked(library, path, "" if everything else SEED)
        found = [block for block, value in answers if value != _stored(old, block)]
        if found:
            more = "" if len(found) == 1 else f" and {len(found) - 1} more blocks"
            yield f"{old.pre[0]}: other ids for {found[0]}{more}"


def _before(stored: hashes.Stored, names: list[str]) -> hashes.Hashes | None:
    return next((found for found in map(stored.of, names) if found), None)


def _stored(old: hashes.Hashes, block: texts.Block) -> str:
    return old.groups[block.group][block.number]


def _told(
    program: Path, patterns: tuple[str, ...], old: hashes.Hashes, found: list[texts.Block], n_asked: int
) -> Iterator[str]:
    """How many blocks differ, and of the first some a text, as this library cuts it and as llama.cpp does."""
    if not found:
        return
    yield f"pre {old.pre[0]!r}: {len(found)} of {n_asked} blocks of texts are answered otherwise"
    known = next((PRE[name].patterns for name in old.pre if name in PRE), None)
    if known is not None:
        for block, text, ours, theirs in differences(program, known, patterns, found[:SHOWN]):
            yield f"  {block}: {text!r} is cut here at {ours}, there at {theirs}"
