"""How long a text may be before sums of scores are rounded; models/_unigram.pyx says what for."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from shimmytok.models._score_bounds import score_bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

MANTISSA_BITS = 53  # of the doubles that hold the sums
CHARACTER = 4  # bytes of the longest


def exact_size(scores: NDArray[np.float32], sizes: NDArray[np.int64], unknown_score: float) -> int:
    """How many bytes of text have exact sums on all ways that the search compares.

    `scores` and `sizes`: the score of each token that can be found in a text, and the bytes of its text.

    >>> exact_size(np.array([-0.5, -1.0], np.float32), np.array([1, 9]), -10.5) == (2**52 - 11) * 2 // 21
    True
    """
    unknown = np.array([unknown_score], np.float32)
    ours = score_bounds(np.ascontiguousarray(scores, np.float32), np.ascontiguousarray(sizes, np.int64), CHARACTER)
    its = score_bounds(unknown, np.zeros(1, np.int64), CHARACTER)
    if ours is None or its is None or float(unknown[0]) != unknown_score:
        return 0
    lowest_bit = min((bit for bit in (ours[0], its[0]) if bit is not None), default=0)
    largest, largest_character, highest = map(max, zip(ours[1:], its[1:], strict=True))
    a_byte = max(Fraction(largest_character), Fraction(max(highest, 0.0)))
    whole = Fraction(2) ** (MANTISSA_BITS + lowest_bit)
    return 0 if a_byte == 0 else max(0, (whole - Fraction(largest)) // a_byte)
