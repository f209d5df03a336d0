"""Asks llama.cpp all that the golden files hold of one vocabulary; the values are those of golden/reader.py.

Must ask as tests/golden/README.md says: llama_tokenize and llama_detokenize by call, the token table by hashes.
"""

from __future__ import annotations

import hashlib
import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from golden.reader import DETOKENIZE, TOKENIZE, Case, Detokenized, Died, Golden
from tools.fuzz.reference import Reference, ReferenceDied

from .lines import table_value

TYPES = ("NONE", "SPM", "BPE", "WPM", "UGM", "RWKV", "PLAMO2", "TEST")
BLOCK = 1024  # tokens under one hash
SAMPLES, ID_LISTS = 200, 40  # of a vocabulary that is new
PROBE = b"a"  # tells what add_special puts around a text


@dataclass(frozen=True)
class Questions:
    """What is asked of a vocabulary; `samples` is None where the token table is not."""

    calls: tuple[str, ...]
    texts: dict[str, bytes]
    samples: Sequence[int] | None
    id_lists: Sequence[list[int]]


def as_before(old: Golden, calls: Sequence[str]) -> Questions:
    """The questions that a golden file answers."""
    samples = None if old.tokens is None else [row[0] for row in old.tokens["sample"]]
    texts = {case.id: case.data for case in old.cases}
    return Questions(tuple(calls), texts, samples, [record.ids for record in old.detokenized])


def for_new(name: str, calls: Sequence[str], texts: dict[str, bytes], n_tokens: int, table: bool) -> Questions:
    """Those for a vocabulary without a golden file; the same name has the same."""
    rng = random.Random(name)
    id_lists = [[rng.randrange(n_tokens) for _ in range(rng.randrange(17))] for _ in range(ID_LISTS)]
    samples = range(0, n_tokens, max(1, n_tokens // SAMPLES)) if table else None
    return Questions(tuple(calls), texts, samples, id_lists)


def answers(name: str, reference: Reference, questions: Questions) -> Golden:
    """llama.cpp's answers."""
    facts = reference.ask_facts()
    if TYPES[facts["type"]] == "NONE":
        return Golden(name, meta_of(facts, [], []), None, [], [])
    prefix, suffix = around(reference)
    tokens = None if questions.samples is None else table(reference, facts["n_tokens"], set(questions.samples))
    cases = [case(reference, key, text, questions.calls) for key, text in questions.texts.items()]
    detokenized = [Detokenized(ids, detokenize(reference, ids, DETOKENIZE)) for ids in questions.id_lists]
    return Golden(name, meta_of(facts, prefix, suffix), tokens, cases, detokenized)


def meta_of(facts: dict, prefix: list[int], suffix: list[int]) -> dict:
    """The first line of a golden file."""
    meta = {"k": "meta", **facts, "type_name": TYPES[facts["type"]], "prefix": prefix, "suffix": suffix}
    template = meta.pop("chat_template")
    if template is not None:
        meta["chat_template_sha"] = hashlib.sha256(template.encode("latin-1")).hexdigest()[:16]
    if meta["type_name"] == "NONE":
        return {key: meta[key] for key in ("k", "type", "type_name", "n_tokens")}
    return meta


def around(reference: Reference) -> tuple[list[int], list[int]]:
    """The ids that add_special puts before and behind a text."""
    inner, whole = ask_ids(reference, PROBE, "t00"), ask_ids(reference, PROBE, "t10")
    if isinstance(inner, list) and isinstance(whole, list):
        for start in range(len(whole) - len(inner) + 1):
            if whole[start : start + len(inner)] == inner:
                return whole[:start], whole[start + len(inner) :]
    return [], []


def ask_ids(reference: Reference, text: bytes, call: str) -> list[int] | Died:
    try:
        return list(reference.ask_ids(text, TOKENIZE.index(call)))
    except ReferenceDied as death:
        return Died(death.how)


def detokenize(reference: Reference, ids: list[int], calls: Sequence[str]) -> dict[str, object]:
    """The text of some ids by call, all of them died if one did."""
    try:
        reference.send_ids(ids)
        texts: Sequence[object] = reference.collect_texts()
    except ReferenceDied as death:
        texts = [Died(death.how)] * len(DETOKENIZE)
    return {call: text for call, text in zip(DETOKENIZE, texts, strict=True) if call in calls}


def case(reference: Reference, key: str, text: bytes, calls: Sequence[str]) -> Case:
    """The answers about one text."""
    found: dict[str, object] = {call: ask_ids(reference, text, call) for call in TOKENIZE if call in calls}
    if not any(isinstance(ids, Died) for ids in found.values()):
        found |= detokenize(reference, found["t11"], [call for call in DETOKENIZE if call in calls])
    return Case(key, text, found)


def table(reference: Reference, n_tokens: int, samples: set[int]) -> dict:
    """The second line of a golden file."""
    attributes, blocks, sample = [], [], []
    for first in range(0, n_tokens, BLOCK):
        end = min(first + BLOCK, n_tokens)
        packed = reference.ask_tokens(first, end)
        blocks.append(hashlib.sha256(packed).hexdigest()[:12])
        for token, (attribute, score, texts) in zip(range(first, end), rows(packed), strict=True):
            attributes.append(attribute)
            if token in samples:
                sample.append([token, table_value(texts[0]), score, attribute, *map(table_value, texts[1:])])
    runs = [[attribute, len(list(run))] for attribute, run in groupby(attributes)]
    return {"k": "toks", "n": n_tokens, "attr": runs, "blocks": blocks, "sample": sample}


def rows(packed: bytes) -> list[tuple[int, float, list[bytes]]]:
    """Attribute, score, and text with four pieces of each token."""
    found, at = [], 0
    while at < len(packed):
        attribute, score = struct.unpack_from("<If", packed, at)
        at += 8
        texts = []
        for _ in range(5):
            (size,) = struct.unpack_from("<I", packed, at)
            texts.append(packed[at + 4 : at + 4 + size])
            at += 4 + size
        found.append((attribute, score, texts))
    return found
