"""A set of pairs of characters, as bits that several pairs share.

It answers at once, out of a core's own caches, and is wrong on one side only: a pair that was never added may be taken
for one that was.
"""

import numpy as np

cdef extern from "bits.h":
    unsigned shim_ones(uint64_t x) noexcept nogil

cdef enum:
    MOST_BITS = 1 << 20            # 128 KiB
    FEWEST_BITS = 1 << 10
    SPARSE = 64                    # one bit in so many is set: with more bits hardly fewer pairs are mistaken


cdef uint64_t bits_set(const uint64_t* words, size_t n) noexcept nogil:
    cdef uint64_t count = 0
    cdef size_t i
    for i in range(n):
        count += shim_ones(words[i])
    return count


cdef void lay_over(uint64_t* words, const uint64_t* others, size_t n) noexcept nogil:
    cdef size_t i
    for i in range(n):
        words[i] |= others[i]


cdef class PairBits:
    """For about `expected` pairs."""

    def __init__(self, uint64_t expected):
        cdef uint64_t bits = FEWEST_BITS
        while bits < MOST_BITS and bits // SPARSE < expected:
            bits *= 2
        self._words = np.zeros(bits // 64, np.uint64)
        self.t.words = &self._words[0]
        self.t.mask = bits - 1

    cdef int fold(self) except -1:
        """Once all pairs are added: lay the upper half of the bits over the lower one as long as they stay sparse."""
        cdef uint64_t n = (self.t.mask + 1) // 64
        with nogil:
            while n * 64 > FEWEST_BITS and bits_set(self.t.words, n) * SPARSE < n * 64:
                n //= 2
                lay_over(self.t.words, self.t.words + n, n)
        self._words = np.asarray(self._words)[:n].copy()
        self.t.words = &self._words[0]
        self.t.mask = n * 64 - 1
        return 0

    def size(self):
        """Bytes of memory."""
        return np.asarray(self._words).nbytes
