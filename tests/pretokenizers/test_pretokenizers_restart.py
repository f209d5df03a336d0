"""The one table for a whole list of regexes against the walk through its stages, on every level of instructions."""

from __future__ import annotations

import random
from array import array

import pytest
from test_pretokenizers_split import ALPHABET, EVERY_LIST, SPICE

from shimmytok.pretokenizers.classes import partition
from shimmytok.pretokenizers.compiling import compiled
from shimmytok.pretokenizers.dfa import charsets_of
from shimmytok.pretokenizers.patterns import PRE
from shimmytok.pretokenizers.regex import parse
from shimmytok.pretokenizers.splitters import compile_patterns
from shimmytok.pretokenizers.tables import Restart

BLOCK = 16384  # SHIM_BLOCK
SHORT = 64  # SHIM_SHORT
SHORT_ASCII = 256  # SHIM_SHORT_ASCII

# Digits counted from the right before other stages, a look-ahead of 512 or without end: no table does that.
WITHOUT_TABLE = {PRE[name].patterns for name in ("afmoe", "jais-2", "chameleon")}


def table_of(patterns: tuple[str, ...]) -> Restart | None:
    return compiled(patterns)[4]


def random_text(rng: random.Random, n: int) -> bytes:
    """About `n` bytes: of few characters or many, of short runs or runs longer than a block."""
    alphabet = rng.sample(ALPHABET, rng.choice([2, 5, 20, len(ALPHABET)])) + rng.sample(SPICE, 2)
    alphabet += rng.choice([[" ", "\n"], list("abc def\n    "), []])
    lengths = rng.choice([[1], [1, 1, 2, 9], [1, 3, 70, 700], [1, BLOCK + 100]])
    parts: list[str] = []
    left = n
    while left > 0:
        parts.append((rng.choice(alphabet) * rng.choice(lengths))[:n])
        left -= len(parts[-1])
    return "".join(parts)[:n].encode()


def agree(patterns: tuple[str, ...], text: bytes) -> None:
    splitter = compile_patterns(patterns)
    ends = splitter.split(text, plain=True)
    assert splitter.split(text) == ends, text[:200]
    assert splitter.count(text) == len(ends)


@EVERY_LIST
def test_which_lists_have_a_table(patterns: tuple[str, ...]) -> None:
    assert (table_of(patterns) is None) == (patterns in WITHOUT_TABLE)


@EVERY_LIST
def test_short_texts(level: str, patterns: tuple[str, ...]) -> None:
    rng = random.Random(1)
    for _ in range(200):
        agree(patterns, random_text(rng, rng.randrange(SHORT + 2)))
        for most in (SHORT, SHORT_ASCII):
            ascii_only = random_text(rng, 4 * most).decode(errors="ignore").encode("ascii", "ignore")
            agree(patterns, ascii_only[: rng.randrange(most + 2)])
            words = b" ".join(rng.choices([b"a", b"it's", b"The", b"word,", b"we'll", b"12", b"x.y", b"--"], k=most))
            agree(patterns, words[: rng.randrange(most + 2)])


@EVERY_LIST
def test_texts_of_one_block(level: str, patterns: tuple[str, ...]) -> None:
    rng = random.Random(2)
    for n in [*range(60, 70), *range(120, 135), 255, 256, 257, 600, 1500, 6000]:
        agree(patterns, random_text(rng, n))


@pytest.mark.parametrize("name", ["gpt-2", "gpt-4o", "qwen2", "deepseek-v3"])
def test_all_characters(level: str, name: str) -> None:
    """Each behind a letter and a sign, so that its symbol shows: lead bytes stand for symbols where all agree."""
    for first in range(0x80, 0x20000, 0x800):
        text = "".join(f"a{chr(c)}!{chr(c)}" for c in range(first, first + 0x800))
        agree(PRE[name].patterns, text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("name", ["gpt-2", "gpt-4o", "deepseek-v3"])
def test_texts_in_one_alphabet_or_two(level: str, name: str) -> None:
    """Many characters of one page become symbols together, wherever they stand among those of another, and ASCII."""
    rng = random.Random(4)
    pages = [0x00, 0x01, 0x03, 0x04, 0x06, 0x09, 0x0E, 0x20, 0x30, 0xA8, 0xAC, 0xD7, 0xFF, 0x1D4, 0x1F3, 0x1F6]
    for _ in range(300):
        alphabet = [chr(page << 8 | low) for page in rng.sample(pages, rng.choice([1, 1, 2, 3])) for low in range(256)]
        alphabet = [c for c in alphabet if ord(c) >= 0x80] + list("ab  1.\n") * rng.choice([1, 20, 100])
        agree(PRE[name].patterns, "".join(rng.choices(alphabet, k=rng.randrange(20, 200))).encode())


@EVERY_LIST
def test_texts_of_several_blocks(level: str, patterns: tuple[str, ...]) -> None:
    rng = random.Random(3)
    for n in (BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 77):
        agree(patterns, random_text(rng, n))


@pytest.mark.parametrize("name", ["gpt-2", "llama3", "gpt-4o", "deepseek-v3", "falcon", "deepseek-coder", "kimi-k2"])
def test_what_is_at_a_border_of_blocks(level: str, name: str) -> None:
    """Every way that a few characters can lie across the border, of ASCII and of other blocks."""
    patterns = PRE[name].patterns
    for before in ("a", "é", "a b "):
        head = (before * BLOCK).encode()[: BLOCK - 4 if before == "a b " else BLOCK - 12].decode()
        for middle in (
            "\n    x",
            "\n    \n",
            "  \n  \n x",
            "'ll 12345",
            "中文 中",
            "!!\n\n",
            "don't  stop",
            "😀é  ١٢٣",
        ):
            for shift in range(14):
                agree(patterns, (head + "b" * shift + middle + " tail 1\n  " * 9).encode())


@pytest.mark.parametrize("name", ["gpt-2", "llama3", "gpt-4o", "deepseek-v3", "viking", "laguna"])
def test_all_pairs_repeated(level: str, name: str) -> None:
    """Texts in which a cut for several cursors may be nowhere."""
    for first in " \nA1'!é":
        for second in " a'中\t":
            agree(PRE[name].patterns, ((first + second) * 700 + "x" + first * 700).encode())


def test_a_table_too_large_to_be_squared(level: str) -> None:
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFG"
    patterns = ("|".join(f"{letter}{chr(ord('à') + i)}" for i, letter in enumerate(letters)),)
    table = table_of(patterns)
    assert table is not None
    assert len(table.ends) * table.n_symbols**2 > 1 << 16
    rng = random.Random(4)
    characters = letters + "".join(chr(ord("à") + i) for i in range(len(letters)))
    for n in (10, 100, 1000, BLOCK, 2 * BLOCK + 1):
        agree(patterns, "".join(rng.choice(characters + "aàaà") for _ in range(n)).encode())


def test_guesses_that_fail(level: str) -> None:
    """A line of white space only: the boundary after the first line break was told, and is taken back."""
    patterns = PRE["llama3"].patterns
    table = table_of(patterns)
    assert table is not None
    assert any(table.guessed)
    for n in range(1, 40):
        agree(patterns, (("x\n" + " " * n + "\n" + "y\n" + " " * n + "z") * 60).encode())
        agree(patterns, ("x" * (BLOCK - 5) + "\n" + " " * n + "\n" + "y" * 100).encode())


@pytest.mark.parametrize(
    ("patterns", "text"),
    [
        # What holds either way must not be told before what is older and open.
        ((r"[^ b]\s{2}", " "), "111   aa bbbb   bbb111bbb"),
        (("[b1][^ b][ab]", "[a1]"), " bbba1a1"),
        ((r"b(?!\S)", r" +(?!\S)|[b1]"), "aaa11bbb111a111a11b   b"),
        # A guess that has failed is taken back before anything younger is told.
        (("[b1]a", r"  *(?!\S)"), "   baaa bbb"),
        ((r"(?:[^1\s]*[^a])", r"\s| "), "111bbbbaaa a"),
        # A guess in what may not happen outlasts the scan that made it: no table.
        ((r"1(?!\S)", r" a{1,3}[b1]*(?!\S)"), "1 1 aab 1 aaa1 b"),
    ],
)
def test_lists_that_no_vocabulary_has(patterns: tuple[str, ...], text: str) -> None:
    for n in range(1, len(text) + 1):
        agree(patterns, text[:n].encode())
    agree(patterns, (text * 40).encode())


def random_regex(rng: random.Random, depth: int) -> str:
    """Over a few characters, with what a scan may have read in vain."""
    branches = []
    for _ in range(rng.choice([1, 1, 2, 3])):
        parts = []
        for _ in range(rng.randint(1, 3)):
            atom = rng.choice(["a", "b", "[ab]", "1", "[a1]", "[^a]", "[^ b]", " ", r"\s", r"[^1\s]", "[b1]"])
            if depth and rng.random() < 0.3:
                atom = f"(?:{random_regex(rng, depth - 1)})"
            parts.append(atom + rng.choice(["", "", "", "*", "+", "?", "{2}", "{1,3}"]))
        branches.append("".join(parts) + (r"(?!\S)" if rng.random() < 0.2 else ""))
    return "|".join(branches)


def test_random_lists(level: str) -> None:
    rng = random.Random(6)
    n_tables = 0
    while n_tables < 300:
        patterns = tuple(random_regex(rng, 1) for _ in range(rng.choice([1, 2, 2, 3])))
        try:
            n_tables += table_of(patterns) is not None
        except ValueError:  # a regex that may match nothing, or that might not take linear time
            continue
        for size in [3, 6, 12, 12, 28] * 10:
            agree(patterns, "".join(rng.choice("ab1 ") * rng.choice([1, 1, 2, 3]) for _ in range(size)).encode())


def seams(patterns: tuple[str, ...], text: str, rng: random.Random) -> int:
    """Look for seams in stretches of a text, and cut it there: how many were found."""
    splitter, whole = compile_patterns(patterns), text.encode()
    n_seams = 0
    for _ in range(4):
        start = rng.randrange(len(text))
        before = len(text[:start].encode())
        at = before + splitter.seam(text[start : start + rng.randint(6, 63)].encode())
        if at > before:
            n_seams += 1
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


@pytest.mark.parametrize(
    ("entry", "problem"),
    [(2 << 8, "no such entry"), (1 << 5, "no such entry"), (16, "no such entry"), (1 << 8, "has not told")],
)
def test_tables_that_are_refused(entry: int, problem: str) -> None:
    """What would read or write outside of the memory there is."""
    tree = parse("a")
    classes = partition(list(charsets_of(tree)))
    stages = [(1, 0, array("H"), b"", bytes(256))]
    make = type(compile_patterns(("a",)))
    table = Restart(2, array("I", [entry, 0, 0, 0]), array("I", [0, 0]), bytes([0, 1]))
    with pytest.raises(ValueError, match=problem):
        make(classes.ascii, classes.page_of, classes.pages, stages, table)
    with pytest.raises(ValueError, match="drops more at the end"):
        make(
            classes.ascii,
            classes.page_of,
            classes.pages,
            stages,
            table._replace(entries=array("I", [0, 0, 0, 0]), ends=array("I", [1 << 5, 0])),
        )
    scanner = (1, 0, array("H"), b"", bytes(256))
    with pytest.raises(ValueError, match="stage 0 is a scanner"):
        make(
            classes.ascii,
            classes.page_of,
            classes.pages,
            [scanner, scanner],
            table._replace(entries=array("I", [0] * 4)),
        )
