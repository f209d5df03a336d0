"""Tokenizers over a handful of tokens, made in memory."""

from __future__ import annotations

from shimmytok import Tokenizer
from shimmytok.gguf import ValueType
from shimmytok.gguf.writer import dumps


def strings(items):
    return ValueType.ARRAY, (ValueType.STRING, list(items))


def integers(items):
    return ValueType.ARRAY, (ValueType.INT32, list(items))


def floats(items):
    return ValueType.ARRAY, (ValueType.FLOAT32, list(items))


def gguf(model, tokens, **more):
    entries = [("tokenizer.ggml.model", ValueType.STRING, model), ("tokenizer.ggml.tokens", *strings(tokens))]
    entries += [(f"tokenizer.ggml.{key}", *value) for key, value in more.items()]
    return dumps(entries)


def tokenizer(model, tokens, **more):
    return Tokenizer.from_bytes(gguf(model, tokens, **more))


def last_ids(tokens):
    """Of equal tokens the last one counts."""
    return {token: i for i, token in enumerate(tokens)}
