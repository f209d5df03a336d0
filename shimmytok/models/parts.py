"""What a loaded tokenizer consists of, whichever its model is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from shimmytok.models._model import Model
from shimmytok.piece_rules import PieceRule
from shimmytok.vocab import Vocab

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Merges(Protocol):
    """The merges of a BPE model, for those who write or hash a tokenizer."""

    n_merges: int

    def pairs(self) -> NDArray[np.uint32]: ...

    def lines(self) -> list[bytes]: ...

    def symbol_texts(self) -> tuple[bytes, NDArray[np.uint32]]: ...


class Parts(NamedTuple):
    """A vocabulary and the model over it.

    `model` is None where there is no tokenizer ("none"), and `n_tokens` comes from the metadata then.
    `piece_rule`: how token texts stand for bytes.  `prefix` and `suffix`: the ids that are put around a text.
    `newline`: the id of a newline; `newline_is_encoded`: it is what the model makes of one.
    `charsmap`: the file's precompiled_charsmap, where the model reads one and the file has it.
    `settings`: what else decides the ids, as bytes for the fingerprint.
    """

    vocab: Vocab
    n_tokens: int
    model: Model | None = None
    piece_rule: PieceRule = PieceRule.SPACES_ESCAPED
    prefix: tuple[int, ...] = ()
    suffix: tuple[int, ...] = ()
    newline: int | None = None
    newline_is_encoded: bool = False
    merges: Merges | None = None
    charsmap: bytes | None = None
    settings: tuple[bytes, ...] = ()
