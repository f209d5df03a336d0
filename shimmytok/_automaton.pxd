"""Finding many byte strings in one pass: an Aho-Corasick automaton."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef extern from "hash.h":
    uint64_t shim_hash_pair(uint64_t key, uint64_t seed) noexcept nogil

cdef struct Automaton:             # borrowed: valid as long as the PatternSet is; state 0 is the root
    uint32_t count                 # of the patterns
    const uint32_t* lengths        # bytes of each pattern
    const uint32_t* shorter        # the longest other pattern that ends where this one ends, or NONE
    uint32_t[256] first            # the root's children; 0: none
    const uint64_t* edge_keys      # open addressing: (state << 8 | byte) + 1; 0 is empty
    const uint32_t* edge_states
    uint64_t edge_mask             # number of slots - 1
    uint64_t edge_seed
    const uint32_t* fail
    const uint32_t* longest        # of each state: the longest pattern that ends there, or NONE

cdef class PatternSet:
    cdef Automaton automaton
    cdef uint32_t[::1] _lengths
    cdef uint32_t[::1] _shorter
    cdef uint64_t[::1] _edge_keys
    cdef uint32_t[::1] _edge_states
    cdef uint32_t[::1] _fail
    cdef uint32_t[::1] _longest
    cdef uint32_t[::1] _parents    # while it is built: the state before, and the byte that leads here
    cdef uint8_t[::1] _bytes
    cdef uint32_t _n_states
    cdef uint32_t _insert(self, const uint8_t* p, size_t n) noexcept nogil
    cdef void _link(self, const uint32_t[::1] order) noexcept nogil


cdef inline uint64_t edge_slot(const Automaton* a, uint64_t key) noexcept nogil:
    return shim_hash_pair(key, a.edge_seed) & a.edge_mask


cdef inline uint32_t follow(const Automaton* a, uint32_t state, uint8_t c) noexcept nogil:
    """The child of a state by a byte; 0: none."""
    cdef uint64_t key, i
    if state == 0:
        return a.first[c]
    key = (<uint64_t>state << 8 | c) + 1
    i = edge_slot(a, key)
    while a.edge_keys[i] != 0:
        if a.edge_keys[i] == key:
            return a.edge_states[i]
        i = (i + 1) & a.edge_mask
    return 0


cdef inline uint32_t advance(const Automaton* a, uint32_t state, uint8_t c) noexcept nogil:
    """The state after one more byte of text."""
    cdef uint32_t child
    while True:
        child = follow(a, state, c)
        if child != 0 or state == 0:
            return child
        state = a.fail[state]
