"""Many texts at once: a thread pool over the encoder, which works without the GIL.

The threads live as long as the call, so that a process can fork at any time between calls.
"""

from __future__ import annotations

import os
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from shimmytok._encoder import Encoder, Texts
from shimmytok._ids import IdBuffer

# Bytes of text that one thread encodes at a time: enough to be worth a hand-over, little enough to stop soon.
SMALLEST_UNIT = 64 * 1024
LARGEST_UNIT = 1024 * 1024

Unit = tuple[IdBuffer, NDArray[np.int64]]


def default_threads() -> int:
    """The number of processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def encode_units(
    encoder: Encoder, texts: Texts, add_special: bool, parse_special: bool, num_threads: int | None
) -> list[Unit]:
    """Encode all texts; in order, (ids of some texts, number of ids of each: int64[texts])."""
    if num_threads is not None and num_threads < 1:
        raise ValueError(f"num_threads is {num_threads}: it must be at least 1")
    threads = default_threads() if num_threads is None else num_threads
    unit = min(max(texts.total() // (threads * 4), SMALLEST_UNIT), LARGEST_UNIT)
    ranges = list(pairwise(texts.cuts(unit)))
    if threads == 1 or len(ranges) == 1:
        return [encoder.encode_range(texts, start, end, add_special, parse_special) for start, end in ranges]
    from concurrent.futures import ThreadPoolExecutor  # slow to import, and not every program encodes batches

    pool = ThreadPoolExecutor(min(threads, len(ranges)), thread_name_prefix="shimmytok")
    try:
        jobs = [
            pool.submit(encoder.encode_range, texts, start, end, add_special, parse_special) for start, end in ranges
        ]
        return [job.result() for job in jobs]
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def as_lists(units: list[Unit]) -> list[list[int]]:
    """One list of ids for each text."""
    rows: list[list[int]] = []
    for ids, counts in units:
        rows += ids.rows(_offsets(counts))
    return rows


def as_flat(units: list[Unit]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """(ids: uint32[n], row_offsets: int64[texts + 1])."""
    offsets = _offsets(np.concatenate([counts for _, counts in units]))
    if len(units) == 1:
        return units[0][0].numpy(), offsets
    return np.concatenate([ids.numpy() for ids, _ in units]), offsets


def _offsets(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    offsets = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets
