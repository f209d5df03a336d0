import numpy as np
from numpy.typing import NDArray

def score_bounds(
    scores: NDArray[np.float32], sizes: NDArray[np.int64], few: int
) -> tuple[int | None, float, float, float] | None: ...
