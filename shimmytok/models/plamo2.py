"""Model "plamo2": the cheapest way to write a text as tokens, with bytes for what is none; llm_tokenizer_plamo2.

llama.cpp never puts tokens around a text, whatever the flags say.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

import numpy as np

from shimmytok._vocab import TokenTable
from shimmytok._word_cache import WordCache
from shimmytok.errors import GGUFError
from shimmytok.gguf import Metadata, keys
from shimmytok.models._plamo2 import Plamo2Model
from shimmytok.models._plamo2_tables import NO_SCORE, Plamo2TableSet
from shimmytok.models.parts import Parts
from shimmytok.piece_rules import PieceRule
from shimmytok.special_ids import ATTR_OF_TYPE, TokenAttr
from shimmytok.vocab import Flags, Vocab, read_vocab

if TYPE_CHECKING:
    from numpy.typing import NDArray


def load(metadata: Metadata, cache: WordCache) -> Parts:
    """Read a vocabulary and build its tables; GGUFError where one of the 256 byte tokens is missing."""
    vocab = read_vocab(metadata, Flags(), {"bos": 1, "eos": 2, "unk": 0, "pad": 3})
    is_byte = np.zeros(len(vocab.texts), np.bool_)
    if vocab.types is not None:
        is_byte = vocab.types == ATTR_OF_TYPE.index(TokenAttr.BYTE)
    byte_tokens = _byte_tokens(vocab.texts, is_byte)
    for b, token in enumerate(byte_tokens):
        # llama.cpp's mark for a missing one is 0, so that id 0 will not do.
        if token == 0:
            raise GGUFError(f"there is no byte token <0x{b:02X}>", path=metadata.source, key=keys.TOKENS)
    try:
        table_set = Plamo2TableSet(vocab.texts, _scores(vocab), is_byte.view(np.uint8), byte_tokens, cache)
    except ValueError as error:
        raise GGUFError(str(error), path=metadata.source, key=keys.TOKENS) from None
    return Parts(vocab, len(vocab.texts), Plamo2Model(table_set), piece_rule=PieceRule.PLAIN, newline_is_encoded=True)


def _byte_tokens(texts: TokenTable, is_byte: NDArray[np.bool_]) -> list[int]:
    """The last id of each byte's token, `<0xNN>` with digits of either case; 0 where there is none."""
    digits = string.hexdigits.encode()
    tokens = [0] * 256
    for i in np.flatnonzero(is_byte).tolist():
        text = texts[i]
        if len(text) == 6 and text[:3] == b"<0x" and text[5:] == b">" and text[3] in digits and text[4] in digits:
            tokens[int(text[3:5], 16)] = i
    return tokens


def _scores(vocab: Vocab) -> NDArray[np.int32]:
    scores = np.zeros(len(vocab.texts), np.float32) if vocab.scores is None else vocab.scores
    return integer_scores(scores)


def integer_scores(scores: NDArray[np.float32]) -> NDArray[np.int32]:
    """Scores (float32) in ten-thousandths, halves rounded away from zero; NO_SCORE for what is no number or too large.

    >>> integer_scores(np.array([-1.00005, 0.00005, np.nan, 1e30], np.float32)).tolist()
    [-10000, 0, -20000000, -20000000]
    """
    exact = scores.astype(np.float64) * 1e4
    with np.errstate(invalid="ignore"):
        rounded = np.copysign(np.floor(np.abs(exact) + 0.5), exact)
        fits = np.abs(rounded) <= np.iinfo(np.int32).max
    return np.where(fits, rounded, NO_SCORE).astype(np.int32)
