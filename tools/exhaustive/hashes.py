"""The stored hashes of llama.cpp's answers: what is in the file, how it is read, written and compared with.

A block's hash is the start of the SHA-256 over the ends of the pieces of its texts, a byte each.  The ends of a text
ascend, and the last is its length, so they cannot be taken for those of other texts.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from .texts import CODE_POINTS, Alphabets, Block, blocks

__all__ = ["STORED", "Hashes", "Stored", "answered", "differing", "digest", "list_id", "read", "sampled", "write"]

STORED = Path(__file__).parents[2] / "tests" / "pretokenizers" / "exhaustive.json.xz"
DIGITS = 8  # of a block's hash
SMALL = {"classes": 4, "symbols": 3}  # strings up to this length are always compared
SAMPLED_CODE_POINTS = 24  # blocks a list
SAMPLED_STRINGS = 1  # blocks a group

Split = Callable[[bytes], Iterable[int]]
Answer = Callable[[Iterable[bytes]], bytes]  # the ends of the pieces of all texts


@dataclass(frozen=True)
class Hashes:
    """One list of regexes: the names that have it, its identity, its alphabets, and group -> hashes of its blocks."""

    pre: list[str]
    regexes: str
    alphabets: Alphabets
    groups: dict[str, list[str]]


@dataclass(frozen=True)
class Stored:
    """All lists, and the commit of llama.cpp that answered."""

    llama_cpp: str
    lists: list[Hashes]

    def of(self, pre: str) -> Hashes | None:
        """The hashes of a pre-tokenizer."""
        return next((hashes for hashes in self.lists if pre in hashes.pre), None)


def list_id(patterns: tuple[str, ...]) -> str:
    """What tells a list of regexes from others."""
    return hashlib.sha256("\0".join(patterns).encode()).hexdigest()[:16]


def digest(ends: bytes) -> str:
    return hashlib.sha256(ends).hexdigest()[:DIGITS]


def answered(split: Split, texts: Iterable[bytes]) -> bytes:
    """The ends of the pieces of all texts by a function of one text; this runs in C."""
    return b"".join(map(bytes, map(split, texts)))


def sampled(alphabets: Alphabets, seed: str) -> Iterator[Block]:
    """The short strings, the first code points, and of all else some blocks that the seed chooses."""
    rng = random.Random(seed)
    small = {f"strings of {length} {kind}" for kind, last in SMALL.items() for length in range(1, last + 1)}
    groups: dict[str, list[Block]] = {}
    for block in blocks(alphabets):
        code_points = block.group.startswith(CODE_POINTS)
        if block.group in small or (code_points and block.number == 0):
            yield block
        else:
            groups.setdefault(CODE_POINTS if code_points else block.group, []).append(block)
    for group, members in groups.items():
        n = SAMPLED_CODE_POINTS if group == CODE_POINTS else SAMPLED_STRINGS
        yield from rng.sample(members, min(n, len(members)))


def differing(hashes: Hashes, answer: Answer, chosen: Iterable[Block]) -> list[Block]:
    """The blocks whose answers are not those stored."""
    return [block for block in chosen if digest(answer(block.texts())) != hashes.groups[block.group][block.number]]


def first_difference(block: Block, ours: bytes, theirs: bytes) -> tuple[bytes, list[int], list[int]] | None:
    """The first text of a block with other ends, and both."""
    here = there = 0
    for text in block.texts():
        last = bytes([len(text)])
        end_here, end_there = ours.index(last, here) + 1, theirs.index(last, there) + 1
        if ours[here:end_here] != theirs[there:end_there]:
            return text, list(ours[here:end_here]), list(theirs[there:end_there])
        here, there = end_here, end_there
    return None


def read(path: Path = STORED) -> Stored:
    """The stored hashes."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        llama_cpp = json.loads(next(lines))["llama_cpp"]
        lists = []
        for line in map(json.loads, lines):
            groups = {group: _cut(joined) for group, joined in line.pop("groups").items()}
            lists.append(Hashes(**line, groups=groups))
    return Stored(llama_cpp, lists)


def write(stored: Stored, path: Path = STORED) -> None:
    """Store hashes: a line for the commit, and one for each list."""
    lines = [json.dumps({"llama_cpp": stored.llama_cpp})]
    for hashes in stored.lists:
        groups = {group: "".join(digests) for group, digests in hashes.groups.items()}
        lines.append(json.dumps(asdict(hashes) | {"groups": groups}))
    path.write_bytes(lzma.compress("".join(f"{line}\n" for line in lines).encode(), preset=9 | lzma.PRESET_EXTREME))


def _cut(joined: str) -> list[str]:
    return [joined[at : at + DIGITS] for at in range(0, len(joined), DIGITS)]
