"""Compares a tokenizer's answers with the recorded ones; each function returns what it counted and what differed.

The functions see only the public API, so any object with the same methods can be compared.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import struct
import time
from collections.abc import Callable, Sequence

from shimmytok import ShimmytokError

from .reader import Case, Detokenized, Died

SECONDS_WHERE_LLAMA_CPP_DIED = 5.0
SHOWN_DIFFERENCES = 8
FIM_PARTS = ("pre", "suf", "mid", "pad", "rep", "sep")
ID_PROPERTIES = ("bos", "eos", "eot", "sep", "nl", "pad", "mask", *(f"fim_{part}" for part in FIM_PARTS))
FLAGS = ("add_bos", "add_eos", "add_sep")
BLOCK = 1024  # ids under one hash of the token table


@dataclasses.dataclass
class Tally:
    """The number of values compared, and a sentence for each that differed."""

    compared: int = 0
    differences: list[str] = dataclasses.field(default_factory=list)

    def check(self, what: str, expected: object, got: object) -> None:
        self.compared += 1
        if expected != got:
            self.differences.append(f"{what}: expected {_short(expected)}, got {_short(got)}")

    def report(self) -> str:
        shown = "\n  ".join(self.differences[:SHOWN_DIFFERENCES])
        return f"{len(self.differences)} of {self.compared} compared values differ:\n  {shown}"


def encoder(tokenizer, call: str) -> Callable[[bytes], object]:
    """`t<add_special><parse_special>` as a function of the text; an exception is its answer."""
    add_special, parse_special = call[1] == "1", call[2] == "1"

    def encode(data: bytes) -> object:
        try:
            return tokenizer.encode(data, add_special_tokens=add_special, parse_special=parse_special)
        except Exception as error:
            return error

    return encode


def decoder(tokenizer, call: str) -> Callable[[Sequence[int]], object]:
    """`d<remove_special><unparse_special>` as a function of the ids; an exception is its answer."""
    options = {"remove_special": call[1] == "1", "skip_special_tokens": call[2] == "0", "errors": "surrogateescape"}

    def decode(ids: Sequence[int]) -> object:
        try:
            return tokenizer.decode(ids, **options).encode("utf-8", "surrogateescape")
        except Exception as error:
            return error

    return decode


def compare_encoding(tokenizer, cases: Sequence[Case]) -> Tally:
    """Every recorded llama_tokenize, and a sane answer in time where llama.cpp gave none."""
    tally = Tally()
    encoders = {call: encoder(tokenizer, call) for call in ("t00", "t01", "t10", "t11")}
    for case in cases:
        for call, encode in encoders.items():
            expected = case.calls.get(call)
            if expected is None:
                continue
            if isinstance(expected, Died):
                _check_survival(tally, f"{case.id} {call}", encode, case.data, len(tokenizer))
            else:
                tally.check(f"{case.id} {call}", expected, encode(case.data))
    return tally


def compare_batches(tokenizer, cases: Sequence[Case]) -> Tally:
    """All recorded texts at once, as str where they are UTF-8: they are encoded together then."""
    tally = Tally()
    for call in ("t00", "t01", "t10", "t11"):
        known = [case for case in cases if isinstance(case.calls.get(call), list)]
        tokenizer.clear_cache()
        batch = tokenizer.encode_batch(
            [_as_str(case.data) for case in known], call[1] == "1", parse_special=call[2] == "1", num_threads=1
        )
        for case, ids in zip(known, batch, strict=True):
            tally.check(f"{case.id} {call} in a batch", case.calls[call], ids)
    return tally


def _as_str(data: bytes) -> str | bytes:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def compare_decoding(tokenizer, cases: Sequence[Case], detokenized: Sequence[Detokenized]) -> Tally:
    """Every recorded llama_detokenize: of a text's t11 ids, and of arbitrary ids."""
    tally = Tally()
    decoders = {call: decoder(tokenizer, call) for call in ("d00", "d01", "d10", "d11")}
    t11 = encoder(tokenizer, "t11")
    texts = ((case.id, case.calls["t11"], case) for case in cases if "d01" in case.calls)
    arbitrary = ((f"ids {record.ids}", record.ids, record) for record in detokenized)
    for what, ids, record in (*texts, *arbitrary):
        known = ids if isinstance(ids, list) else t11(record.data)
        for call, decode in decoders.items():
            expected = record.calls.get(call)
            if expected is None:
                continue
            if isinstance(expected, Died):
                _check_survival(tally, f"{what} {call}", decode, known, len(tokenizer))
            else:
                tally.check(f"{what} {call}", expected, decode(known))
    return tally


def compare_meta(tokenizer, meta: dict, model: str | None) -> Tally:
    """The vocabulary's size, special ids, flags, end-of-generation set and chat template."""
    tally = Tally()
    tally.check("model_type", model, tokenizer.model_type)
    tally.check("vocab_size", meta["n_tokens"], tokenizer.vocab_size)
    tally.check("len", meta["n_tokens"], len(tokenizer))
    for name in ID_PROPERTIES:
        attribute = f"{name}_token_id"
        tally.check(attribute, None if meta[name] == -1 else meta[name], getattr(tokenizer, attribute))
    for name in FLAGS:
        tally.check(name, meta[name], getattr(tokenizer, name))
    tally.check("eog_token_ids", meta["eog"], sorted(tokenizer.eog_token_ids))
    tally.check("suppress_token_ids", meta["suppress"], list(tokenizer.suppress_token_ids))
    template = tokenizer.chat_template
    digest = None if template is None else hashlib.sha256(template.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    tally.check("chat_template", meta.get("chat_template_sha"), digest)
    return tally


def compare_tokens(tokenizer, table: dict) -> Tally:
    """Attributes, scores, texts and pieces of every id; sample rows tell where, block hashes miss nothing."""
    tally = Tally()
    tally.check("tokens", table["n"], len(tokenizer))
    attributes = [attribute for attribute, count in table["attr"] for _ in range(count)]
    samples = {row[0]: tuple(_raw(value) for value in row[1:]) for row in table["sample"]}
    digest = hashlib.sha256()
    for token in range(table["n"]):
        text, score, attribute, *pieces = _token_row(tokenizer, token)
        if attribute != attributes[token]:
            tally.check(f"token {token} attribute", attributes[token], attribute)
        if token in samples:
            tally.check(f"token {token}", samples[token], (text, score, attribute, *pieces))
        digest.update(struct.pack("<If", attribute, score))
        for raw in (text, *pieces):
            digest.update(struct.pack("<I", len(raw)) + raw)
        if (token + 1) % BLOCK == 0 or token + 1 == table["n"]:
            block = token // BLOCK
            tally.check(f"tokens {block * BLOCK}..{token}", table["blocks"][block], digest.hexdigest()[:12])
            digest = hashlib.sha256()
    return tally


def _token_row(tokenizer, token: int) -> tuple:
    piece = tokenizer.token_to_piece
    return (
        tokenizer.id_to_token(token).encode("utf-8", "surrogateescape"),
        tokenizer.token_score(token),
        int(tokenizer.token_attr(token)),
        piece(token, special=False),
        piece(token, special=True),
        piece(token, special=False, lstrip=1),
        piece(token, special=True, lstrip=1),
    )


def _check_survival(tally: Tally, what: str, call: Callable, argument: object, n_tokens: int) -> None:
    start = time.perf_counter()
    got = call(argument)
    seconds = time.perf_counter() - start
    tally.check(f"{what} (llama.cpp died) within the time limit", True, seconds < SECONDS_WHERE_LLAMA_CPP_DIED)
    if isinstance(got, list):
        sane = all(0 <= token < n_tokens for token in got)
    else:
        sane = isinstance(got, (bytes, ShimmytokError))
    tally.check(f"{what} (llama.cpp died) answers or raises a ShimmytokError", True, sane or got)


def _raw(value: object) -> object:
    if isinstance(value, dict):
        return base64.b64decode(value["b"])
    return value.encode() if isinstance(value, str) else value


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:200]} ... {text[-80:]}"
