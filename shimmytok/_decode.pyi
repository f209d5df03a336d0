from typing import Any

import numpy as np
from numpy.typing import NDArray

from shimmytok._vocab import TokenTable
from shimmytok.piece_rules import PieceRule

class PieceTable:
    def __init__(self, texts: TokenTable, attrs: NDArray[np.uint32], rule: PieceRule) -> None: ...
    def decode_bytes(self, ids: Any, skip_special: bool) -> bytes: ...
    def detokenize(
        self, ids: Any, skip_special: bool, bos: int | None, eos: int | None, strip_space: bool, clean_spaces: bool
    ) -> bytes: ...
    def piece(self, token: int, special: bool, lstrip: int) -> bytes: ...
