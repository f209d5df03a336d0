"""A set of pairs of characters, as bits that several pairs share."""

from libc.stdint cimport uint32_t, uint64_t

cdef extern from "hash.h":
    uint64_t shim_hash_pair(uint64_t key, uint64_t seed) noexcept nogil

cdef struct PairBitTables:         # borrowed: valid as long as the PairBits are
    uint64_t* words
    uint64_t mask                  # number of bits - 1

cdef class PairBits:
    cdef PairBitTables t
    cdef uint64_t[::1] _words
    cdef int fold(self) except -1


cdef inline uint64_t bit_of(const PairBitTables* t, uint32_t left, uint32_t right) noexcept nogil:
    return shim_hash_pair(<uint64_t>left << 32 | right, 0) & t.mask


cdef inline void add_pair(const PairBitTables* t, uint32_t left, uint32_t right) noexcept nogil:
    cdef uint64_t bit = bit_of(t, left, right)
    t.words[bit >> 6] |= <uint64_t>1 << (bit & 63)


cdef inline bint may_have_pair(const PairBitTables* t, uint32_t left, uint32_t right) noexcept nogil:
    """True for every pair that was added, and for few others."""
    cdef uint64_t bit = bit_of(t, left, right)
    return t.words[bit >> 6] >> (bit & 63) & 1
