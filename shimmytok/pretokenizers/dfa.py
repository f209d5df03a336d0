"""Syntax tree -> ordered NFA -> DFA over symbol classes.

Holds the construction; not the classes (`classes.py`), the proof that running it is linear (`linear.py`), nor the
loop that runs it (`_walk.pyx`).

A DFA state is the list of NFA places that are still alive, most preferred first; an accept drops all places behind
it. That is backtracking order (ECMAScript, leftmost-first), not the longest match. Must equal: std::regex_search at
one position, as unicode_regex_split_stl uses it.

`rows[state][class] = next << 1 | accept`; accept: the match may end *before* this symbol, so `(?!\\S)` is decided by
the symbol that follows. State 0 is dead, state 1 the start.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from .classes import CONTINUATION, END_OF_PIECE, Classes
from .regex import SPACES, Alternation, Characters, Charset, Concatenation, Node, Repeat, SpaceOrEnd

__all__ = ["DEAD", "MAX_STATES", "START", "Dfa", "build", "charsets_of"]

DEAD: Final = 0
START: Final = 1
MAX_STATES: Final = 1 << 12
ACCEPT: Final = 0  # the NFA place where a match ends

Step = tuple[bool, list[tuple[tuple[int, ...], int]]]  # accepts, [(classes read, place behind them)]


class Dfa(NamedTuple):
    """`rows[state][class]`, as told at the head of this file."""

    rows: list[list[int]]


def charsets_of(node: Node) -> dict[Charset, None]:
    """The sets that occur in a tree, in order."""
    found: dict[Charset, None] = {}
    todo = [node]
    while todo:
        node = todo.pop()
        if isinstance(node, Characters):
            found.update(dict.fromkeys(node.charsets))
        elif isinstance(node, SpaceOrEnd):
            found[SPACES] = None
        elif isinstance(node, Repeat):
            todo.append(node.part)
        else:
            todo += node.parts if isinstance(node, Concatenation) else node.branches
    return found


def may_be_empty(node: Node) -> bool:
    """Whether `node` can match no character."""
    if isinstance(node, Characters):
        return False
    if isinstance(node, Concatenation):
        return all(map(may_be_empty, node.parts))
    if isinstance(node, Alternation):
        return any(map(may_be_empty, node.branches))
    return isinstance(node, SpaceOrEnd) or node.low == 0 or may_be_empty(node.part)


class Nfa:
    """Places, each told by the one after it; place 0 accepts.

    `reads[place]` is a bit mask of classes and `after[place]` the place behind that symbol; the other places read
    nothing: `choices[place]` are where to go on, in order of preference, and `guarded` ones need a space or the end.
    """

    def __init__(self, classes: Classes) -> None:
        self.classes = classes
        self.reads: list[int] = [0]
        self.after: list[int] = [ACCEPT]
        self.choices: list[list[int]] = [[]]
        self.guarded: set[int] = set()

    def place(self, reads: int = 0, after: int = ACCEPT, choices: list[int] | None = None) -> int:
        self.reads.append(reads)
        self.after.append(after)
        self.choices.append([] if choices is None else choices)
        return len(self.reads) - 1

    def add(self, node: Node, after: int) -> int:
        """The place where `node` begins, when what follows it begins at `after`."""
        if isinstance(node, Characters):
            mask = -1
            for charset in node.charsets:
                mask &= self.classes.members[charset]
            return self.place(mask, after)
        if isinstance(node, Concatenation):
            for part in reversed(node.parts):
                after = self.add(part, after)
            return after
        if isinstance(node, Alternation):
            return self.place(choices=[self.add(branch, after) for branch in node.branches])
        if isinstance(node, Repeat):
            return self.add_repeat(node, after)
        guard = self.place(choices=[after])
        self.guarded.add(guard)
        return guard

    def add_repeat(self, node: Repeat, after: int) -> int:
        if may_be_empty(node.part):
            raise ValueError("a repeated part may be empty")
        if node.high is None:
            begin = self.place()
            self.choices[begin] += self.add(node.part, begin), after
        else:
            begin = after
            for _ in range(node.low, node.high):
                begin = self.place(choices=[self.add(node.part, begin), after])
        for _ in range(node.low):
            begin = self.add(node.part, begin)
        return begin

    def reached(self, place: int, guards_hold: bool) -> list[int]:
        """The reading places, and ACCEPT, that `place` leads to without a symbol; most preferred first."""
        found: dict[int, None] = {}
        seen: set[int] = set()
        todo = [place]
        while todo:
            place = todo.pop()
            if place in seen or (place in self.guarded and not guards_hold):
                continue
            seen.add(place)
            if place == ACCEPT or self.reads[place]:
                found[place] = None
            todo += reversed(self.choices[place])
        return list(found)


class Determinizer:
    """Makes the states that can be reached, one row at a time."""

    def __init__(self, nfa: Nfa, start: int) -> None:
        self.nfa = nfa
        count = nfa.classes.n
        spaces = nfa.classes.members[SPACES] | 1 << END_OF_PIECE if nfa.guarded else 0
        self.sides = [(False, ((1 << count) - 1) & ~(spaces | 1 << CONTINUATION))]
        if spaces:
            self.sides.append((True, spaces))
        self.steps: list[dict[int, Step]] = [{}, {}]
        self.number: dict[tuple[int, ...], int] = {(): DEAD, (start,): START}
        self.states: list[tuple[int, ...]] = [(), (start,)]

    def state(self, places: tuple[int, ...]) -> int:
        number = self.number.setdefault(places, len(self.states))
        if number == len(self.states):
            if number == MAX_STATES:
                raise ValueError(f"more than {MAX_STATES} states")
            self.states.append(places)
        return number

    def step(self, place: int, guards_hold: bool, side: int) -> Step:
        """What one place does, for next symbols of one side."""
        moves: list[tuple[tuple[int, ...], int]] = []
        for reached in self.nfa.reached(place, guards_hold):
            if reached == ACCEPT:
                return True, moves
            mask = self.nfa.reads[reached] & side
            moves.append((bits(mask), self.nfa.after[reached]))
        return False, moves

    def row(self, state: int) -> list[int]:
        row = [DEAD] * self.nfa.classes.n
        for number, (guards_hold, side) in enumerate(self.sides):
            known = self.steps[number]
            alive: dict[int, list[int]] = {}
            accepts = False
            for place in self.states[state]:
                if place not in known:
                    known[place] = self.step(place, guards_hold, side)
                accepts, moves = known[place]
                for classes, after in moves:
                    for symbol in classes:
                        places = alive.setdefault(symbol, [])
                        if after not in places:
                            places.append(after)
                if accepts:
                    break
            for symbol in bits(side):
                row[symbol] = self.state(tuple(alive.get(symbol, ()))) << 1 | accepts
        row[CONTINUATION] = state << 1
        return row


def bits(mask: int) -> tuple[int, ...]:
    """The numbers of the bits that are set."""
    return tuple(number for number in range(mask.bit_length()) if mask >> number & 1)


def build(tree: Node, classes: Classes) -> Dfa:
    """The DFA of `tree`; raises ValueError when it can match nothing or is too large."""
    if may_be_empty(tree):
        raise ValueError("the regex may match no character")
    nfa = Nfa(classes)
    states = Determinizer(nfa, nfa.add(tree, ACCEPT))
    rows = [[DEAD] * classes.n]
    while len(rows) < len(states.states):
        rows.append(states.row(len(rows)))
    return Dfa(rows)
