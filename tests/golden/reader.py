"""Reads the golden files and writes out what their format leaves out; README.md beside it tells the format.

Holds no comparison with the library (see compare.py) and knows no folder by name.
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import hashlib
import json
import lzma
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

TOKENIZE = ("t00", "t01", "t10", "t11")
DETOKENIZE = ("d00", "d01", "d10", "d11")


@dataclasses.dataclass(frozen=True)
class Died:
    """llama.cpp did not answer this call: what ended it (a signal's name, or "timeout")."""

    how: str


@dataclasses.dataclass(frozen=True, eq=False)
class LongIds:
    """Ids too many to be listed: their number and the start of the SHA-256 of the int32 array, between short ends."""

    n: int
    sha: str
    prefix: tuple[int, ...] = ()
    suffix: tuple[int, ...] = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, list):
            return NotImplemented
        start, end = len(self.prefix), len(other) - len(self.suffix)
        inner = other[start:end]
        if tuple(other[:start]) != self.prefix or tuple(other[end:]) != self.suffix or len(inner) != self.n:
            return False
        return _sha(struct.pack(f"<{self.n}i", *inner)) == self.sha


@dataclasses.dataclass(frozen=True, eq=False)
class LongBytes:
    """Bytes too many to be listed: their number and the start of their SHA-256."""

    n: int
    sha: str

    def __eq__(self, other: object) -> bool:
        return len(other) == self.n and _sha(other) == self.sha if isinstance(other, bytes) else NotImplemented


@dataclasses.dataclass(frozen=True)
class Case:
    """One text and the answer to every recorded call; `calls` maps "t10" and the like to ids, bytes or `Died`."""

    id: str
    data: bytes
    calls: dict[str, object]


@dataclasses.dataclass(frozen=True)
class Detokenized:
    """Arbitrary ids and what llama_detokenize made of them, by call."""

    ids: list[int]
    calls: dict[str, object]


@dataclasses.dataclass(frozen=True)
class Golden:
    """All that is recorded for one vocabulary; `tokens` is None where the token table is that of another file."""

    name: str
    meta: dict
    tokens: dict | None
    cases: list[Case]
    detokenized: list[Detokenized]


def index(folder: Path) -> dict[str, dict]:
    """Name -> file, base, variant, calls, and load_error where llama.cpp refuses the vocabulary."""
    return read_json(folder / "index.json")


@functools.lru_cache(maxsize=1)
def texts(folder: Path) -> dict[str, bytes]:
    """Every text by its id."""
    return {line["id"]: _text(line) for line in _lines(folder / "texts.jsonl.xz")}


@functools.lru_cache(maxsize=1)
def read(folder: Path, name: str) -> Golden:
    """What is recorded for one name of the index."""
    entry = index(folder)[name]
    meta, tokens, cases, detokenized = {}, None, [], []
    for line in _lines(folder / entry["file"]):
        kind = line.get("k")
        if kind in ("meta", "error"):
            meta = line
        elif kind == "toks":
            tokens = line
        elif kind == "detok":
            calls = dict.fromkeys(DETOKENIZE, Died(line["!"])) if "!" in line else _detokenize_calls(line, b"")
            detokenized.append(Detokenized(line["ids"], calls))
        else:
            cases.append(_case(line, texts(folder)[line["i"]], meta, entry["calls"]))
    return Golden(name, meta, tokens, cases, detokenized)


def read_json(path: Path) -> dict[str, dict]:
    return json.loads(path.read_text(encoding="utf-8"))


def _lines(path: Path) -> Iterator[dict]:
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _text(line: dict) -> bytes:
    if "b" in line:
        return base64.b64decode(line["b"])
    if "rep" in line:
        return b"".join(unit.encode() * times for unit, times in line["rep"])
    return line["s"].encode()


def _case(line: dict, data: bytes, meta: dict, recorded: Sequence[str]) -> Case:
    tokenize = [call for call in TOKENIZE if call in recorded]
    if "!" in line:
        return Case(line["i"], data, dict.fromkeys(tokenize, Died(line["!"])))
    if "partial" in line:  # then nothing is left out, and nothing was detokenized
        ids = {call: _ids(line[call]) if call in line else Died(line["partial"]) for call in tokenize}
        return Case(line["i"], data, ids)
    without_specials = {"t00": line["t00"], "t01": line.get("t01", line["t00"])}
    calls: dict[str, object] = {}
    for call in tokenize:
        if call in line or call in without_specials:
            calls[call] = _ids(line.get(call, without_specials.get(call)))
        else:
            calls[call] = _ids(without_specials["t0" + call[2]], meta["prefix"], meta["suffix"])
    detokenized = _detokenize_calls({"d01": "="} | line, data)
    return Case(line["i"], data, calls | {call: detokenized[call] for call in DETOKENIZE if call in recorded})


def _ids(value: list | dict, prefix: Sequence[int] = (), suffix: Sequence[int] = ()) -> object:
    if isinstance(value, list):
        return [*prefix, *value, *suffix]
    if "!" in value:
        return Died(value["!"])
    return LongIds(value["n"], value["sha"], tuple(prefix), tuple(suffix))


def _detokenize_calls(line: dict, data: bytes) -> dict[str, object]:
    d01 = line["d01"]
    d00 = line.get("d00", d01)
    values = {"d00": d00, "d01": d01, "d10": line.get("d10", d00), "d11": line.get("d11", d01)}
    return {call: _bytes(value, data) for call, value in values.items()}


def _bytes(value: str | list | dict, data: bytes) -> object:
    if value == "=":
        return data
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, list):
        before, after = value
        return before.encode() + data + after.encode()
    if "!" in value:
        return Died(value["!"])
    return base64.b64decode(value["b"]) if "b" in value else LongBytes(value["n"], value["sha"])


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
