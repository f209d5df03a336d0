"""The generated category table: what is known of it, and the script that makes it."""

from __future__ import annotations

import importlib.util
import sys
import unicodedata
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from shimmytok.normalizers.bert import CHINESE_RANGES
from shimmytok.unicode import categories, mappings
from shimmytok.unicode._pages import PageTable
from shimmytok.unicode._tables import KIND_FLAGS, KIND_PAGE_OF, KIND_PAGES
from shimmytok.unicode.categories import HAN_RANGES, LETTER, NUMBER, PUNCTUATION, SYMBOL, WHITESPACE, flags_of

GENERATOR = Path(__file__).parents[2] / "tools" / "gen_unicode.py"
SPACES = [*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000]

SOURCE = """
const std::initializer_list<std::pair<uint32_t, uint16_t>> unicode_ranges_flags = {  // start, flags
{0x000000, 0x0080},
{0x000041, 0x0004},
{0x00005B, 0x0001},
{0x110000, 0x0000},
};

const std::unordered_set<uint32_t> unicode_set_whitespace = {
0x000009,
0x000042,
};

const std::initializer_list<std::pair<uint32_t, uint32_t>> unicode_map_lowercase = {
{0x000041, 0x000061},
};

const std::initializer_list<range_nfd> unicode_ranges_nfd = {  // start, last, nfd
{0x0000C0, 0x0000C5, 0x000041},
{0x0000C7, 0x0000C7, 0x000043},
};
"""


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    if not GENERATOR.exists():
        pytest.skip("the generator is in the source tree only")
    spec = importlib.util.spec_from_file_location("gen_unicode", GENERATOR)
    module = importlib.util.module_from_spec(spec)
    sys.modules["gen_unicode"] = module
    spec.loader.exec_module(module)
    return module


def test_ascii_categories() -> None:
    by_flag = {
        flag: "".join(chr(c) for c in range(128) if flags_of(c) & flag) for flag in (NUMBER, PUNCTUATION, SYMBOL)
    }
    assert by_flag == {NUMBER: "0123456789", PUNCTUATION: "!\"#%&'()*,-./:;?@[\\]_{}", SYMBOL: "$+<=>^`|~"}
    assert [c for c in range(128) if flags_of(c) & LETTER] == [c for c in range(128) if chr(c).isalpha()]


def test_white_space() -> None:
    assert [c for c in range(0x110000) if flags_of(c) & WHITESPACE] == SPACES


def test_every_code_point_has_one_category() -> None:
    assert all((flags & 0xFF).bit_count() == 1 and flags & ~0x1FF == 0 for flags in KIND_FLAGS)
    assert len(KIND_PAGE_OF) == 0x1100
    assert max(KIND_PAGE_OF) == len(KIND_PAGES) // 256 - 1
    assert max(KIND_PAGES) == len(KIND_FLAGS) - 1


def test_counts_of_the_reference() -> None:
    kinds = b"".join(KIND_PAGES[page << 8 : (page + 1) << 8] for page in KIND_PAGE_OF)
    counts = {flags: kinds.count(kind) for kind, flags in enumerate(KIND_FLAGS)}
    assert counts == {1: 824718, 2: 1831, 4: 136726, 16: 2450, 32: 842, 64: 7775, 128: 139745, 0x108: 19, 0x180: 6}


@pytest.mark.parametrize("code_point", [-1, 0x110000])
def test_what_is_no_code_point(code_point: int) -> None:
    with pytest.raises(ValueError, match="not a code point"):
        flags_of(code_point)


def test_han_blocks_are_ascending_and_apart() -> None:
    edges = [edge for block in categories.HAN_RANGES for edge in block]
    assert edges == sorted(set(edges))


def test_generator_reads_what_it_writes(generator: ModuleType) -> None:
    constants = {constant.name: constant for constant in generator.kinds(generator.read_source(SOURCE))}
    made: dict[str, object] = {}
    exec(
        "from typing import Final\nfrom binascii import a2b_base64\nfrom zlib import decompress\n"
        + "".join(map(generator.render, constants.values())),
        made,
    )
    flags, page_of, pages = made["KIND_FLAGS"], made["KIND_PAGE_OF"], made["KIND_PAGES"]

    def look_up(code_point: int) -> int:
        return flags[pages[page_of[code_point >> 8] << 8 | code_point & 255]]

    assert [look_up(c) for c in (0, 9, 0x40, 0x41, 0x42, 0x5A, 0x5B, 0x10FFFF)] == [
        0x80, 0x180, 0x80, 0x4, 0x104, 0x4, 0x1, 0x1,
    ]  # fmt: skip


def test_generator_refuses_a_source_without_the_arrays(generator: ModuleType) -> None:
    with pytest.raises(SystemExit, match="unicode_ranges_flags"):
        generator.read_source("int main() {}")


def test_generator_refuses_ranges_that_overlap(generator: ModuleType) -> None:
    source = generator.read_source(SOURCE.replace("{0x0000C0, 0x0000C5,", "{0x0000C0, 0x0000C8,"))
    with pytest.raises(SystemExit, match="unicode_ranges_nfd"):
        generator.nfd(source)


def test_lower_case() -> None:
    upper, lower = (column.tolist() for column in mappings.lowercase())
    assert upper == sorted(set(upper))
    found = dict(zip(upper, lower, strict=True))
    # Python knows longer lower-case forms, too, and newer letters; an older one does not know all of these.
    known = {cp: to for cp, to in found.items() if "Cn" not in map(unicodedata.category, (chr(cp), chr(to)))}
    assert len(known) > 1380
    differing = {cp: to for cp, to in known.items() if chr(cp).lower() != chr(to)}
    assert differing == {0x130: ord("i")}
    assert len(found) == 1433


def test_decompositions() -> None:
    whole, first = (column.tolist() for column in mappings.decomposed())
    assert whole == sorted(set(whole))
    found = dict(zip(whole, first, strict=True))
    assert found.pop(0) == 0
    # Python's tables may be older: they leave what they do not know as it is.
    theirs = {cp: ord(unicodedata.normalize("NFD", chr(cp))[0]) for cp in found}
    assert {cp for cp, to in found.items() if theirs[cp] not in (to, cp)} == set()
    assert sum(theirs[cp] == to for cp, to in found.items()) > 13_000
    missing = {cp for cp in range(0x3400) if len(unicodedata.normalize("NFD", chr(cp))) > 1 and cp not in found}
    assert missing == set()


def test_kinds_are_those_of_single_look_ups() -> None:
    kinds = mappings.kinds()
    assert kinds.shape == (0x110000,)
    assert all(KIND_FLAGS[kinds[cp]] == flags_of(cp) for cp in range(0, 0x110000, 97))


def test_pages() -> None:
    values = np.zeros(0x110000, np.uint32)
    values[[0, 0xFF, 0x100, 0x10FFFF]] = [1, 2, 3, 0xFFFFFFFF]
    table = PageTable(values)
    assert [table[cp] for cp in (0, 1, 0xFF, 0x100, 0x101, 0x10FFFF)] == [1, 0, 2, 3, 0, 0xFFFFFFFF]
    with pytest.raises(IndexError, match="0x110000"):
        table[0x110000]
    with pytest.raises(ValueError, match="uint32"):
        PageTable(values[:-1])
    with pytest.raises(ValueError, match="uint32"):
        PageTable(values[:-256])


def test_pages_whose_rest_is_told_by_pages() -> None:
    numbers = np.array([7 * flags for flags in KIND_FLAGS], np.uint32)
    every = numbers[mappings.kinds()]
    table = PageTable(every[:0x300], mappings.by_kind(numbers))
    assert all(table[cp] == every[cp] for cp in (*range(0x400), *range(0x400, 0x110000, 31)))


def test_nothing_but_kinds_tells_plain_code_points_apart() -> None:
    whole, first = mappings.decomposed()
    upper, lower = mappings.lowercase()
    last = max(last for _, last in (*HAN_RANGES, *CHINESE_RANGES))
    assert max(last, *map(int, (whole.max(), first.max(), upper.max(), lower.max()))) < mappings.PLAIN_FROM
