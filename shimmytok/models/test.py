"""Model "test": ids that are hashes of five bytes each, for vocabularies that only test other code."""

from __future__ import annotations

from shimmytok._word_cache import WordCache
from shimmytok.errors import GGUFError
from shimmytok.gguf import Metadata, keys
from shimmytok.models._test import TestModel
from shimmytok.models.parts import Parts
from shimmytok.piece_rules import PieceRule
from shimmytok.vocab import Flags, read_vocab


def load(metadata: Metadata, cache: WordCache) -> Parts:
    """Read a vocabulary.  One of no tokens, over which llama.cpp divides by zero, is a GGUFError."""
    vocab = read_vocab(metadata, Flags(), {})
    if not len(vocab.texts):
        raise GGUFError("the list of tokens is empty", path=metadata.source, key=keys.TOKENS)
    return Parts(
        vocab,
        len(vocab.texts),
        TestModel(len(vocab.texts)),
        piece_rule=PieceRule.HEXADECIMAL_ID,
        newline_is_encoded=True,
    )
