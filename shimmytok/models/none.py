"""Models "none" and "no_vocab": a model file without a tokenizer."""

from __future__ import annotations

from shimmytok._vocab import TokenTable
from shimmytok._word_cache import WordCache
from shimmytok.gguf import Metadata, keys
from shimmytok.models.parts import Parts
from shimmytok.vocab import Flags, Vocab, read_text


def load(metadata: Metadata, cache: WordCache) -> Parts:
    """Nothing to build; only the number of tokens is known, where the metadata tell it."""
    model = read_text(metadata, keys.MODEL) or ""
    architecture = read_text(metadata, keys.ARCHITECTURE) or ""
    no_texts = TokenTable.from_list([])
    vocab = Vocab(model, read_text(metadata, keys.PRE), no_texts, no_texts, flags=Flags())
    return Parts(vocab, metadata.u32(keys.vocab_size(architecture)) or 0)
