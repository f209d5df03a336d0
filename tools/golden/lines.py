"""Writes golden files: leaves out what golden/reader.py puts back; tests/golden/README.md tells the format."""

from __future__ import annotations

import base64
import hashlib
import json
import lzma
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from golden.reader import DETOKENIZE, TOKENIZE, Case, Detokenized, Died, Golden

MOST_IDS, MOST_BYTES = 1500, 4000
SHOWN = 32  # ids at each end of a long list
EVERY = 512

Line = dict[str, object]


def write(golden: Golden, path: Path) -> None:
    """Store all that is recorded for one name."""
    lines = [json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines_of(golden)]
    content = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(lzma.compress(content, preset=9 | lzma.PRESET_EXTREME))


def lines_of(golden: Golden) -> Iterator[Line]:
    """The objects of a golden file in their order."""
    yield golden.meta
    if golden.tokens is not None:
        yield golden.tokens
    for case in golden.cases:
        yield case_line(case, golden.meta)
    for record in golden.detokenized:
        yield ids_line(record)


def case_line(case: Case, meta: dict) -> Line:
    """One text."""
    ids = {call: case.calls[call] for call in TOKENIZE if call in case.calls}
    deaths = [answer.how for answer in ids.values() if isinstance(answer, Died)]
    if deaths:
        if len(deaths) == len(ids):
            return {"i": case.id, "!": deaths[0]}
        lived = {call: ids_value(answer) for call, answer in ids.items() if not isinstance(answer, Died)}
        return {"i": case.id, "partial": deaths[0], **lived}
    line: Line = {"i": case.id, "t00": ids_value(ids["t00"])}
    inner = {"0": ids["t00"], "1": ids.get("t01", ids["t00"])}
    expected = {"t01": ids["t00"]}
    expected |= {f"t1{parse}": [*meta["prefix"], *inner[parse], *meta["suffix"]] for parse in "01"}
    line |= {
        call: ids_value(ids[call]) for call in ("t01", "t10", "t11") if call in ids and ids[call] != expected[call]
    }
    return line | text_answers(case.calls, case.data)


def ids_line(record: Detokenized) -> Line:
    """Arbitrary ids."""
    deaths = [answer.how for answer in record.calls.values() if isinstance(answer, Died)]
    if deaths:
        return {"k": "detok", "ids": record.ids, "!": deaths[0]}
    return {"k": "detok", "ids": record.ids, "d01": text_value(record.calls["d01"])} | text_answers(record.calls, b"")


def text_answers(calls: dict[str, object], data: bytes) -> Line:
    """What llama_detokenize gave, but for what is the same."""
    d01 = calls.get("d01", data)
    d00 = calls.get("d00", d01)
    expected = {"d00": d01, "d01": data, "d10": d00, "d11": calls.get("d01", data)}
    return {
        call: text_value(calls[call], data) for call in DETOKENIZE if call in calls and calls[call] != expected[call]
    }


def ids_value(ids: Sequence[int]) -> list[int] | Line:
    """The ids, or their number and hash with some of them."""
    if len(ids) <= MOST_IDS:
        return list(ids)
    return {
        "n": len(ids),
        "sha": sha(struct.pack(f"<{len(ids)}i", *ids)),
        "head": list(ids[:SHOWN]),
        "tail": list(ids[-SHOWN:]),
        "at": list(ids[::EVERY]),
    }


def text_value(content: object, data: bytes = b"") -> str | list[str] | Line:
    """Bytes as the format has them; `data` is the text that an answer may hold."""
    if isinstance(content, Died):
        return {"!": content.how}
    if not isinstance(content, bytes):
        raise TypeError(f"no answer of llama_detokenize: {content!r}")
    try:
        if data and data in content:
            before, after = content.split(data, 1)
            return [before.decode(), after.decode()]
        if len(content) > MOST_BYTES:
            return {"n": len(content), "sha": sha(content)}
        text = content.decode()
    except UnicodeDecodeError:
        return {"b": base64.b64encode(content).decode()}
    return text if text != "=" else {"b": base64.b64encode(content).decode()}


def table_value(content: bytes) -> str | Line:
    """Bytes as the token table has them, where "=" is an equals sign."""
    return "=" if content == b"=" else text_value(content)


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
