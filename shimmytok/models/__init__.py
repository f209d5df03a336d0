"""The tokenizer models: one look-up by `tokenizer.ggml.model`."""

from __future__ import annotations

from collections.abc import Callable

from shimmytok._word_cache import WordCache
from shimmytok.errors import GGUFError, UnsupportedModelError
from shimmytok.gguf import Metadata, keys
from shimmytok.models import bpe, hybriddna, none, plamo2, rwkv, spm, test, unigram, whitespace, wordpiece
from shimmytok.models.parts import Parts
from shimmytok.vocab import read_text

MODELS: dict[str, Callable[[Metadata, WordCache], Parts]] = {
    "gpt2": bpe.load,
    "gemma4": bpe.load,
    "llama": spm.load,
    "bert": wordpiece.load,
    "t5": unigram.load,
    "rwkv": rwkv.load,
    "plamo2": plamo2.load,
    "hybriddna": hybriddna.load,
    "whitespace": whitespace.load,
    "test": test.load,
    "none": none.load,
    "no_vocab": none.load,
}


def load(metadata: Metadata, cache: WordCache) -> Parts:
    """Build the tokenizer that the metadata describe, which keeps words in `cache`.

    Raises GGUFError, UnsupportedModelError, UnknownPreTokenizerError.
    """
    model = read_text(metadata, keys.MODEL)
    if model is None:
        raise GGUFError("the key is missing: no tokenizer in this file", path=metadata.source, key=keys.MODEL)
    if model not in MODELS:
        raise UnsupportedModelError(
            f"{metadata.source}: tokenizer model {model!r} is not supported; supported are {', '.join(MODELS)}"
        )
    return MODELS[model](metadata, cache)
