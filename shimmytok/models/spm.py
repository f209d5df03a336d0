"""Model "llama": SentencePiece-style BPE by scores, with byte fallback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shimmytok._word_cache import WordCache
from shimmytok.gguf import Metadata
from shimmytok.models._spm import SpmModel
from shimmytok.models._spm_tables import SpmTableSet
from shimmytok.models.ends import around
from shimmytok.models.parts import Parts
from shimmytok.vocab import Flags, read_vocab

if TYPE_CHECKING:
    from numpy.typing import NDArray


def load(metadata: Metadata, cache: WordCache) -> Parts:
    """Read a vocabulary and build its tables."""
    vocab = read_vocab(metadata, Flags(add_bos=True, add_space_prefix=True), {"bos": 1, "eos": 2, "unk": 0})
    scores = np.zeros(len(vocab.texts), np.float32) if vocab.scores is None else vocab.scores
    tables = SpmTableSet(
        vocab.texts,
        falling_ranks(scores),
        cache,
        unknown=vocab.ids["unk"],
        add_space_prefix=vocab.flags.add_space_prefix,
    )
    prefix, suffix = around(metadata, vocab)
    newlines = vocab.texts.last_of([b"<0x0A>", b"\n"])
    newline = newlines.get(b"<0x0A>", newlines.get(b"\n"))
    return Parts(vocab, len(vocab.texts), SpmModel(tables), prefix=prefix, suffix=suffix, newline=newline)


def falling_ranks(scores: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Numbers from 0 (uint32) that rise as the scores (float32) fall, equal for equal scores.

    >>> falling_ranks(np.array([0.5, -1.0, 0.0, -0.0, 3.0], np.float32)).tolist()
    [1, 3, 2, 2, 0]
    """
    with np.errstate(invalid="ignore"):  # a damaged file's NaN
        bits = (scores + np.float32(0)).view(np.uint32)  # -0.0 becomes 0.0
    falling = np.where(bits >> 31, bits, ~(bits | np.uint32(1 << 31)))
    if (falling[1:] >= falling[:-1]).all():  # scores fall with the ids, as they mostly do
        return _steps(falling)
    order = np.argsort(falling, kind="stable")
    ranks = np.empty(len(scores), np.uint32)
    ranks[order] = _steps(falling[order])
    return ranks


def _steps(ascending: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """How often the numbers change before each of them."""
    steps = np.zeros(len(ascending), np.uint32)
    np.cumsum(ascending[1:] != ascending[:-1], out=steps[1:])
    return steps
