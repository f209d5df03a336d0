from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

def longest_first(lengths: Sequence[int] | NDArray[np.uint32]) -> NDArray[np.uint32]: ...
