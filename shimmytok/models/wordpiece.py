"""Model "bert": WordPiece, as BERT and the embedding models after it use it."""

from __future__ import annotations

import numpy as np

from shimmytok._trie import TokenTrie
from shimmytok._word_cache import WordCache
from shimmytok.gguf import Metadata
from shimmytok.log import warn
from shimmytok.models._longest import LongestTokens
from shimmytok.models._wordpiece import WordPieceModel
from shimmytok.models.parts import Parts
from shimmytok.normalizers.bert import characters
from shimmytok.vocab import Flags, Vocab, read_vocab

MARK = "▁".encode()  # stands before every word

DEFAULT_IDS = {"bos": 101, "unk": 100, "sep": 102, "pad": 0, "mask": 103}


def load(metadata: Metadata, cache: WordCache) -> Parts:
    """Read a vocabulary and build its tables."""
    vocab = read_vocab(metadata, Flags(add_bos=True, add_sep=True, clean_spaces=True), DEFAULT_IDS)
    n_tokens = len(vocab.texts)
    tokens = LongestTokens(
        TokenTrie(vocab.texts, np.ones(n_tokens, np.bool_)),
        vocab.texts,
        unknown=vocab.ids["unk"],
        unknown_words=True,
        start=MARK,
    )
    return Parts(
        vocab,
        n_tokens,
        WordPieceModel(tokens, characters(vocab.flags.lowercase, vocab.flags.strip_accents), cache),
        prefix=_end(metadata, vocab, "bos"),
        suffix=_end(metadata, vocab, "sep"),
        # llama.cpp takes the padding token's default, before it reads the key.
        newline=DEFAULT_IDS["pad"],
    )


def _end(metadata: Metadata, vocab: Vocab, name: str) -> tuple[int, ...]:
    """The id around a text.  The flags do not matter; where it is missing, llama.cpp aborts, and none is added here."""
    token = vocab.ids[name]
    if token is None:
        warn("%s: there is no %s token to add to texts", metadata.source, name.upper())
        return ()
    return (token,)
