"""What a list of regexes is compiled to: the arguments of `Splitter`, and the same as bytes.

Holds the form only; the tables are made by `compiling.py`, and those of known lists lie in a file (`prepared.py`).
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple, TypeAlias

import numpy as np

Numbers: TypeAlias = Any  # unsigned ones in a buffer: an array.array or a numpy array

__all__ = ["Restart", "Stage", "Tables", "packed", "unpacked"]


class Restart(NamedTuple):
    """`entries[state * n_symbols + symbol]` = next state << 8 | boundaries dropped << 5 | ages of boundaries.

    State 0 is the start, and symbol s is class s + 2. `ends` has such an entry (of next state 0) for each state at the
    end of the text, and `guessed` how many boundaries it may yet drop. Entries are unsigned, of 32 bits.
    """

    n_symbols: int
    entries: Numbers
    ends: Numbers
    guessed: bytes


Stage: TypeAlias = "tuple[int, int, Numbers, bytes, bytes]"  # kind, shift, rows of 16 bits, loops, members
Tables: TypeAlias = "tuple[bytes, Numbers, bytes, list[Stage], Restart | None]"  # ascii, page_of of 16 bits, pages, ...

HEAD = struct.Struct("<BB")  # the number of stages; that of symbols, 0 where there is no Restart
STAGE = struct.Struct("<BB")  # kind, shift
SIZE = struct.Struct("<I")


def packed(tables: Tables) -> bytes:
    """The tables as bytes, the same on all machines."""
    ascii_classes, page_of, pages, stages, restart = tables
    blocks: list[bytes] = [ascii_classes, _little(page_of, np.uint16), pages]
    for kind, shift, rows, loops, members in stages:
        blocks += STAGE.pack(kind, shift), _little(rows, np.uint16), loops, members
    if restart is not None:
        blocks += _little(restart.entries, np.uint32), _little(restart.ends, np.uint32), restart.guessed
    head = HEAD.pack(len(stages), 0 if restart is None else restart.n_symbols)
    return head + b"".join(SIZE.pack(len(block)) + block for block in blocks)


def unpacked(data: bytes) -> Tables:
    """The tables that `packed` made these bytes of."""
    n_stages, n_symbols = HEAD.unpack_from(data)
    blocks: list[bytes] = []
    at = HEAD.size
    while at < len(data):
        (size,) = SIZE.unpack_from(data, at)
        at += SIZE.size + size
        blocks.append(data[at - size : at])
    stages = [
        (*STAGE.unpack(blocks[at]), _native(blocks[at + 1], np.uint16), blocks[at + 2], blocks[at + 3])
        for at in range(3, 3 + 4 * n_stages, 4)
    ]
    restart = None
    if n_symbols:
        entries, ends, guessed = blocks[-3:]
        restart = Restart(n_symbols, _native(entries, np.uint32), _native(ends, np.uint32), guessed)
    return blocks[0], _native(blocks[1], np.uint16), blocks[2], stages, restart


def _little(numbers: Numbers, dtype: type[np.unsignedinteger[Any]]) -> bytes:
    return np.frombuffer(numbers, dtype).astype(np.dtype(dtype).newbyteorder("<")).tobytes()


def _native(data: bytes, dtype: type[np.unsignedinteger[Any]]) -> Numbers:
    return np.frombuffer(data, np.dtype(dtype).newbyteorder("<")).astype(dtype)
