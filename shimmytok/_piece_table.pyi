import numpy as np
from numpy.typing import NDArray

from shimmytok._vocab import TokenTable
from shimmytok.piece_rules import PieceRule

class PieceTable:
    def __init__(self, texts: TokenTable, attrs: NDArray[np.uint16], rule: PieceRule) -> None: ...
    def piece(self, token: int, special: bool, lstrip: int) -> bytes: ...
