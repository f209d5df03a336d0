import numpy as np
from numpy.typing import NDArray

from shimmytok._cuts import Cuts
from shimmytok._vocab import TokenTable
from shimmytok._word_cache import WordCache

class SpmTableSet:
    cuts: Cuts
    def __init__(
        self,
        texts: TokenTable,
        ranks: NDArray[np.uint32],
        cache: WordCache,
        *,
        unknown: int | None,
        add_space_prefix: bool,
    ) -> None: ...
