"""A loaded tokenizer as bytes: a GGUF file of its own (for pickling), and its fingerprint."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from shimmytok.gguf import Metadata, ValueType, keys
from shimmytok.gguf.values import DTYPES
from shimmytok.gguf.writer import dumps
from shimmytok.models.parts import Parts

FROM_PARTS = (keys.TOKENS, keys.TOKEN_TYPE, keys.SCORES, keys.MERGES)

# The types that overrides are written as: the first that holds the value.  Where a tokenizer reads an array, only the
# types it reads will do.
SCALARS = (ValueType.UINT32, ValueType.INT64, ValueType.UINT64)
ITEMS = (ValueType.INT32, ValueType.INT64, ValueType.UINT64)
ITEMS_READ = {
    keys.SUPPRESS_TOKENS: (ValueType.INT32,),
    keys.PRECOMPILED_CHARSMAP: (ValueType.UINT8, ValueType.INT8),
}

Entry = tuple[str, ValueType, Any]


def to_gguf(metadata: Metadata, parts: Parts) -> bytes:
    """A GGUF file without tensors that loads as an equal tokenizer.

    Nothing is read from a file again, which may be gone: long arrays that have nothing to do with the tokenizer are
    left out.
    """
    vocab = parts.vocab
    from_parts = FROM_PARTS if parts.charsmap is None else (*FROM_PARTS, keys.PRECOMPILED_CHARSMAP)
    entries = [entry for key in metadata if key not in from_parts for entry in _entry(metadata, key)]
    if parts.model is not None:
        texts = [vocab.texts[i] for i in range(len(vocab.texts))]
        entries.append((keys.TOKENS, ValueType.ARRAY, (ValueType.STRING, texts)))
    if vocab.types is not None:
        entries.append((keys.TOKEN_TYPE, ValueType.ARRAY, (ValueType.INT32, vocab.types)))
    if vocab.scores is not None:
        entries.append((keys.SCORES, ValueType.ARRAY, (ValueType.FLOAT32, vocab.scores)))
    if parts.merges is not None:
        entries.append((keys.MERGES, ValueType.ARRAY, (ValueType.STRING, parts.merges.lines())))
    if parts.charsmap is not None:
        charsmap = np.frombuffer(parts.charsmap, np.uint8)
        entries.append((keys.PRECOMPILED_CHARSMAP, ValueType.ARRAY, (ValueType.UINT8, charsmap)))
    return dumps(entries)


def _entry(metadata: Metadata, key: str) -> list[Entry]:
    """A key as it is in the file, or as an override gave it; nothing for what cannot be kept."""
    if not key:  # in the file it begins with a NUL
        return []
    kind = metadata.value_type(key)
    if kind is None:
        return _overridden(key, metadata[key])
    value_type, item = kind
    if value_type is not ValueType.ARRAY:
        return [(key, value_type, metadata[key])]
    if item is None or item is ValueType.ARRAY or not metadata._is_kept(key):
        return []
    values = metadata.strings(key) if item is ValueType.STRING else metadata.numbers(key, item)
    return [] if values is None else [(key, value_type, (item, list(values) if item is ValueType.STRING else values))]


def _overridden(key: str, value: Any) -> list[Entry]:
    """What an override gave; nothing for integers that no type of GGUF holds."""
    if not isinstance(value, list):
        kind = _type_of([value], SCALARS)
        return [] if kind is None else [(key, kind, value)]
    item = _type_of(value, ITEMS_READ.get(key, ITEMS)) if value else ITEMS_READ.get(key, (ValueType.STRING,))[0]
    return [] if item is None else [(key, ValueType.ARRAY, (item, value))]


def _type_of(values: list[Any], integers: tuple[ValueType, ...]) -> ValueType | None:
    """The first type that holds all of the values, of `integers` for integers; floats are rounded by none."""
    kinds = set(map(type, values))
    if kinds <= {bool}:
        return ValueType.BOOL
    if kinds <= {str}:
        return ValueType.STRING
    if kinds <= {int}:
        bounds = {kind: np.iinfo(DTYPES[kind]) for kind in integers}
        return next((k for k, b in bounds.items() if b.min <= min(values) and max(values) <= b.max), None)
    try:
        doubles = np.array(values, np.float64)
    except OverflowError:  # an int beyond them, beside floats
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        exact = np.array_equal(doubles.astype(np.float32), doubles, equal_nan=True)
    return ValueType.FLOAT32 if exact else ValueType.FLOAT64


def fingerprint(parts: Parts) -> str:
    """SHA-256, in hexadecimal, of all that decides what encoding and decoding give."""
    vocab = parts.vocab
    digest = hashlib.sha256()

    def add(name: str, *values: bytes) -> None:
        for value in (name.encode(), *values):
            digest.update(len(value).to_bytes(8, "little"))
            digest.update(value)

    add("model", repr((vocab.model, vocab.pre, parts.n_tokens, parts.prefix, parts.suffix)).encode())
    add("flags", repr(sorted(vocab.flags.items())).encode())
    add("ids", repr(sorted(vocab.ids.items())).encode(), repr(sorted(vocab.ends)).encode())
    add("texts", *vocab.texts.joined())
    add("attrs", vocab.attrs.astype("<u4").tobytes())
    add("scores", b"" if vocab.scores is None else vocab.scores.astype("<f4").tobytes())
    if parts.merges is not None:
        symbols, ends = parts.merges.symbol_texts()
        add("merges", symbols, ends.astype("<u4").tobytes(), parts.merges.pairs().astype("<u4").tobytes())
    if parts.settings:
        add("settings", *parts.settings)
    return digest.hexdigest()
