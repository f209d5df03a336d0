"""Generates shimmytok/unicode/_tables.py from llama.cpp's unicode-data.cpp.

    python tools/gen_unicode.py PATH/unicode-data.cpp

llama.cpp has its own idea of Unicode; Python's `unicodedata` differs from it at thousands of code points, so the
tables are taken from its source and nowhere else. To add a table: write a function that turns the parsed
`Source` into `Constant`s and list it in `TABLES`.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import re
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

CODE_POINTS = 0x110000
PAGE = 256  # code points a page
WHITESPACE = 0x0100  # unicode_cpt_flags::WHITESPACE
OUTPUT = Path(__file__).parents[1] / "shimmytok" / "unicode" / "_tables.py"
LINE = 116


@dataclass(frozen=True)
class Source:
    """The arrays of unicode-data.cpp, each as rows of integers."""

    ranges_flags: list[tuple[int, ...]]
    whitespace: list[tuple[int, ...]]
    lowercase: list[tuple[int, ...]]
    ranges_nfd: list[tuple[int, ...]]


@dataclass(frozen=True)
class Constant:
    """One name of the generated module: a comment that says what it is, and its value."""

    name: str
    comment: str
    value: bytes | tuple[int, ...]


def read_source(text: str) -> Source:
    """Parses the arrays that the tables need."""

    def rows(array: str) -> list[tuple[int, ...]]:
        found = re.search(rf"\b{array} = \{{.*?\n(.*?)\n\}};", text, re.DOTALL)
        if found is None:
            raise SystemExit(f"no array {array} in the source")
        return [tuple(int(n, 16) for n in re.findall(r"0x([0-9A-Fa-f]+)", line)) for line in found[1].splitlines()]

    return Source(
        rows("unicode_ranges_flags"),
        rows("unicode_set_whitespace"),
        rows("unicode_map_lowercase"),
        rows("unicode_ranges_nfd"),
    )


def flags_of_code_points(source: Source) -> list[int]:
    """The category and white-space bits of every code point, as unicode_cpt_flags_array sets them."""
    flags = [0] * CODE_POINTS
    rows = source.ranges_flags
    if rows[0][0] != 0 or rows[-1][0] != CODE_POINTS:
        raise SystemExit("the ranges of flags do not cover all code points")
    for (start, bits), (end, _) in pairwise(rows):
        flags[start:end] = [bits] * (end - start)
    for (code_point,) in source.whitespace:
        flags[code_point] |= WHITESPACE
    return flags


def paged(values: bytes) -> tuple[bytes, bytes]:
    """Splits one byte a code point into `(page of each 256 code points, the distinct pages joined)`."""
    number: dict[bytes, int] = {}
    page_of = bytearray()
    for start in range(0, len(values), PAGE):
        page = values[start : start + PAGE]
        page_of.append(number.setdefault(page, len(number)))  # more than 256 pages raise ValueError
    return bytes(page_of), b"".join(number)


def kinds(source: Source) -> list[Constant]:
    """Categories and white space: code point -> kind -> flags."""
    flags = flags_of_code_points(source)
    distinct = tuple(sorted(set(flags)))
    index = {bits: i for i, bits in enumerate(distinct)}
    page_of, pages = paged(bytes(index[bits] for bits in flags))
    return [
        Constant(
            "KIND_FLAGS", "kind -> flags as in unicode_cpt_flags: a category's bit; 0x0100 is white space", distinct
        ),
        Constant("KIND_PAGE_OF", "code point >> 8 -> page", page_of),
        Constant("KIND_PAGES", "page << 8 | code point & 255 -> kind", pages),
    ]


def words(values: Iterable[int]) -> bytes:
    """32 bits each, the lowest byte first."""
    return b"".join(value.to_bytes(4, "little") for value in values)


def ascending(rows: list[tuple[int, ...]], what: str) -> list[tuple[int, ...]]:
    """The rows, whose first and last code points must not overlap: llama.cpp searches them by bisection."""
    if any(after[0] <= before[-2] for before, after in pairwise(rows)):
        raise SystemExit(f"{what} is not in ascending order")
    return rows


def lowercase(source: Source) -> list[Constant]:
    """unicode_tolower."""
    rows = ascending(source.lowercase, "unicode_map_lowercase")
    return [
        Constant("LOWERCASE_FROM", "code points that have a lower-case form, uint32", words(row[0] for row in rows)),
        Constant("LOWERCASE_TO", "that form", words(row[1] for row in rows)),
    ]


def nfd(source: Source) -> list[Constant]:
    """unicode_cpts_normalize_nfd: the first code point of each decomposition."""
    rows = ascending(source.ranges_nfd, "unicode_ranges_nfd")
    return [
        Constant("NFD_FIRST", "each range that is decomposed: its first code point, uint32", words(r[0] for r in rows)),
        Constant("NFD_LAST", "its last one", words(row[1] for row in rows)),
        Constant("NFD_TO", "what all of them become", words(row[2] for row in rows)),
    ]


TABLES: tuple[Callable[[Source], list[Constant]], ...] = (kinds, lowercase, nfd)


def render(constant: Constant) -> str:
    """The constant as Python text."""
    head = f"# {constant.comment}\n{constant.name}"
    if isinstance(constant.value, tuple):
        return f"{head}: Final = ({', '.join(f'0x{n:04X}' for n in constant.value)})\n"
    packed = base64.b64encode(zlib.compress(constant.value, 9)).decode()
    lines = "".join(f'    "{packed[at : at + LINE - 6]}"\n' for at in range(0, len(packed), LINE - 6))
    return f"{head}: Final = decompress(\n    a2b_base64(\n" + lines.replace("    ", " " * 8) + "    )\n)\n"


def module_text(raw: bytes, name: str = "unicode-data.cpp") -> str:
    """The whole module, from the bytes of llama.cpp's file."""
    source = read_source(raw.decode())
    head = (
        f'"""GENERATED by `python tools/gen_unicode.py PATH/{name}`; do not edit.\n\n'
        f"From llama.cpp's src/{name}, SHA-256 {hashlib.sha256(raw).hexdigest()}.\n"
        '"""\n\n'
        "from binascii import a2b_base64\nfrom typing import Final\nfrom zlib import decompress\n\n"
    )
    return head + "\n".join(render(constant) for table in TABLES for constant in table(source))


def main() -> None:
    """Writes the module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="llama.cpp's src/unicode-data.cpp")
    path = parser.parse_args().source
    OUTPUT.write_text(module_text(path.read_bytes(), path.name), encoding="utf-8")


if __name__ == "__main__":
    main()
