"""The one table for a whole list of regexes against the walk through its stages, on every level of instructions."""

from __future__ import annotations

import random
from array import array

import pytest
from random_lists import random_regex, table_of
from test_pretokenizers_split import ALPHABET, EVERY_LIST, SPICE

from shimmytok.pretokenizers.classes import partition
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
