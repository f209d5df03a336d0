"""Every list of regexes: the compiled splitter against tests/oracle/split.py."""

from __future__ import annotations

import time
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.split import split
from shimmytok.pretokenizers.compiling import parsed
from shimmytok.pretokenizers.patterns import PRE
from shimmytok.pretokenizers.splitters import compile_patterns

LISTS = {pre.patterns: name for name, pre in reversed(PRE.items())}  # list -> the first name that has it
EVERY_LIST = pytest.mark.parametrize("patterns", LISTS, ids=LISTS.values())

# Every class of every list has a member here; test_the_alphabet_is_complete checks it.
ALPHABET = (
    "\x00\t\n\x0b\r !\"#$%&'()*+,-./0129:;<=>?@ABCDE"
    "FGHIJLMNQRSTUVWXYZ[\\]^_`abdeilmnrstvxz{|}~\x7f"
    "\u00a0\u00a2\u00ab\u00ad\u00b2\u00b5\u00e9\u01c5\u0294\u02b0\u0301\u060c\u0627\u0663\u06d4\u0964\u0e01"
    "\u0e47\u0e4f\u0e50\u0f0b\u10a0\u1100\u2014\u2018\u2019\u201c\u201d\u2026\u3000\u3001\u3002\u3005\u3007"
    "\u3008\u302a\u3040\u3041\u3099\u309b\u30a1\u30fc\u3100\u3105\u3131\u3400\u4e00\u4e2d\u8c48\u9fff\ua000"
    "\uaa60\uac01\ud7a3\ud7af\ue000\uf900\ufa0e\ufb50\ufe30\uff01\uff0c\uff1a\uff1b\uff1f\uff21\uff41\uff66"
    "\uffe5\U00010400\U0001d7ce\U0001f600\U00020000\U0002fa1f"
)
SPICE = [
    *("'s", "'S", "'Re", "'ll", "'VE", "A'", "aB", "éA", "Éa", "中文a", "e\u0301", "\u0301\u0301"),
    *("<sentinel:12>", "<sentinel:1", "IMGIMGABZ", "IMGIMGJ", "12345678", "\u0663\u0664\u06651"),
    *("  ", "    ", " \n", "\r\n", "\n\n", "\t ", "!\n", "/\r", " !"),
]


def agree(patterns: tuple[str, ...], text: str) -> None:
    assert compile_patterns(patterns).split(text.encode("utf-8", "surrogatepass")) == split(patterns, text), ascii(text)


def classes_of(patterns: tuple[str, ...]):
    """The symbol classes of a list."""
    return parsed(patterns)[2]


def every_class(patterns: tuple[str, ...]) -> bytes:
    """The class of each code point."""
    classes = classes_of(patterns)
    pages = b"".join(classes.pages[page << 8 : (page + 1) << 8] for page in classes.page_of)
    return classes.ascii + pages[128:]


@pytest.mark.parametrize("name", PRE)
def test_every_name_splits(name: str) -> None:
    agree(PRE[name].patterns, "Hello, I'll pay $1234.50 for  a\n\n\tcafé 中文!  ")


@EVERY_LIST
def test_the_alphabet_is_complete(patterns: tuple[str, ...]) -> None:
    of_code_point = every_class(patterns)
    assert set(of_code_point) == {of_code_point[ord(character)] for character in ALPHABET}


@EVERY_LIST
@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(ALPHABET), st.sampled_from(SPICE), st.text(max_size=3)), max_size=25))
def test_random_texts(patterns: tuple[str, ...], parts: list[str]) -> None:
    agree(patterns, "".join(parts))


@EVERY_LIST
@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("  \t\n\raAé1٣'!/中\xa0"), st.integers(1, 80)), max_size=8))
def test_long_runs(patterns: tuple[str, ...], runs: list[tuple[str, int]]) -> None:
    """Runs long enough that the walk remembers loops (SHORT in _split.pyx)."""
    agree(patterns, "".join(character * n for character, n in runs))


@EVERY_LIST
def test_all_short_strings(patterns: tuple[str, ...]) -> None:
    """All strings over one character of each class, as long as there are not too many."""
    of_code_point = every_class(patterns)
    characters = list({of_code_point[ord(character)]: character for character in reversed(ALPHABET)}.values())
    length = next(n for n in (6, 5, 4, 3, 2) if len(characters) ** n < 2000 or n == 2)
    for n in range(1, length + 1):
        for text in product(characters, repeat=n):
            agree(patterns, "".join(text))


@pytest.mark.parametrize("name", ["gpt-2", "llama3", "jais-2", "gpt-4o", "superbpe", "afmoe"])
@pytest.mark.parametrize("characters", [" \naA", "'s 1", "12é "])
def test_all_strings_over_few_characters(name: str, characters: str) -> None:
    for n in range(1, 6):
        for text in product(characters, repeat=n):
            agree(PRE[name].patterns, "".join(text))


@EVERY_LIST
def test_every_code_point(patterns: tuple[str, ...]) -> None:
    """A code point is told by its category and by the ranges it is in, so one of each run of equal ones will do."""
    of_code_point = every_class(patterns)
    changes = [0, *(c for c in range(1, 0x110000) if of_code_point[c] != of_code_point[c - 1])]
    for first, end in zip(changes, [*changes[1:], 0x110000], strict=True):
        assert of_code_point[first:end] == of_code_point[first : first + 1] * (end - first)
    samples = sorted({*changes, *(c - 1 for c in changes[1:]), 0x10FFFF, 0xD800, 0xDFFF})
    agree(patterns, "".join(f"{c}a{c} {c}1{c}\n{c}'s{c}E{c}!{c}  {c}" for c in map(chr, samples)))


@EVERY_LIST
def test_any_run_takes_linear_time(patterns: tuple[str, ...]) -> None:
    """300 kB are within a second even on a slow machine; in quadratic time they would take minutes."""
    splitter = compile_patterns(patterns)
    for unit in ("a", "A", " ", "\n", "1", "!", "'", "中", "́", " \n", "a ", "éA", "\xa0", "<sentinel:1", "IMGIMGA"):
        for head, tail in (("", ""), ("é", "x"), ("<sentinel:", " x")):
            text = (head + unit * (300_000 // len(unit.encode())) + tail).encode()
            start = time.thread_time()
            ends = splitter.split(text)
            assert time.thread_time() - start < 1
            assert ends[-1] == len(text)
            assert all(before < after for before, after in pairwise(ends))


@pytest.mark.parametrize(
    ("name", "text", "pieces"),
    [
        ("gpt-2", "don't  stop", ["don", "'t", " ", " stop"]),
        ("gpt-2", "x  ", ["x", "  "]),
        ("llama3", "1234567 I'LL", ["123", "456", "7", " I", "'LL"]),
        ("llama3", "a \n\n b", ["a", " \n\n", " b"]),
        ("falcon", "a=1234", ["a", "=", "123", "4"]),
        ("kimi-k2", "中文abc's", ["中文", "abc's"]),
        ("kimi-k2", "!中", ["!", "中"]),
        ("afmoe", "x12345", ["x", "12", "345"]),
        ("superbpe", "a1234567b", ["a", "1", "234", "567", "b"]),
        ("superbpe", "12３456", ["12３", "456"]),
        ("deepseek-llm", "ab  \n", ["ab", "  ", "\n"]),
        ("gpt-4o", "éAAA b", ["é", "AAA", " b"]),
        ("jais-2", " " * 515 + "x", [" " * 512, "  ", " x"]),
        ("gemma4", "a b\n\nc", ["a b", "\n\n", "c"]),
        ("whitespace", " ab  c", [" ", "ab", "  ", "c"]),
    ],
)
def test_known_pieces(name: str, text: str, pieces: list[str]) -> None:
    data = text.encode()
    ends = compile_patterns(PRE[name].patterns).split(data)
    assert [data[begin:end].decode() for begin, end in zip([0, *ends], ends, strict=False)] == pieces


def test_bad_texts() -> None:
    splitter = compile_patterns(PRE["gpt-2"].patterns)
    assert splitter.split(b"") == []
    for text in (b"\xff", b"a\xc0\x80", b"\xe2\x82"):
        with pytest.raises(ValueError, match="not clean"):
            splitter.split(text)
