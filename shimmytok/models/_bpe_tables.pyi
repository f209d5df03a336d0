import numpy as np
from numpy.typing import NDArray

from shimmytok._vocab import TokenTable
from shimmytok._word_cache import WordCache
from shimmytok.gguf._strings import StringArray
from shimmytok.models._bpe_cuts import BpeCuts
from shimmytok.pretokenizers._splitter import Splitter

class BpeTableSet:
    n_merges: int
    cuts: BpeCuts
    def __init__(
        self,
        texts: TokenTable,
        merges: StringArray | None,
        splitter: Splitter,
        *,
        byte_level: bool,
        ignore_merges: bool,
        whole_newline_runs: bool,
        escape_spaces: bool,
        cache: WordCache,
    ) -> None: ...
    def pairs(self) -> NDArray[np.uint32]: ...
    def lines(self) -> list[bytes]: ...
    def symbol_texts(self) -> tuple[bytes, NDArray[np.uint32]]: ...
