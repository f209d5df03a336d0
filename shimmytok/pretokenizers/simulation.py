"""What the walks of all stages do at once, told symbol by symbol: the states of the table that `restart.py` makes.

Must equal: the walk of `_walk.pyx` through the stages, one after the other.

A walk reads on until its DFA dies, and begins again at the last accept: it reads some symbols twice, and the stages
after it read all of them again. A `Config` is instead all that the walks could be doing at one place:

- `Scan`: a scan runs in DFA state `dfa_state`. Should it die, its match ended at its last accept, and what was read
  since then has been read by `otherwise` too. `sub` is what the next stage made of the piece that is open. Boundaries
  that hold only if the match grows are in `if_longer`, those that hold only if it dies in `if_dead`.
- `Fresh`: a scan begins at the next symbol; `gap` is what the next stage made of the text without a match before it.

Sets of boundaries are sets of *ages*: bit k is the place k symbols before the one that is read. Only ages up to
`max_age` can be told. What holds whether the match grows or dies is told at once, unless something before it is open:
what `sub` or `otherwise` leave open is younger than what they have told. A boundary about to grow older is told as a
*guess*: the state remembers how many boundaries it guessed, and drops them where it proves wrong, before anything
younger is told. What must be guessed twice, or later, is refused.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from .classes import CONTINUATION, END_OF_PIECE
from .dfa import DEAD, START

__all__ = ["FRESH", "Config", "Move", "Rows", "Scan", "Simulation", "TooFar", "TooLarge"]

MAX_DROP: Final = 3
HERE: Final = 1  # the set of age 0

Rows = list[list[int]]


class TooFar(Exception):
    """A boundary is known too late for the table to tell."""


class TooLarge(Exception):
    """The table would have too many states."""


class Fresh(NamedTuple):
    gap: Config | None


class Scan(NamedTuple):
    dfa_state: int
    if_longer: int
    sub: Config
    if_dead: int
    otherwise: Config
    guess: int  # NO_GUESS, or which of the two sets was told as if it held
    guessed: int  # how many boundaries


class Done(NamedTuple):
    """Behind the last stage: nothing splits a piece any more."""


Config = Fresh | Scan | Done
Move = tuple[Config, int, int]  # state behind the symbol, boundaries dropped, ages of those that hold

NO_GUESS: Final = 0
GUESS_DEAD: Final = 1
GUESS_LONGER: Final = 2
FRESH: Final = Fresh(None)
DONE: Final = Done()


def oldest(ages: int) -> int:
    """The set of the oldest one; empty when `ages` is."""
    return 1 << ages.bit_length() - 1 if ages else 0


def is_sure(row: list[int]) -> bool:
    """Whether a match may end before every symbol."""
    return all(entry & 1 for symbol, entry in enumerate(row) if symbol != CONTINUATION)


def without(states: set[int], if_dead: int, otherwise: Config) -> tuple[int, Config]:
    """`if_dead` and `otherwise` of a scan, without scans in `states`, those of the scans they wait for.

    Scans in one state accept, and die, together: the inner one counts for nothing but the boundary it begins at. So
    there are no more scans in a config than a DFA has states.
    """
    while isinstance(otherwise, Scan) and otherwise.dfa_state in states:
        if_dead, otherwise = if_dead | otherwise.if_dead, otherwise.otherwise
    if isinstance(otherwise, Scan):
        inner = without(states | {otherwise.dfa_state}, otherwise.if_dead, otherwise.otherwise)
        otherwise = otherwise._replace(if_dead=inner[0], otherwise=inner[1])
    return if_dead, otherwise


class Simulation:
    """What the walks of some stages do, symbol by symbol."""

    def __init__(self, stages: list[Rows], max_age: int) -> None:
        self.stages = stages
        self.fresh: list[Config] = [*[FRESH] * len(stages), DONE]
        self.sure = [[is_sure(row) for row in rows] for rows in stages]  # a match may end before any symbol
        self.now_or_never = 1 << max_age + 1  # was `max_age` a symbol ago
        self.lost = 1 << max_age + 2  # and all that are older

    def older(self, ages: int) -> int:
        """The same boundaries, seen from the next symbol."""
        return (ages & ~self.lost) << 1 | ages & self.lost

    def certain(self, ages: int) -> int:
        """Boundaries that are told now, seen from the symbol just read."""
        if ages & self.lost:
            raise TooFar("a boundary is older than can be told")
        return ages >> 1

    def scan(
        self, state: int, if_longer: int, sub: Config, if_dead: int, otherwise: Config, guess: int, guessed: int
    ) -> Scan:
        """A scan behind the symbol just read, with ages seen from the next one."""
        if_dead, otherwise = without({state}, self.older(if_dead), otherwise)
        return Scan(state, self.older(if_longer), sub, if_dead, otherwise, guess, guessed)

    def step(self, level: int, config: Config, symbol: int) -> Move:
        """Read a symbol in what stage `level` does."""
        if isinstance(config, Scan):
            return self.step_scan(level, config, symbol)
        if isinstance(config, Fresh):
            return self.begin(level, config.gap, symbol)
        return config, 0, 0

    def step_without_drop(self, level: int, config: Config, symbol: int) -> tuple[Config, int]:
        """`step` where it is not yet known whether it happens."""
        after, drop, ages = self.step(level, config, symbol)
        if drop:
            raise TooFar("a guess fails in what may not happen")
        return after, ages

    def begin(self, level: int, gap: Config | None, symbol: int) -> Move:
        """A scan begins with `symbol`; before it is text without a match when `gap` is given."""
        state = self.stages[level][START][symbol] >> 1
        unmatched = self.fresh[level + 1] if gap is None else gap
        if state == DEAD:
            sub, drop, ages = self.step(level + 1, unmatched, symbol)
            return Fresh(sub), drop, ages
        drop, before = (0, 0) if gap is None else self.end(level + 1, gap)
        if gap is not None:
            before |= HERE
        sub, ages = self.step_without_drop(level + 1, self.fresh[level + 1], symbol)
        if self.sure[level][state]:
            return self.scan(state, ages, sub, 0, FRESH, NO_GUESS, 0), drop, before
        if drop:
            raise TooFar("a guess fails if there is a match")
        rest, if_dead = self.step_without_drop(level + 1, unmatched, symbol)
        return self.scan(state, before | ages, sub, if_dead, Fresh(rest), NO_GUESS, 0), 0, 0

    def step_scan(self, level: int, config: Scan, symbol: int) -> Move:
        """A scan reads `symbol`; the match may end before it."""
        state, if_longer, sub, if_dead, otherwise, guess, guessed = config
        entry = self.stages[level][state][symbol]
        following = entry >> 1
        dies = following == DEAD
        drop = ages = 0
        if entry & 1:
            drop = guessed if guess == GUESS_DEAD else 0
            ages, if_longer, if_dead, otherwise, guess, guessed = if_longer, 0, 0, FRESH, NO_GUESS, 0
            if dies or not self.sure[level][following]:
                undone, if_dead = self.end(level + 1, sub)
                if undone and not dies:
                    raise TooFar("a guess fails if the match ends")
                drop += undone
                if_dead |= HERE
        elif dies and guess == GUESS_LONGER:
            drop = guessed
        if dies:
            after, undone, more = self.step(level, otherwise, symbol)
            return after, drop + undone, ages | if_dead | more
        if self.sure[level][following]:
            sub, undone, more = self.step(level + 1, sub, symbol)
            if undone and not self.sure[level][state]:
                raise TooFar("a guess fails if the match goes on")
            drop += undone + (guessed if guess == GUESS_DEAD else 0)
            return self.scan(following, if_longer | more, sub, 0, FRESH, NO_GUESS, 0), drop, ages
        otherwise, more = self.step_without_drop(level, otherwise, symbol)
        sub, longer = self.step_without_drop(level + 1, sub, symbol)
        return self.scan(following, if_longer | longer, sub, if_dead | more, otherwise, guess, guessed), drop, ages

    def end(self, level: int, config: Config) -> tuple[int, int]:
        """What holds should the piece end here: (boundaries dropped, ages)."""
        if isinstance(config, Scan):
            accepts = self.stages[level][config.dfa_state][END_OF_PIECE] & 1
            failed = config.guess == (GUESS_DEAD if accepts else GUESS_LONGER)
            if accepts:
                drop, ages = self.end(level + 1, config.sub)
            else:
                drop, ages = self.end(level, config.otherwise)
            ages |= config.if_longer if accepts else config.if_dead
            return drop + config.guessed * failed, ages
        if isinstance(config, Fresh) and config.gap is not None:
            return self.end(level + 1, config.gap)
        return 0, 0

    def tell(self, level: int, config: Config) -> tuple[Config, int]:
        """Tell what is certain in what `config`, which is, keeps, and what must be told now: (config, ages)."""
        if isinstance(config, Fresh) and config.gap is not None:
            gap, ages = self.tell(level + 1, config.gap)
            return Fresh(gap), ages
        if not isinstance(config, Scan):
            return config, 0
        if self.sure[level][config.dfa_state]:
            sub, ages = self.tell(level + 1, config.sub)
            return config._replace(if_longer=0, sub=sub), ages | self.certain(config.if_longer)
        guess, if_dead, if_longer = config.guess, config.if_dead, config.if_longer
        sure = 0
        if guess == NO_GUESS:
            both = if_dead & if_longer & -(1 << (if_dead ^ if_longer).bit_length())  # nothing before them is open
            if_dead, if_longer, sure = if_dead ^ both, if_longer ^ both, self.certain(both)
            late = [kind == self.now_or_never for kind in (oldest(if_dead), oldest(if_longer))]
            guess = GUESS_DEAD if late[0] else GUESS_LONGER if late[1] else NO_GUESS
        if guess == NO_GUESS:
            return config._replace(if_dead=if_dead, if_longer=if_longer), sure
        ages = self.certain(if_dead if guess == GUESS_DEAD else if_longer)
        guessed = config.guessed + ages.bit_count()
        if guessed > MAX_DROP:
            raise TooFar("too many guesses")
        if guess == GUESS_DEAD:
            if_dead = 0
        else:
            if_longer = 0
        return config._replace(if_dead=if_dead, if_longer=if_longer, guess=guess, guessed=guessed), ages | sure

    def guessed(self, level: int, config: Config) -> int:
        """How many boundaries were told that may yet prove wrong."""
        while True:
            if isinstance(config, Fresh) and config.gap is not None:
                config = config.gap
            elif isinstance(config, Scan) and config.guess == NO_GUESS and self.sure[level][config.dfa_state]:
                config = config.sub
            else:
                return config.guessed if isinstance(config, Scan) else 0
            level += 1
