import numpy as np
from numpy.typing import NDArray

from shimmytok._vocab import TokenTable

def word_cuts(texts: TokenTable, lasts: bytes, firsts: bytes) -> NDArray[np.uint64]: ...
