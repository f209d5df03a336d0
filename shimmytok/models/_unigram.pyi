import numpy as np
from numpy.typing import NDArray

from shimmytok._trie import TokenTrie
from shimmytok.models._model import Model
from shimmytok.normalizers._sentencepiece import SentencePieceNormalizer

class UnigramModel(Model):
    def __init__(
        self,
        trie: TokenTrie,
        scores: NDArray[np.float64],
        normalizer: SentencePieceNormalizer,
        *,
        unknown: int | None,
        unknown_score: float,
    ) -> None: ...
    def first_id(self, text: bytes) -> int | None: ...
