import numpy as np
from numpy.typing import NDArray

from shimmytok._trie import TokenTrie
from shimmytok._vocab import TokenTable
from shimmytok._word_cache import WordCache
from shimmytok.models._model import Model
from shimmytok.models._unigram_words import Words
from shimmytok.models.unigram_sums import SumBounds
from shimmytok.normalizers._sentencepiece import SentencePieceNormalizer

class UnigramModel(Model):
    def __init__(
        self,
        texts: TokenTable,
        trie: TokenTrie,
        of_leaves: NDArray[np.float32],
        scores: NDArray[np.float32],
        normalizer: SentencePieceNormalizer,
        cache: WordCache,
        *,
        unknown: int | None,
        unknown_score: float,
        finite: bool,
        sums: SumBounds | None,
        words: Words,
        cuts: NDArray[np.uint64],
        most_matches: int,
    ) -> None: ...
    def first_id(self, text: bytes) -> int | None: ...
