"""What differs between this library's Unicode tables and those of another llama.cpp, by code point."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from shimmytok.unicode import categories
from tools import gen_unicode

__all__ = ["differences", "han_differences"]

NAMES = ("UNDEFINED", "NUMBER", "LETTER", "SEPARATOR", "ACCENT_MARK", "PUNCTUATION", "SYMBOL", "CONTROL", "WHITESPACE")
HAN_BODY = re.compile(r"bool unicode_cpt_is_han\(uint32_t cpt\) \{(.*?)\n\}", re.DOTALL)
HAN_RANGE = re.compile(r"if \(cpt >= 0x([0-9A-Fa-f]+) && cpt <= 0x([0-9A-Fa-f]+)\) return true;")


def differences(before: str, after: str) -> list[str]:
    """One line for each run of code points that changed alike between two texts of the generated module."""
    old, new = _evaluated(before), _evaluated(after)
    lines = [
        f"{shown(run)}: {flag_names(was)} -> {flag_names(now)}" for run, was, now in changed(flags(old), flags(new))
    ]
    for what, table in (("lower case", lowercase), ("decomposition", decomposition)):
        runs = changed(table(old), table(new))
        lines += [f"{shown(run)}: {what} {_point(was)} -> {_point(now)}" for run, was, now in runs]
    return lines


def han_differences(source: str) -> list[str]:
    """The blocks of unicode_cpt_is_han against ours."""
    body = HAN_BODY.search(source)
    ranges = {(int(first, 16), int(last, 16)) for first, last in HAN_RANGE.findall(body[1] if body else "")}
    ours = set(categories.HAN_RANGES)
    lines = [f"{shown(block)}: llama.cpp has it as Han" for block in sorted(ranges - ours)]
    return lines + [f"{shown(block)}: llama.cpp has it not as Han" for block in sorted(ours - ranges)]


def flags(tables: dict) -> list[int]:
    """The flags of every code point."""
    kinds, pages = tables["KIND_FLAGS"], tables["KIND_PAGES"]
    of_page = [[kinds[kind] for kind in pages[at : at + 256]] for at in range(0, len(pages), 256)]
    return [flag for page in tables["KIND_PAGE_OF"] for flag in of_page[page]]


def lowercase(tables: dict) -> list[int]:
    """The lower-case form of every code point."""
    result = list(range(gen_unicode.CODE_POINTS))
    for code_point, lower in zip(_words(tables["LOWERCASE_FROM"]), _words(tables["LOWERCASE_TO"]), strict=True):
        result[code_point] = lower
    return result


def decomposition(tables: dict) -> list[int]:
    """The first code point of the decomposition of every code point."""
    result = list(range(gen_unicode.CODE_POINTS))
    rows = zip(*(_words(tables[name]) for name in ("NFD_FIRST", "NFD_LAST", "NFD_TO")), strict=True)
    for first, last, to in rows:
        result[first : last + 1] = [to] * (last + 1 - first)
    return result


def changed(before: list[int], after: list[int]) -> Iterator[tuple[tuple[int, int], int, int]]:
    """(first and last code point, before, after) of each run of one change."""
    places = [at for at, (was, now) in enumerate(zip(before, after, strict=True)) if was != now]
    runs = groupby(enumerate(places), lambda entry: (entry[1] - entry[0], before[entry[1]], after[entry[1]]))
    for (_, was, now), entries in runs:
        run = [place for _, place in entries]
        yield (run[0], run[-1]), was, now


def flag_names(value: int) -> str:
    """The names of flags.

    >>> flag_names(categories.SEPARATOR | categories.WHITESPACE)
    'SEPARATOR|WHITESPACE'
    """
    return "|".join(name for name in NAMES if value & getattr(categories, name))


def shown(run: tuple[int, int]) -> str:
    """A range of code points."""
    return _point(run[0]) if run[0] == run[1] else f"{_point(run[0])}..{_point(run[1])}"


def _point(code_point: int) -> str:
    return f"U+{code_point:04X}"


def _words(packed: bytes) -> list[int]:
    return [int.from_bytes(packed[at : at + 4], "little") for at in range(0, len(packed), 4)]


def _evaluated(module: str) -> dict:
    names: dict = {}
    exec(compile(module, "tables", "exec"), names)  # text that gen_unicode.py wrote
    return names
