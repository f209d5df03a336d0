"""From a `pre` name to the tables that `_split.pyx` runs.

The regexes are in `pattern_lists.py`, the names in `patterns.py`; tables lie ready (`prepared.py`) or are made
(`compiling.py`).
"""

from __future__ import annotations

from functools import cache

from ..errors import UnknownPreTokenizerError
from ..shown import shown
from ._splitter import Splitter
from .patterns import PRE
from .prepared import find

__all__ = ["compile_patterns", "splitter"]


def splitter(pre: str) -> Splitter:
    """The splitter of a `tokenizer.ggml.pre`; built once, then shared.

    Raises UnknownPreTokenizerError for a name llama.cpp does not know.

    >>> splitter("gpt-2").split(b"Hello world's 42")
    [5, 11, 13, 16]
    """
    if pre not in PRE:
        name = shown(pre.encode("utf-8", "surrogateescape"))
        raise UnknownPreTokenizerError(f"unknown pre-tokenizer {name}; known are {', '.join(sorted(PRE))}")
    return _known(PRE[pre].patterns)


@cache
def _known(patterns: tuple[str, ...]) -> Splitter:
    tables = find(patterns)
    return compile_patterns(patterns) if tables is None else Splitter(*tables)


@cache
def compile_patterns(patterns: tuple[str, ...]) -> Splitter:
    """The splitter of some regexes, each applied to the pieces of the one before it.

    Raises ValueError as `compiled` does.

    >>> compile_patterns(("[0-9]+",)).split(b"ab12c")
    [2, 4, 5]
    """
    from .compiling import compiled  # slow to import, and seldom needed

    return Splitter(*compiled(patterns))
