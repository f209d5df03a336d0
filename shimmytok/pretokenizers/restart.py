"""A list of DFAs -> one table that reads each symbol once and never starts again.

Holds the search for its states; not what they mean (`simulation.py`) nor the loop that runs the table
(`include/split_run.h`). Must equal: the walk of `_walk.pyx` through the stages, one after the other.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Final

from .classes import FIRST
from .dfa import START
from .simulation import FRESH, MAX_DROP, Config, Fresh, Rows, Scan, Simulation, TooFar, TooLarge
from .tables import Restart

__all__ = ["restart"]

MAX_AGE: Final = 3  # boundaries of age 0 and 1 are told fastest
MAX_STATES: Final = 250  # before those that do the same are made one
DROP_SHIFT: Final = 5  # of an entry: SHIM_DROPPED in split_table.h
NEXT_SHIFT: Final = 8


def restart(stages: list[Rows]) -> Restart | None:
    """The table of some stages; None when there can be none or it would be large."""
    for max_age in range(1, MAX_AGE + 1):
        try:
            return table(*explored(Simulation(stages, max_age)))
        except TooFar:
            continue
        except TooLarge:
            break
    return None


def table(rows: list[list[int]], ends: list[int], guessed: list[int]) -> Restart:
    """The table of what was explored, with states made one that do the same."""
    names = merged(rows, list(zip(ends, guessed, strict=True)))
    first = {name: state for state, name in reversed(list(enumerate(names)))}
    kept = [first[name] for name in range(len(first))]
    entries = [names[entry >> NEXT_SHIFT] << NEXT_SHIFT | entry & 0xFF for state in kept for entry in rows[state]]
    return Restart(
        len(rows[0]),
        array("I", entries),
        array("I", [ends[state] for state in kept]),
        bytes(guessed[state] for state in kept),
    )


def entry_of(drop: int, ages: int, lost: int) -> int:
    """The low byte of an entry; the age `lost` stands for many."""
    if drop > MAX_DROP or ages & lost or ages >> MAX_AGE + 1:
        raise TooFar("more than an entry can tell")
    return drop << DROP_SHIFT | ages


def explored(simulation: Simulation) -> tuple[list[list[int]], list[int], list[int]]:
    """For all configs that can be reached: (rows of entries, entries at the end, boundaries guessed)."""
    n_classes = len(simulation.stages[0][START])
    columns = [rows[START] for rows in simulation.stages]
    number: dict[Config, int] = {FRESH: 0}
    configs: list[Config] = [FRESH]
    rows, ends, guessed = [], [], []
    for config in configs:
        row = [0] * (n_classes - FIRST)
        known: dict[tuple[int, ...], int] = {}
        read = columns + [simulation.stages[level][state] for level, state in scans(0, config)]
        for symbol, column in enumerate(zip(*read, strict=True)):
            if symbol < FIRST:
                continue
            if column not in known:
                after, drop, ages = simulation.step(0, config, symbol)
                after, told = simulation.tell(0, after)
                left = simulation.guessed(0, config) - drop
                if left < 0 or simulation.guessed(0, after) > left + (ages | told).bit_count():
                    raise TooFar("a guess of what may not happen outlasts what made it")
                following = number.setdefault(after, len(configs))
                if following == len(configs):
                    configs.append(after)
                known[column] = following << NEXT_SHIFT | entry_of(drop, ages | told, simulation.lost)
            row[symbol - FIRST] = known[column]
        rows.append(row)
        drop, ages = simulation.end(0, config)
        if drop > simulation.guessed(0, config):
            raise TooFar("the same, at the end of the text")
        ends.append(entry_of(drop, ages, simulation.lost))
        guessed.append(simulation.guessed(0, config))
        if len(configs) > MAX_STATES:
            raise TooLarge(f"more than {MAX_STATES} states")
    return rows, ends, guessed


def scans(level: int, config: Config) -> Iterator[tuple[int, int]]:
    """(stage, DFA state) of all scans in `config`."""
    todo = [(level, config)]
    while todo:
        level, config = todo.pop()
        if isinstance(config, Scan):
            yield level, config.dfa_state
            todo += (level + 1, config.sub), (level, config.otherwise)
        elif isinstance(config, Fresh) and config.gap is not None:
            todo.append((level + 1, config.gap))


def merged(rows: list[list[int]], marks: list[tuple[int, int]]) -> list[int]:
    """A number for each state, the same for those that do the same for ever; state 0 has number 0 (Moore)."""
    numbers: dict[object, int] = {}
    names = [numbers.setdefault(mark, len(numbers)) for mark in marks]
    while True:
        before = len(numbers)
        numbers = {}
        names = [
            numbers.setdefault(
                (name, *[names[entry >> NEXT_SHIFT] << NEXT_SHIFT | entry & 0xFF for entry in row]), len(numbers)
            )
            for name, row in zip(names, rows, strict=True)
        ]
        if len(numbers) == before:
            return names
