from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shimmytok._vocab import TokenTable
from shimmytok._word_cache import WordCache

NO_SCORE: int

class Plamo2TableSet:
    def __init__(
        self,
        texts: TokenTable,
        scores: NDArray[np.int32],
        is_byte: NDArray[np.uint8],
        byte_tokens: Sequence[int],
        cache: WordCache,
    ) -> None: ...
