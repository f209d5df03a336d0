"""Measures one library in the process that this file is run as: reads a job as JSON from its input, prints the answer.

python measure.py < JOB      JOB: {"library", "task", "forms", "text", "cpu"}

task "check" counts the texts whose ids are not shimmytok's; "flat", "lists" and "messages" measure. What a library
cannot do is an answer as well, {"refused": why}. compare.py starts these processes, one for each measurement, so that
"cold" always is the first pass of a process.
"""

from __future__ import annotations

import gc
import json
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

MOST_BYTES = 16_000_000
MESSAGE_BYTES = 100
MESSAGES = 1_000
FIRST = "Hello, world!"
Answer = dict[str, Any]
# CPU time, where it is exact: what other processes take does not count then.
clock = time.process_time if time.get_clock_info("process_time").resolution <= 1e-6 else time.perf_counter


def documents_of(data: bytes) -> list[str]:
    """A text, cut into documents of 1 to 4 KB: at a line's end if there is one near, else between characters.

    >>> [len(document) for document in documents_of(b"x" * 4999)]
    [1550, 3331, 118]
    """
    sizes, documents, start = random.Random(1), [], 0
    while start < len(data):
        at = start + sizes.randint(1_000, 3_500)
        end = data.find(b"\n", at, at + 500) + 1 or min(at, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end += 1
        documents.append(data[start:end].decode())
        start = end
    return documents


def messages_of(documents: Sequence[str]) -> list[str]:
    """Up to 1,000 texts of at most 100 bytes, evenly out of all documents; none overlap."""
    whole = "".join(documents)
    step = max(MESSAGE_BYTES, -(-len(whole) // MESSAGES))
    cut = (whole[at : at + MESSAGE_BYTES].encode()[:MESSAGE_BYTES] for at in range(0, len(whole), step))
    return [message.decode(errors="ignore") for message in cut]


def timed(function: Callable[..., object], *args: object) -> float:
    """Seconds that a call takes; its result is freed after the clock has stopped."""
    start = clock()
    result = function(*args)
    seconds = clock() - start
    del result
    return seconds


def throughput(function: Callable[[Sequence[str]], object], documents: Sequence[str]) -> Answer:
    """MB/s over the first half of the documents, over the second half after that, and over the first half again."""
    middle = (len(documents) + 1) // 2
    halves = documents[:middle], documents[middle:] or documents
    first_mb, second_mb = (sum(len(document.encode()) for document in half) / 1e6 for half in halves)
    cold, fresh = first_mb / timed(function, halves[0]), second_mb / timed(function, halves[1])
    warm: list[float] = []
    end = time.perf_counter() + 1.0
    while len(warm) < 3 or (len(warm) < 15 and time.perf_counter() < end):
        warm.append(first_mb / timed(function, halves[0]))
    return {"cold": cold, "fresh": fresh, "warm": median(warm)}


def latencies(encode: Callable[[str], list[int]], messages: Sequence[str]) -> Answer:
    """Median microseconds by the wall's clock for messages not seen before, and seen."""

    def one_pass() -> float:
        taken = []
        for message in messages:
            start = time.perf_counter_ns()
            encode(message)
            taken.append(time.perf_counter_ns() - start)
        return median(taken) / 1e3

    return {"unseen": one_pass(), "seen": median(one_pass() for _ in range(7))}


def differing(library: Any, forms: dict[str, Any], documents: Sequence[str], messages: Sequence[str]) -> Answer:
    """How many texts have other ids than shimmytok gives them one by one."""
    from shimmytok import Tokenizer

    tok = Tokenizer.from_gguf_file(forms["gguf"])
    ids, offsets = library.flat(documents)
    lists = library.lists(documents)
    if len(offsets) != len(documents) + 1 or len(lists) != len(documents):
        raise ValueError(f"{len(documents)} documents gave {len(lists)} lists and {len(offsets)} offsets")
    differ = 0
    for i, document in enumerate(documents):
        expected = tok.encode(document, False)
        differ += not expected == lists[i] == ids[int(offsets[i]) : int(offsets[i + 1])].tolist()
    differ += sum(library.message(message) != tok.encode(message, False) for message in messages)
    return {"differ": differ, "texts": len(documents) + len(messages)}


def answer(job: dict[str, Any]) -> Answer:
    from libraries import LIBRARIES

    data = Path(job["text"]).read_bytes()
    documents = documents_of(data)
    messages = messages_of(documents[len(documents) // 2 :])
    library = LIBRARIES[job["library"]](job["forms"])
    gc.collect()
    gc.disable()
    load = timed(library.load) + timed(library.message, FIRST)
    if job["task"] == "check":
        return differing(library, job["forms"], documents, messages)
    if job["task"] == "messages":
        return {"load": load * 1e3, **latencies(library.message, messages)}
    return {"load": load * 1e3, **throughput(getattr(library, job["task"]), documents)}


def main() -> None:
    job = json.load(sys.stdin)
    if job["cpu"] is not None:
        os.sched_setaffinity(0, {job["cpu"]})
    try:
        result = answer(job)
    except Exception as error:  # a library may raise anything
        why = next(iter(str(error).splitlines()), "")
        name = type(error).__name__
        result = {"refused": why if name == "Unsuitable" else f"{name}: {why}"}
    print("\n" + json.dumps(result))


if __name__ == "__main__":
    main()
