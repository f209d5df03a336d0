"""Model "t5": SentencePiece's unigram language model, as T5 and multilingual embedding models use it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shimmytok._trie import TokenTrie
from shimmytok._word_cache import WordCache
from shimmytok.errors import GGUFError
from shimmytok.gguf import Metadata, keys
from shimmytok.models._unigram import UnigramModel
from shimmytok.models.ends import around
from shimmytok.models.parts import Parts
from shimmytok.normalizers._charsmap import Charsmap
from shimmytok.normalizers._sentencepiece import SentencePieceNormalizer
from shimmytok.special_ids import TokenAttr, attributes
from shimmytok.vocab import Flags, read_vocab

DEFAULT_IDS = {"eos": 1, "unk": 2, "pad": 0}

Mask = NDArray[np.bool_]


def load(metadata: Metadata, cache: WordCache) -> Parts:
    """Read a vocabulary and build its tables."""
    blob, charsmap = _charsmap(metadata)
    vocab = read_vocab(metadata, Flags(add_eos=True), DEFAULT_IDS)
    n_tokens = len(vocab.texts)
    # llama.cpp builds its tables before it gives special tokens further attributes.
    given = attributes(vocab.types, n_tokens)
    normal, user_defined = _having(given, TokenAttr.NORMAL), _having(given, TokenAttr.USER_DEFINED)
    trie = TokenTrie(vocab.texts, normal | user_defined | _having(given, TokenAttr.UNUSED))
    normalizer = SentencePieceNormalizer(
        charsmap,
        TokenTrie(vocab.texts, user_defined),
        add_space_prefix=vocab.flags.add_space_prefix,
        remove_extra_whitespaces=vocab.flags.remove_extra_whitespaces,
    )
    scores = np.zeros(n_tokens, np.float32) if vocab.scores is None else vocab.scores
    unknown_score = lowest_score(scores[normal]) - np.float32(10)

    with np.errstate(invalid="ignore"):  # a damaged file's NaN
        precise = scores.astype(np.float64)

    def model(user_defined: Mask, unknown: int | None) -> UnigramModel:
        own = np.where(user_defined, 0.0, precise)
        return UnigramModel(trie, own, normalizer, unknown=unknown, unknown_score=float(unknown_score))

    prefix, suffix = around(metadata, vocab)
    return Parts(
        vocab,
        n_tokens,
        model(vocab.having(TokenAttr.USER_DEFINED), vocab.ids["unk"]),
        prefix=prefix,
        suffix=suffix,
        newline=_newline(model(user_defined, DEFAULT_IDS["unk"]), n_tokens),
        settings=(blob, given.astype("<u4").tobytes()),
    )


def lowest_score(scores: NDArray[np.float32]) -> np.float32:
    """The lowest score (float32); what is not a number does not count, and none are as good as the greatest float.

    >>> lowest_score(np.array([-1.5, np.nan, -0.5], np.float32))
    np.float32(-1.5)
    """
    lowest: np.float32 = np.fmin.reduce(scores, initial=np.finfo(np.float32).max)
    return lowest


def _having(attrs: NDArray[np.uint32], attr: TokenAttr) -> Mask:
    having: Mask = (attrs & np.uint32(attr)) != 0
    return having


def _charsmap(metadata: Metadata) -> tuple[bytes, Charsmap]:
    blob = metadata.raw_bytes(keys.PRECOMPILED_CHARSMAP)
    if blob == b"":
        raise GGUFError("0 bytes: too few for the size of the double array", key=keys.PRECOMPILED_CHARSMAP)
    try:
        return blob or b"", Charsmap(blob or b"")
    except ValueError as error:
        raise GGUFError(str(error), path=metadata.source, key=keys.PRECOMPILED_CHARSMAP) from None


def _newline(model: UnigramModel, n_tokens: int) -> int | None:
    """The first token of a newline, as llama.cpp finds it before it reads the special ids: else the default padding."""
    token = model.first_id(b"\n")
    if token is None:
        token = DEFAULT_IDS["pad"]
    return token if token < n_tokens else None
