"""Finding many byte strings in one pass: an Aho-Corasick automaton."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "hash.h":
    uint64_t shim_hash_pair(uint64_t key, uint64_t seed) noexcept nogil

cdef struct State:                 # what has been read may be the beginning of a pattern
    uint32_t fail                  # the state of the longest end of it that may be one, too
    uint32_t longest               # the longest pattern that ends here, or NONE
    uint32_t child                 # the state after one more byte; 0: there is none, as at the root, state 0
    uint8_t byte                   # which one
    uint8_t has_more               # other children are among the edges
    uint16_t reach                 # a bit for each kind of byte by which a child is reached from here, or over `fail`

cdef struct Automaton:             # borrowed: valid as long as the PatternSet is
    uint32_t count                 # of the patterns
    const uint32_t* lengths        # bytes of each pattern
    const uint32_t* shorter        # the longest other pattern that ends where this one ends, or NONE
    const State* states
    uint32_t[256] first            # the root's children; 0: none
    const uint64_t* edge_keys      # open addressing: (state << 8 | byte) + 1; 0 is empty
    const uint32_t* edge_states
    uint64_t edge_mask             # number of slots - 1
    uint64_t edge_seed

cdef class PatternSet:
    cdef Automaton automaton
    cdef uint32_t[::1] _lengths
    cdef uint32_t[::1] _shorter
    cdef uint64_t[::1] _states     # two for each
    cdef uint64_t[::1] _edge_keys
    cdef uint32_t[::1] _edge_states
    cdef uint32_t _n_states
    cdef uint32_t _insert(self, const uint8_t* p, size_t n, uint32_t* parents, uint8_t* labels) noexcept nogil
    cdef void _add_child(self, uint32_t state, uint8_t c, uint32_t child) noexcept nogil
    cdef void _link(self, const uint32_t* order, const uint32_t* parents, const uint8_t* labels) noexcept nogil


cdef inline uint16_t reach_by(uint8_t c) noexcept nogil:
    return <uint16_t>(1 << ((c ^ c >> 4) & 15))


cdef inline uint64_t edge_key(uint32_t state, uint8_t c) noexcept nogil:
    return (<uint64_t>state << 8 | c) + 1


cdef inline uint64_t edge_slot(const Automaton* a, uint64_t key) noexcept nogil:
    return shim_hash_pair(key, a.edge_seed) & a.edge_mask


cdef inline uint32_t child_of(const Automaton* a, uint32_t state, uint8_t c) noexcept nogil:
    """The state after one more byte of a pattern; 0: there is none."""
    cdef const State* s = &a.states[state]
    cdef uint64_t key, i
    if state == 0:
        return a.first[c]
    if s.child and s.byte == c:
        return s.child
    if not s.has_more:
        return 0
    key = edge_key(state, c)
    i = edge_slot(a, key)
    while a.edge_keys[i] != 0:
        if a.edge_keys[i] == key:
            return a.edge_states[i]
        i = (i + 1) & a.edge_mask
    return 0


cdef inline uint32_t advance(const Automaton* a, uint32_t state, uint8_t c) noexcept nogil:
    """The state after one more byte of text."""
    cdef uint32_t child
    while a.states[state].reach & reach_by(c):             # never at the root
        child = child_of(a, state, c)
        if child != 0:
            return child
        state = a.states[state].fail
    return a.first[c]
