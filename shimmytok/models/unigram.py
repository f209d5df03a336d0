"""Model "t5": SentencePiece's unigram language model, as T5 and multilingual embedding models use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shimmytok._trie import TokenTrie
from shimmytok._word_cache import WordCache
from shimmytok.errors import GGUFError
from shimmytok.gguf import Metadata, keys
from shimmytok.models._unigram import UnigramModel
from shimmytok.models.ends import around
from shimmytok.models.parts import Parts
from shimmytok.models.unigram_sums import exact_size
from shimmytok.normalizers._charsmap import Charsmap
from shimmytok.normalizers._sentencepiece import SentencePieceNormalizer
from shimmytok.normalizers.sentencepiece import cutting_bytes, plain_bytes
from shimmytok.special_ids import TokenAttr, attributes
from shimmytok.vocab import Flags, Vocab, read_vocab

if TYPE_CHECKING:
    from numpy.typing import NDArray

MARK = "▁".encode()

DEFAULT_IDS = {"eos": 1, "unk": 2, "pad": 0}

MOST_MATCHES = 1 << 16  # about 1 MB

Mask = np.ndarray[Any, np.dtype[np.bool_]]


def load(metadata: Metadata, cache: WordCache) -> Parts:
    """Read a vocabulary and build its tables."""
    blob, charsmap = _charsmap(metadata)
    vocab = read_vocab(metadata, Flags(add_eos=True), DEFAULT_IDS)
    n_tokens = len(vocab.texts)
    # llama.cpp builds its tables before it gives special tokens further attributes.
    given = attributes(vocab.types, n_tokens)
    normal, user_defined = _having(given, TokenAttr.NORMAL), _having(given, TokenAttr.USER_DEFINED)
    in_trie = normal | user_defined | _having(given, TokenAttr.UNUSED)
    trie = TokenTrie(vocab.texts, in_trie)
    cut_texts = [vocab.texts[i] for i in np.flatnonzero(user_defined).tolist()]
    normalizer = SentencePieceNormalizer(
        charsmap,
        TokenTrie(vocab.texts, user_defined),
        add_space_prefix=vocab.flags.add_space_prefix,
        remove_extra_whitespaces=vocab.flags.remove_extra_whitespaces,
        cuts=cutting_bytes(charsmap, cut_texts),
        plain=plain_bytes(charsmap, cut_texts),
    )
    scores = np.zeros(n_tokens, np.float32) if vocab.scores is None else vocab.scores
    unknown_score = float(lowest_score(scores[normal]) - np.float32(10))

    def model(user_defined: Mask, unknown: int | None, cache: WordCache, *, by_words: bool) -> UnigramModel:
        own = np.where(user_defined, np.float32(0), scores) if user_defined.any() else scores
        of_leaves = own[trie.tokens()]
        return UnigramModel(
            trie,
            of_leaves,
            normalizer,
            cache,
            unknown=unknown,
            unknown_score=unknown_score,
            finite=bool(np.isfinite(of_leaves).all() and np.isfinite(unknown_score)),
            exact_size=_exact_size(vocab, trie, in_trie, own, unknown, unknown_score) if by_words else 0,
            most_matches=MOST_MATCHES,
        )

    prefix, suffix = around(metadata, vocab)
    return Parts(
        vocab,
        n_tokens,
        model(vocab.having(TokenAttr.USER_DEFINED), vocab.ids["unk"], cache, by_words=True),
        prefix=prefix,
        suffix=suffix,
        newline=_newline(model(user_defined, DEFAULT_IDS["unk"], WordCache(0), by_words=False), n_tokens),
        settings=(blob, given.astype("<u4").tobytes()),
    )


def lowest_score(scores: NDArray[np.float32]) -> np.float32:
    """The lowest score (float32); what is not a number does not count, and none are as good as the greatest float.

    >>> lowest_score(np.array([-1.5, np.nan, -0.5], np.float32))
    np.float32(-1.5)
    """
    lowest: np.float32 = np.fmin.reduce(scores, initial=np.finfo(np.float32).max)
    return lowest


def _exact_size(
    vocab: Vocab, trie: TokenTrie, in_trie: Mask, scores: NDArray[np.float32], unknown: int | None, unknown_score: float
) -> int:
    """For UnigramModel: 0 where it cannot encode words alone, or could seldom."""
    unknown_is_apart = unknown is None or unknown >= len(in_trie) or not in_trie[unknown]
    mark, _ = trie.longest(MARK)
    mark_is_token = mark is not None and vocab.texts[mark] == MARK
    if not vocab.flags.remove_extra_whitespaces or not mark_is_token or not unknown_is_apart:
        return 0
    if any(in_trie[i] and vocab.texts[i].strip(MARK) for i in vocab.texts.holding_inside(MARK)):
        return 0
    return exact_size(scores[in_trie], vocab.texts.lengths()[in_trie], unknown_score)


def _having(attrs: NDArray[np.uint32], attr: TokenAttr) -> Mask:
    having: Mask = (attrs & np.uint32(attr)) != 0
    return having


def _charsmap(metadata: Metadata) -> tuple[bytes, Charsmap]:
    blob = metadata.raw_bytes(keys.PRECOMPILED_CHARSMAP)
    if blob == b"":
        raise GGUFError(
            "0 bytes: too few for the size of the double array", path=metadata.source, key=keys.PRECOMPILED_CHARSMAP
        )
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
