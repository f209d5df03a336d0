import numpy as np
from numpy.typing import NDArray

from shimmytok._trie import TokenTrie
from shimmytok._word_cache import WordCache
from shimmytok.models._model import Model
from shimmytok.models._unigram_words import Words
from shimmytok.normalizers._sentencepiece import SentencePieceNormalizer

class UnigramModel(Model):
    def __init__(
        self,
        trie: TokenTrie,
        scores: NDArray[np.float32],
        normalizer: SentencePieceNormalizer,
        cache: WordCache,
        *,
        unknown: int | None,
        unknown_score: float,
        finite: bool,
        exact_size: int,
        words: Words,
        most_matches: int,
    ) -> None: ...
    def first_id(self, text: bytes) -> int | None: ...
