"""Seams of the one table: a text that is cut there is split as the whole is."""

from __future__ import annotations

import random
from array import array

import pytest
from random_lists import random_regex, table_of

from shimmytok.pretokenizers.classes import partition
from shimmytok.pretokenizers.dfa import charsets_of
from shimmytok.pretokenizers.regex import parse
from shimmytok.pretokenizers.splitters import compile_patterns
from shimmytok.pretokenizers.tables import Restart


def escaped(text: str) -> bytes:
    return text.replace(" ", "\u2581").encode()


def seams(patterns: tuple[str, ...], text: str, rng: random.Random) -> int:
    """Look for seams in stretches of a text, and cut it there: how many were found."""
    splitter = compile_patterns(patterns)
    n_seams = 0
    for escapes in (False, False, False, True):
        start = rng.randrange(len(text))
        stretch = text[start : start + rng.randint(6, 63)]
        place = splitter.seam(stretch.encode(), escapes)
        if place:
            n_seams += 1
            encode = escaped if escapes else str.encode
            whole, at = encode(text), len(encode(text[:start])) + len(encode(stretch.encode()[:place].decode()))
            ends = splitter.split(whole[:at]) + [at + end for end in splitter.split(whole[at:])]
            assert ends == splitter.split(whole), (patterns, text, at)
    return n_seams


@pytest.mark.parametrize(
    ("patterns", "text"),
    [
        ((r"[ab]+|[^ab ](?!\S)",), "ab1 ab1ab 1 b1 a11 "),
        ((r"(?:b*[^ab ])?\S(?!\S)",), "bb1a b1 ab bbb1 a1"),
        ((r"\s+(?!\S)|\s+", r"[ab]{1,3}"), "a  ab   b  aab    "),
    ],
)
def test_seams_of_lists_that_no_vocabulary_has(patterns: tuple[str, ...], text: str) -> None:
    rng = random.Random(8)
    assert sum(seams(patterns, (text[k:] + text[:k]) * 6, rng) for k in range(len(text)) for _ in range(40)) > 10


def random_table(rng: random.Random, n_symbols: int, n_states: int) -> Restart:
    """One that is not of any list: what a symbol tells, and drops, is all that may be."""
    guessed = bytes([0, *(rng.choice([0, 0, 1, 2]) for _ in range(n_states - 1))])
    usual = [rng.randrange(n_states) for _ in range(n_symbols)]
    entries = array("I")
    for state in range(n_states):
        for symbol in range(n_symbols):
            ages = rng.choice([0, 0, 1, 1, 1, 2, 4, 8, 3, 9])
            dropped = rng.randint(0, guessed[state]) if rng.random() < 0.4 else 0
            left = guessed[state] - dropped + ages.bit_count()
            following = usual[symbol] if rng.random() < 0.8 else rng.randrange(n_states)
            entries.append((following if guessed[following] <= left else 0) << 8 | dropped << 5 | ages)
    ends = [rng.randint(0, count) << 5 | rng.choice([0, 0, 2, 4, 8]) for count in guessed]
    return Restart(n_symbols, entries, array("I", ends), guessed)


def plain_ends(table: Restart, symbols: list[int]) -> list[int]:
    """The boundaries of a text, and its end."""
    boundaries: set[int] = set()

    def tell(entry: int, ages: int, at: int) -> None:
        boundaries.difference_update(sorted(boundaries, reverse=True)[: entry >> 5 & 3])
        boundaries.update(at - k for k in range(4) if ages >> k & 1)

    state = 0
    for at, symbol in enumerate(symbols):
        entry = table.entries[state * table.n_symbols + symbol]
        tell(entry, entry & 15, at)
        state = entry >> 8
    tell(table.ends[state], (table.ends[state] & 15) >> 1, len(symbols) - 1)
    return [*sorted(at for at in boundaries if at > 0), len(symbols)]


def test_seams_of_random_tables() -> None:
    rng = random.Random(10)
    classes = partition(list(charsets_of(parse("a|b|c"))))
    make = type(compile_patterns(("a",)))
    numbers = {c: classes.ascii[ord(c)] - 2 for c in "abc "}
    n_seams = 0
    for _ in range(3000):
        table = random_table(rng, 4, rng.randint(2, 6))
        splitter = make(classes.ascii, classes.page_of, classes.pages, [(1, 0, array("H"), b"", bytes(256))], table)
        for _ in range(4):
            text = "".join(rng.choice("abc ") for _ in range(60))
            start = rng.randrange(40)
            place = splitter.seam(text[start : start + rng.randint(8, 30)].encode())
            if not place:
                continue
            n_seams += 1
            symbols, at = [numbers[c] for c in text], start + place
            parts = plain_ends(table, symbols[:at]) + [at + end for end in plain_ends(table, symbols[at:])]
            assert parts == plain_ends(table, symbols), (table, text, start, place)
    assert n_seams > 1000


def test_seams_of_random_lists() -> None:
    rng = random.Random(9)
    n_seams = n_tables = 0
    while n_tables < 400:
        patterns = tuple(random_regex(rng, 1) for _ in range(rng.choice([1, 1, 2, 3])))
        try:
            n_tables += table_of(patterns) is not None
        except ValueError:
            continue
        for size in [12, 28, 60, 120] * 8:
            alphabet = rng.sample("ab1 \né", rng.randint(2, 6))
            text = "".join(rng.choice(alphabet) * rng.choice([1, 1, 2, 3]) for _ in range(size))
            n_seams += seams(patterns, text, rng)
    assert n_seams > 5000
