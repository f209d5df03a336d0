"""Where a tokenizer is loaded from: names, paths, the parts of split models."""

from __future__ import annotations

import os
import re

from shimmytok.errors import ModelNotFoundError
from shimmytok.gguf import Limits, Metadata, keys

BUNDLED = {"gpt2": os.path.join(os.path.dirname(__file__), "data", "gpt2.gguf")}

# How llama.cpp names the parts of a split model; the numbers in names start from 1, split.no from 0.
PART = re.compile(r"^(?P<stem>.*)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf$", re.DOTALL)


def resolve(name: str | os.PathLike[str]) -> str:
    """The path of a bundled vocabulary or of a file; ModelNotFoundError where there is neither."""
    text = os.fsdecode(name)
    if text in BUNDLED:
        return BUNDLED[text]
    if os.path.exists(text):
        return text
    raise ModelNotFoundError(f"{text!r} is neither a file nor a bundled vocabulary ({', '.join(BUNDLED)})")


def open_metadata(path: str | os.PathLike[str], limits: Limits | None) -> Metadata:
    """The metadata of a file; of a part of a split model, those of its first part, which has them all."""
    path = os.fsdecode(path)
    metadata = Metadata.from_file(path, limits=limits)
    if keys.MODEL in metadata or not metadata.u16(keys.SPLIT_NO):
        return metadata
    match = PART.match(path)
    if match is None:
        return metadata
    first = f"{match['stem']}-00001-of-{match['count']}.gguf"
    metadata.close()
    if not os.path.exists(first):
        raise ModelNotFoundError(f"{path}: the tokenizer is in the model's first part, {first}, which is not there")
    return Metadata.from_file(first, limits=limits)
