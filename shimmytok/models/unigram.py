"""Model "t5": SentencePiece's unigram language model, as T5 and multilingual embedding models use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shimmytok._trie import TokenTrie
from shimmytok._word_cache import WordCache
from shimmytok.errors import GGUFError
from shimmytok.gguf import Metadata, keys
from shimmytok.models._unigram import UnigramModel
from shimmytok.models._unigram_cuts import word_cuts
from shimmytok.models._unigram_words import Words
from shimmytok.models.ends import around
from shimmytok.models.parts import Parts
from shimmytok.models.unigram_sums import sum_bounds
from shimmytok.normalizers._charsmap import Charsmap
from shimmytok.normalizers._sentencepiece import SentencePieceNormalizer
from shimmytok.normalizers.sentencepiece import cutting_bytes, fixed_bytes, plain_bytes
from shimmytok.special_ids import TokenAttr, attributes
from shimmytok.vocab import Flags, Vocab, read_vocab

if TYPE_CHECKING:
    from numpy.typing import NDArray

MARK = "▁".encode()
NUL = b"\0"  # which no text of a token has

DEFAULT_IDS = {"eos": 1, "unk": 2, "pad": 0}

NO_CUTS = np.zeros(256, np.uint64)
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
    fixed = fixed_bytes(charsmap, cut_texts)
    scores = np.zeros(n_tokens, np.float32) if vocab.scores is None else vocab.scores
    unknown_score = float(lowest_score(scores[normal]) - np.float32(10))

    def model(user_defined: Mask, unknown: int | None, cache: WordCache, *, by_words: bool) -> UnigramModel:
        own = np.where(user_defined, np.float32(0), scores) if user_defined.any() else scores
        of_leaves = own[trie.tokens()]
        in_text = vocab.texts[unknown] if unknown is not None and unknown < n_tokens and in_trie[unknown] else b""
        found = float(own[unknown]) if unknown is not None and in_text else 0.0
        words = _words(vocab, trie, in_trie, in_text) if by_words else None
        return UnigramModel(
            vocab.texts,
            trie,
            of_leaves,
            scores,
            normalizer,
            cache,
            unknown=unknown,
            unknown_score=unknown_score,
            finite=bool(np.isfinite(of_leaves).all() and np.isfinite(unknown_score)),
            words=words or Words.SPACED,
            cuts=_cuts(vocab, trie, fixed, in_text) if words else NO_CUTS,
            sums=sum_bounds(own[in_trie], vocab.texts.lengths()[in_trie], unknown_score, found) if words else None,
            most_matches=MOST_MATCHES,
        )

    prefix, suffix = around(metadata, vocab)
    return Parts(
        vocab,
        n_tokens,
        model(vocab.having(TokenAttr.USER_DEFINED), vocab.ids["unk"], cache, by_words=True),
        prefix=prefix,
        suffix=suffix,
        newline=_newline(model(user_defined, DEFAULT_IDS["unk"], WordCache(0), by_words=False)),
        charsmap=blob or None,
        settings=(blob, given.astype("<u4").tobytes()),
    )


def lowest_score(scores: NDArray[np.float32]) -> np.float32:
    """The lowest score (float32); what is not a number does not count, and none are as good as the greatest float.

    >>> lowest_score(np.array([-1.5, np.nan, -0.5], np.float32))
    np.float32(-1.5)
    """
    lowest: np.float32 = np.fmin.reduce(scores, initial=np.finfo(np.float32).max)
    return lowest


def _words(vocab: Vocab, trie: TokenTrie, in_trie: Mask, unknown: bytes) -> Words | None:
    """What words the texts of this vocabulary can be cut into; None where these cannot, or could seldom, be encoded
    alone (_unigram.pyx).  `unknown`: the text of the unknown token, if it can be found in texts."""
    mark, _ = trie.longest(MARK)
    if mark is None or vocab.texts[mark] != MARK:
        return None
    with_spaces = [vocab.texts[i].replace(MARK, NUL) for i in vocab.texts.holding(MARK, behind=1) if in_trie[i]]
    if not unknown.startswith(MARK) and not any(NUL in text.lstrip(NUL) for text in with_spaces):
        return Words.SPACED if vocab.flags.remove_extra_whitespaces else Words.BEFORE
    if vocab.flags.remove_extra_whitespaces or unknown.endswith(MARK):
        return None
    # A byte before a space may swallow a part of it, and a token begin with the rest.
    going_on = [vocab.texts[i] for i in vocab.texts.holding(MARK[2:], before=1) if in_trie[i]]
    if any(MARK in text[:-1] or text.startswith((MARK[1:], MARK[2:])) for text in going_on):
        return None
    return Words.BEHIND


def _cuts(vocab: Vocab, trie: TokenTrie, fixed: dict[int, bytes], unknown: bytes) -> NDArray[np.uint64]:
    """Where words can be cut inside; `fixed`: what characters of ASCII become that become the same everywhere."""
    firsts = {c: text[:1] for c, text in fixed.items()}
    # No unknown token begins with one of these, neither as a character that is no token, nor as its text.
    known = {c for c, first in firsts.items() if trie.longest(first)[0] is not None and first != unknown[:1]}
    return word_cuts(
        vocab.texts,
        bytes(fixed[c][-1] if c in fixed else 0 for c in range(0x80)),
        bytes(fixed[c][0] if c in known else 0 for c in range(0x80)),
    )


def _having(attrs: NDArray[np.uint16], attr: TokenAttr) -> Mask:
    having: Mask = (attrs & np.uint16(attr)) != 0
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


def _newline(model: UnigramModel) -> int:
    """The first token of a newline, as llama.cpp finds it before it reads the special ids: else the default padding."""
    token = model.first_id(b"\n")
    return DEFAULT_IDS["pad"] if token is None else token
