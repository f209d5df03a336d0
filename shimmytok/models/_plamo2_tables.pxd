"""The tables of PLaMo-2: an automaton over the suffixes of tokens, read from their ends."""

from libc.stddef cimport size_t
from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t

from shimmytok._byte_cuts cimport ByteCuts
from shimmytok._word_cache cimport WordCache, WordCacheTables
from shimmytok._workspace cimport NONE

cdef extern from "hash.h":
    uint64_t shim_hash_pair(uint64_t key, uint64_t seed) noexcept nogil

cdef enum:                         # scores, in ten-thousandths
    INVALID = -20000000            # of suffixes that are no token
    UNKNOWN = -10000000            # of a character written as bytes

cdef struct Suffix:                # state 0 is the empty one
    int32_t score                  # at most INVALID: not to be used
    uint32_t token
    uint32_t length                # in code points
    uint32_t fail                  # the longest shorter suffix that is a prefix of this one
    uint32_t next_token            # the same, of those whose score is valid

cdef struct Plamo2Tables:
    const Suffix* suffixes
    const uint64_t* edge_keys      # open addressing: (state << 21 | code point) + 1; 0 is empty
    const uint32_t* edge_states
    uint64_t edge_mask             # number of slots - 1
    uint64_t edge_seed
    uint32_t[256] byte_token
    WordCacheTables* cache
    ByteCuts cuts
    bint by_words                  # a clean text may be cut there

cdef class Plamo2TableSet:
    cdef Plamo2Tables t
    cdef WordCache _cache
    cdef uint32_t[::1] _suffixes   # the suffixes, five words each
    cdef uint64_t[::1] _edge_keys
    cdef uint32_t[::1] _edge_states
    cdef uint32_t[::1] _parents    # while it is built: the state before, and the code point that leads here
    cdef uint32_t[::1] _characters
    cdef uint32_t _n_suffixes
    cdef int _reserve(self, size_t characters) except -1
    cdef void _set_edge(self, uint32_t state, uint32_t cp, uint32_t child) noexcept nogil
    cdef uint32_t _insert(self, const uint8_t* p, size_t n) noexcept nogil
    cdef int _link(self) except -1
    cdef uint32_t _locate(self, bytes text)


cdef inline uint32_t follow(const Plamo2Tables* t, uint32_t state, uint32_t cp) noexcept nogil:
    """The state that a code point in front of a suffix leads to; NONE: there is no such suffix."""
    cdef uint64_t key = (<uint64_t>state << 21 | cp) + 1
    cdef uint64_t i = shim_hash_pair(key, t.edge_seed) & t.edge_mask
    while t.edge_keys[i] != 0:
        if t.edge_keys[i] == key:
            return t.edge_states[i]
        i = (i + 1) & t.edge_mask
    return NONE
