"""What docs/models.md says of every pre, as the data have it: its list of regexes and its flags."""

from __future__ import annotations

from collections.abc import Iterator

from shimmytok.pretokenizers import pattern_lists
from shimmytok.pretokenizers.patterns import PRE, Pre

DEFAULTS = Pre(())


def rows() -> Iterator[tuple[str, str, str]]:
    """(name, name of its list in pattern_lists.py, flags other than the defaults), in the order of names."""
    lists = {value: name for name, value in vars(pattern_lists).items() if name.isupper() and isinstance(value, tuple)}
    for name in sorted(PRE):
        yield f"`{name}`", f"`{lists[PRE[name].patterns]}`", ", ".join(_flags(PRE[name])) or "-"


def _flags(pre: Pre) -> Iterator[str]:
    for name, value, default in zip(Pre._fields, pre, DEFAULTS, strict=True):
        if name != "patterns" and value != default:
            yield name if value else f"no {name}"
