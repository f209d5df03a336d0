"""A loaded tokenizer as bytes: a GGUF file of its own (for pickling), and its fingerprint."""

from __future__ import annotations

import hashlib
from typing import Any

from shimmytok.gguf import Metadata, ValueType, keys
from shimmytok.gguf.writer import dumps
from shimmytok.models.parts import Parts

LONGEST_ARRAY = 64 * 1024  # bytes; longer arrays that have nothing to do with the tokenizer are left out
FROM_PARTS = (keys.TOKENS, keys.TOKEN_TYPE, keys.SCORES, keys.MERGES)

_OVERRIDE_TYPES = {bool: ValueType.BOOL, int: ValueType.UINT32, float: ValueType.FLOAT32, str: ValueType.STRING}

Entry = tuple[str, ValueType, Any]


def to_gguf(metadata: Metadata, parts: Parts) -> bytes:
    """A GGUF file without tensors that loads as an equal tokenizer."""
    vocab = parts.vocab
    entries = [entry for key in metadata if key not in FROM_PARTS for entry in _entry(metadata, key)]
    if parts.model is not None:
        texts = [vocab.texts[i] for i in range(len(vocab.texts))]
        entries.append((keys.TOKENS, ValueType.ARRAY, (ValueType.STRING, texts)))
    if vocab.types is not None:
        entries.append((keys.TOKEN_TYPE, ValueType.ARRAY, (ValueType.INT32, vocab.types)))
    if vocab.scores is not None:
        entries.append((keys.SCORES, ValueType.ARRAY, (ValueType.FLOAT32, vocab.scores)))
    if parts.merges is not None:
        entries.append((keys.MERGES, ValueType.ARRAY, (ValueType.STRING, parts.merges.lines())))
    return dumps(entries)


def _entry(metadata: Metadata, key: str) -> list[Entry]:
    """A key as it is in the file, or as an override gave it; nothing for what cannot be kept."""
    kind = metadata.value_type(key)
    if kind is None:
        value = metadata[key]
        if isinstance(value, list):
            return [(key, ValueType.ARRAY, (_item_type(value), value))]
        return [(key, _OVERRIDE_TYPES[type(value)], value)]
    value_type, item = kind
    if value_type is not ValueType.ARRAY:
        return [(key, value_type, metadata[key])]
    if item is None or item is ValueType.ARRAY:
        return []
    if item is ValueType.STRING:
        strings = metadata.strings(key)
        if strings is None or len(strings) * 8 > LONGEST_ARRAY or sum(map(len, strings)) > LONGEST_ARRAY:
            return []
        return [(key, value_type, (item, list(strings)))]
    values = metadata.numbers(key, item)
    if values is None or (values.nbytes > LONGEST_ARRAY and not key.startswith("tokenizer.")):
        return []
    return [(key, value_type, (item, values))]


def _item_type(value: list[Any]) -> ValueType:
    """The type for the items of an array that an override gave: what the keys a tokenizer reads want."""
    if not value:
        return ValueType.STRING
    return ValueType.INT32 if type(value[0]) is int else _OVERRIDE_TYPES[type(value[0])]


def fingerprint(parts: Parts) -> str:
    """SHA-256, in hexadecimal, of all that decides what encoding and decoding give."""
    vocab = parts.vocab
    digest = hashlib.sha256()

    def add(name: str, *values: bytes) -> None:
        for value in (name.encode(), *values):
            digest.update(len(value).to_bytes(8, "little"))
            digest.update(value)

    flags = vocab.flags
    add("model", repr((vocab.model, vocab.pre, parts.n_tokens, parts.prefix, parts.suffix)).encode())
    add("flags", repr([(name, getattr(flags, name)) for name in sorted(flags.__slots__)]).encode())
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
