"""The tokenizer models: one look-up by `tokenizer.ggml.model`.

A model's module is imported when a file asks for it, since no program needs all of them; but those of the two models
that most files have come with the library, so that a first load does not wait for them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from shimmytok.errors import GGUFError, UnsupportedModelError
from shimmytok.gguf import Metadata, keys
from shimmytok.models.pieces_written import check_pieces
from shimmytok.shown import shown

if TYPE_CHECKING:
    from shimmytok._word_cache import WordCache
    from shimmytok.models.parts import Parts

# tokenizer.ggml.model -> the module in this folder whose `load` builds it.
MODELS = {
    "gpt2": "bpe",
    "gemma4": "bpe",
    "llama": "spm",
    "bert": "wordpiece",
    "t5": "unigram",
    "rwkv": "rwkv",
    "plamo2": "plamo2",
    "hybriddna": "hybriddna",
    "whitespace": "whitespace",
    "test": "test",
    "none": "none",
    "no_vocab": "none",
}


def load(metadata: Metadata, cache: WordCache) -> Parts:
    """Build the tokenizer that the metadata describe, which keeps words in `cache`.

    Raises GGUFError, UnsupportedModelError, UnknownPreTokenizerError.
    """
    raw = metadata.text(keys.MODEL)
    if raw is None:
        raise GGUFError("the key is missing: no tokenizer in this file", path=metadata.source, key=keys.MODEL)
    model = raw.decode("utf-8", "surrogateescape")
    if model not in MODELS:
        raise UnsupportedModelError(
            f"{metadata.source}: tokenizer model {shown(raw)} is not supported; supported are {', '.join(MODELS)}"
        )
    metadata.u32(keys.TOKEN_TYPE_COUNT)  # says nothing of the tokenizer, but is of this type, or the file is refused
    parts: Parts = import_module(f"{__name__}.{MODELS[model]}").load(metadata, cache)
    if parts.newline is not None and parts.newline >= parts.n_tokens:
        raise GGUFError(
            f"{parts.n_tokens} tokens: a newline would be token {parts.newline}", path=metadata.source, key=keys.TOKENS
        )
    check_pieces(metadata, parts)
    return parts
