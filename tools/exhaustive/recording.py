"""Asks llama.cpp for the answers to all blocks of a list, and for the texts at which ours differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from shimmytok.pretokenizers.splitters import compile_patterns
from tools import check_patterns

from .alphabets import of_classes, of_symbols
from .hashes import Hashes, answered, digest, first_difference, list_id
from .reference import Reference, ReferenceFails
from .texts import Block, blocks

__all__ = ["differences", "lists_of", "record"]

PROBES = 3  # texts of each block that are split by a call of their own as well
MOST_PROBED = 100_000  # of the first so many


def lists_of(source: Path) -> dict[tuple[str, ...], list[str]]:
    """The lists of regexes in llama.cpp's source, and the names that have them."""
    text = (source / "src" / "llama-vocab.cpp").read_text("utf-8")
    lists: dict[tuple[str, ...], list[str]] = {}
    for name, pre in check_patterns.reference(check_patterns.without_comments(text)).items():
        lists.setdefault(pre.patterns, []).append(name)
    return lists


def record(program: Path, names: list[str], patterns: tuple[str, ...]) -> Hashes:
    """llama.cpp's answers for one list of regexes; raises ReferenceFails where it throws."""
    alphabets = {"classes": of_classes(patterns), "symbols": of_symbols(patterns)}
    groups: dict[str, list[str]] = {}
    with Reference(program, patterns) as reference:
        for block in blocks(alphabets):
            try:
                _probe(reference, block)
                groups.setdefault(block.group, []).append(digest(reference.ends(block.texts())))
            except ReferenceFails as failure:
                raise ReferenceFails(f"pre {names[0]!r}, {block}: {failure}") from None
    return Hashes(names, list_id(patterns), alphabets, groups)


def differences(
    program: Path, ours: tuple[str, ...], theirs: tuple[str, ...], chosen: Iterable[Block]
) -> Iterator[tuple[Block, bytes, list[int], list[int]]]:
    """Of each block that is answered otherwise: the first text, where our pieces end, and where llama.cpp's do."""
    split = compile_patterns(ours).split
    with Reference(program, theirs) as reference:
        for block in chosen:
            found = first_difference(block, answered(split, block.texts()), reference.ends(block.texts()))
            if found is not None:
                yield block, *found


def _probe(reference: Reference, block: Block) -> None:
    """Split some texts alone and together: the answers must be the same, or texts are not told apart by it."""
    step = max(1, min(block.size(), MOST_PROBED) // PROBES)
    some = list(islice(block.texts(), block.number % step, MOST_PROBED, step))[:PROBES]
    if reference.ends(some) != reference.ends(some, alone=True):
        raise ReferenceFails(f"texts are split otherwise when they are alone: {some}")
