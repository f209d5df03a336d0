"""How large scores are, and how finely they are graded, for unigram_sums.py: in one pass."""

from libc.math cimport INFINITY, fabs, frexp, isfinite
from libc.stdint cimport INT32_MAX, int64_t, uint64_t

cdef extern from "bits.h":
    unsigned shim_lowest(uint64_t x) noexcept nogil

cdef enum:
    SCORE_BITS = 24                # of the floats that hold the scores


cdef int lowest_bit(double value) noexcept nogil:
    """The greatest k for which a float other than 0 is a multiple of 2**k."""
    cdef int exponent = 0
    cdef uint64_t integer = <uint64_t>(fabs(frexp(value, &exponent)) * (1 << SCORE_BITS))
    return exponent - SCORE_BITS + <int>shim_lowest(integer)


def score_bounds(const float[::1] scores not None, const int64_t[::1] sizes not None, int64_t few):
    """(the lowest bit of all scores or None where all are 0, the largest value without its sign, the same of those
    whose size is at most `few`, the highest score); None where one is not finite."""
    cdef Py_ssize_t i
    cdef int bit, lowest = INT32_MAX
    cdef double value, largest = 0, largest_of_few = 0, highest = -INFINITY
    cdef bint finite = True
    if scores.shape[0] != sizes.shape[0]:
        raise ValueError(f"{scores.shape[0]} scores and {sizes.shape[0]} sizes")
    with nogil:
        for i in range(scores.shape[0]):
            value = scores[i]
            finite &= isfinite(value) != 0
            if value == 0 or not finite:
                highest = max(highest, value)
                continue
            bit = lowest_bit(value)
            lowest = min(lowest, bit)
            highest = max(highest, value)
            value = fabs(value)
            largest = max(largest, value)
            if sizes[i] <= few:
                largest_of_few = max(largest_of_few, value)
    if not finite:
        return None
    return None if lowest == INT32_MAX else lowest, largest, largest_of_few, highest
