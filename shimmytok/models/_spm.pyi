import numpy as np
from numpy.typing import NDArray

from shimmytok._vocab import TokenTable
from shimmytok.models._model import Model

class SpmModel(Model):
    def __init__(
        self, texts: TokenTable, ranks: NDArray[np.uint32], *, unknown: int | None, add_space_prefix: bool
    ) -> None: ...
