"""Tokens by their bytes, one byte after the other: a trie."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._workspace cimport NONE

cdef struct Trie:                  # borrowed: valid as long as the TokenTrie is; state 0 is the root
    const uint64_t* slots          # open addressing: (state + 1) << 36 | byte << 28 | child; 0 is empty
    uint64_t mask                  # number of slots - 1
    uint64_t seed
    const uint32_t* tokens         # of each state: the token that ends there, or NONE

cdef class TokenTrie:
    cdef Trie trie
    cdef uint64_t[::1] _slots
    cdef uint32_t[::1] _tokens
    cdef uint64_t _n_states
    cdef int _reserve(self, uint64_t states) except -1

cdef extern from "hash.h":
    uint64_t shim_hash_pair(uint64_t key, uint64_t seed) noexcept nogil


cdef inline uint32_t child(const Trie* trie, uint32_t state, uint8_t c) noexcept nogil:
    """The state after one more byte, or NONE."""
    cdef uint64_t key = (<uint64_t>state + 1) << 8 | c
    cdef uint64_t i = shim_hash_pair(key, trie.seed) & trie.mask
    while trie.slots[i] != 0:
        if trie.slots[i] >> 28 == key:
            return <uint32_t>(trie.slots[i] & 0xFFFFFFF)
        i = (i + 1) & trie.mask
    return NONE
