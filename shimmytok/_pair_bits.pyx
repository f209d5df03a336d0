"""A set of pairs of characters, as bits that several pairs share.

It answers at once, out of a core's own caches, and is wrong on one side only: a pair that was never added may be taken
for one that was.
"""

import numpy as np

cdef enum:
    MOST_BITS = 1 << 20            # 128 KiB
    FEWEST_BITS = 1 << 10
    SPARSE = 64                    # one bit in so many is set: with more bits hardly fewer pairs are mistaken


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
        words = np.asarray(self._words)
        n_bits = len(words) * 64
        while n_bits > FEWEST_BITS and int(np.unpackbits(words.view(np.uint8)).sum()) * SPARSE < n_bits:
            half = len(words) // 2
            words = words[:half] | words[half:]
            n_bits //= 2
        self._words = words
        self.t.words = &self._words[0]
        self.t.mask = <uint64_t>n_bits - 1
        return 0

    def size(self):
        """Bytes of memory."""
        return np.asarray(self._words).nbytes
