"""How long a text may be before sums of scores are rounded; models/_unigram.pyx says what for."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

MANTISSA_BITS = 53  # of the doubles that hold the sums
SCORE_BITS = 24  # of the floats that hold the scores
CHARACTER = 4  # bytes of the longest


def exact_size(scores: NDArray[np.float32], sizes: NDArray[np.int64], unknown_score: float) -> int:
    """How many bytes of text have exact sums on all ways that the search compares.

    `scores` and `sizes`: the score of each token that can be found in a text, and the bytes of its text.

    >>> exact_size(np.array([-0.5, -1.0], np.float32), np.array([1, 9]), -10.5) == (2**52 - 11) * 2 // 21
    True
    """
    with np.errstate(invalid="ignore"):  # a damaged file's NaN
        every = np.append(scores.astype(np.float64), unknown_score)
    if not np.isfinite(every).all():
        return 0
    largest = Fraction(2) ** (MANTISSA_BITS + _lowest_bit(every))
    characters = every[np.append(sizes <= CHARACTER, True)]
    a_byte = max(Fraction(float(np.abs(characters).max())), Fraction(max(float(every.max()), 0.0)))
    return 0 if a_byte == 0 else max(0, (largest - Fraction(float(np.abs(every).max()))) // a_byte)


def _lowest_bit(values: NDArray[np.float64]) -> int:
    """The greatest k for which all values, which are floats, are multiples of 2**k."""
    mantissas, exponents = np.frexp(values[values != 0])
    if not len(mantissas):
        return 0
    integers = np.abs(mantissas * 2.0**SCORE_BITS).astype(np.int64)
    _, lowest = np.frexp((integers & -integers).astype(np.float64))
    return int((exponents - SCORE_BITS + lowest - 1).min())
