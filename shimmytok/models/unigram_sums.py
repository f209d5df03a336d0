"""How long a text may be before sums of scores are rounded; models/_unigram.pyx says what for."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from shimmytok.models._score_bounds import score_bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

MANTISSA_BITS = 53  # of the doubles that hold the sums
CHARACTER = 4  # bytes of the longest


class SumBounds(NamedTuple):
    """What sums of scores are bounded by, on all ways that the search compares."""

    limit: float  # sums that are nearer to 0 are exact
    largest: float  # score, without its sign
    a_byte: float  # what a byte of text adds to a sum at most
    unknown: float  # what an unknown token adds, without its sign

    def exact_size(self) -> int:
        """How many bytes of text have exact sums, whatever they are."""
        return max(0, (Fraction(self.limit) - Fraction(self.largest)) // Fraction(self.a_byte))


def sum_bounds(
    scores: NDArray[np.float32], sizes: NDArray[np.int64], unknown_score: float, found_score: float = 0.0
) -> SumBounds | None:
    """The bounds of a vocabulary; None where sums may be rounded in any text.

    `scores` and `sizes`: the score of each token that can be found in a text, and the bytes of its text.  The unknown
    token adds `unknown_score` for a character, and `found_score` where its text is found.

    >>> sum_bounds(np.array([-0.5, -1.0], np.float32), np.array([1, 9]), -10.5)
    SumBounds(limit=4503599627370496.0, largest=10.5, a_byte=10.5, unknown=10.5)
    """
    unknown = np.array([unknown_score], np.float32)
    ours = score_bounds(np.ascontiguousarray(scores, np.float32), np.ascontiguousarray(sizes, np.int64), CHARACTER)
    its = score_bounds(unknown, np.zeros(1, np.int64), CHARACTER)
    if ours is None or its is None or float(unknown[0]) != unknown_score:
        return None
    lowest_bit = min((bit for bit in (ours[0], its[0]) if bit is not None), default=0)
    largest, largest_character, highest = map(max, zip(ours[1:], its[1:], strict=True))
    a_byte = max(largest_character, highest, 0.0)
    if not a_byte:
        return None
    return SumBounds(2.0 ** (MANTISSA_BITS + lowest_bit), largest, a_byte, max(abs(unknown_score), abs(found_score)))
