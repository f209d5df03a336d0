"""A list of regexes -> the tables that `_split.pyx` runs.

Holds the order of the steps; the steps are in `regex.py`, `classes.py`, `dfa.py`, `linear.py` and `restart.py`.
"""

from __future__ import annotations

from array import array
from typing import Final

from .classes import CONTINUATION, END_OF_PIECE, Classes, partition
from .dfa import DEAD, START, Dfa, build, charsets_of
from .linear import loop_slots
from .pattern_lists import REPLACED, RUN_AS, Scanner
from .regex import Node, parse
from .restart import restart
from .tables import Stage, Tables

__all__ = ["compiled", "parsed"]

WALK: Final = 0  # StageKind in _walk.pxd
SCANNERS: Final = {"group_ends": 1, "group_starts": 2}


def parsed(patterns: tuple[str, ...]) -> tuple[list[str | Scanner], list[Node], Classes]:
    """What some regexes are run as, the syntax trees of that, and the classes that these tell apart."""
    sources = [REPLACED.get(pattern, pattern) for pattern in RUN_AS.get(patterns, patterns)]
    trees = [parse(source.characters if isinstance(source, Scanner) else source) for source in sources]
    return sources, trees, partition(list(dict.fromkeys(charset for tree in trees for charset in charsets_of(tree))))


def compiled(patterns: tuple[str, ...]) -> Tables:
    """The tables of some regexes, each applied to the pieces of the one before it.

    Raises ValueError for a regex outside the dialect (`regex.py`) or one whose walk might not be linear (`linear.py`).
    """
    sources, trees, classes = parsed(patterns)
    stages: list[Stage] = []
    dfas: list[Dfa] = []
    for source, tree in zip(sources, trees, strict=True):
        if isinstance(source, Scanner):
            (charset,) = charsets_of(tree)
            stages.append((SCANNERS[source.name], 0, array("H"), b"", members(classes.members[charset])))
        else:
            dfas.append(build(tree, classes))
            stages.append(walk(dfas[-1], classes))
    walks_only = all(kind == WALK for kind, *_ in stages[:-1])  # a scanner may be the last
    table = restart([dfa.rows for dfa in dfas]) if walks_only and dfas else None
    return classes.ascii, classes.page_of, classes.pages, stages, table


def members(mask: int) -> bytes:
    """A byte for each class: 1 when its bit is set."""
    return bytes(mask >> number & 1 for number in range(256))


def walk(dfa: Dfa, classes: Classes) -> Stage:
    """The stage of a DFA: rows of a power of two, and each next state told by the place of its row."""
    shift = (classes.n - 1).bit_length()
    if len(dfa.rows) << shift > 1 << 16:
        raise ValueError(f"{len(dfa.rows)} states of {1 << shift} classes are too many for entries of 16 bits")
    padding = [DEAD] * ((1 << shift) - classes.n)
    entries = [(entry >> 1) << shift | entry & 1 for row in dfa.rows for entry in (*row, *padding)]
    first = sum(1 << symbol for symbol, entry in enumerate(dfa.rows[START]) if entry >> 1 != DEAD)
    begins = first & ~(1 << CONTINUATION) | 1 << END_OF_PIECE
    return WALK, shift, array("H", entries), loop_slots(dfa), members(begins)
