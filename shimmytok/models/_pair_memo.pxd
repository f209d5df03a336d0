"""A small memory of what pairs of symbols become, shared by all threads."""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t, uint64_t

cdef extern from "pair_memo.h":
    ctypedef struct shim_pair_memo:
        uint64_t* places
        unsigned int bits
    const uint32_t SHIM_MEMO_SYMBOLS
    uint64_t shim_mix_pair(uint32_t left, uint32_t right) noexcept nogil
    uint64_t* shim_memo_place(const shim_pair_memo* memo, uint64_t mixed) noexcept nogil
    bint shim_recall(const shim_pair_memo* memo, uint64_t mixed, uint32_t* merged) noexcept nogil
    void shim_remember(const shim_pair_memo* memo, uint64_t mixed, uint32_t merged) noexcept nogil

cdef class PairMemo:
    cdef shim_pair_memo t
    cdef size_t _size
