"""Why running a DFA over a text takes linear time, checked for each DFA that is built.

A scan that dies long after its last accept is begun again at that accept, and might read the same text over and over.
Look at the moves without accept between live states. `loop_slots` checks that

1. their only cycles are states that lead to themselves (*loops*), and
2. none of their paths holds two loops.

So what a scan reads beyond its last accept (or beyond its start, when it has none) is a bounded number of symbols and
the stay in one loop. The walker remembers, for each loop, the latest long stay that led to nothing; a later scan that
is in that loop within that stay stops at once, for a DFA does the same again. Hence each symbol is read in a vain stay
a bounded number of times, and the walk is linear.
"""

from __future__ import annotations

from typing import Final

from .classes import CONTINUATION
from .dfa import DEAD, Dfa

__all__ = ["MAX_LOOPS", "loop_slots"]

MAX_LOOPS: Final = 8  # as in _scratch.pxd


def vain_moves(dfa: Dfa) -> tuple[list[set[int]], set[int]]:
    """(the other live states each state leads to without accept, the loops)."""
    others: list[set[int]] = [set() for _ in dfa.rows]
    loops = set()
    for state, row in enumerate(dfa.rows):
        for symbol, entry in enumerate(row):
            following = entry >> 1
            if entry & 1 or following == DEAD or symbol == CONTINUATION:
                continue
            if following == state:
                loops.add(state)
            else:
                others[state].add(following)
    return others, loops


def loop_slots(dfa: Dfa) -> bytes:
    """For each state 0, or 1 + the number of the loop it is; raises ValueError when walking `dfa` may not be linear."""
    others, loops = vain_moves(dfa)
    if len(loops) > MAX_LOOPS:
        raise ValueError(f"more than {MAX_LOOPS} loops without accept")
    before = [0] * len(others)  # how many moves lead here from states not yet visited
    for states in others:
        for state in states:
            before[state] += 1
    todo = [state for state, count in enumerate(before) if count == 0]
    visited = 0
    behind_loop = [False] * len(others)
    while todo:
        state = todo.pop()
        visited += 1
        if behind_loop[state] and state in loops:
            raise ValueError(f"a scan without accept may stay in state {state} after it stayed in another")
        for following in others[state]:
            behind_loop[following] |= behind_loop[state] or state in loops
            before[following] -= 1
            if before[following] == 0:
                todo.append(following)
    if visited < len(others):
        raise ValueError("a scan without accept may go round several states")
    slots = bytearray(len(others))
    for number, state in enumerate(sorted(loops)):
        slots[state] = number + 1
    return bytes(slots)
