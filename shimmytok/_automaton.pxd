"""Finding many byte strings in one pass: an Aho-Corasick automaton."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "hash.h":
    uint64_t shim_hash_pair(uint64_t key, uint64_t seed) noexcept nogil
    bint shim_same_bytes(const uint8_t* a, const uint8_t* b, size_t n) noexcept nogil

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
    const uint8_t* labels          # the byte that leads to each state
    const uint8_t* chains          # of each state: bytes to compare with the labels from its child on; 0: none
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
    cdef uint8_t[::1] _labels
    cdef uint8_t[::1] _chains
    cdef uint64_t[::1] _edge_keys
    cdef uint32_t[::1] _edge_states
    cdef uint32_t _n_states
    cdef uint32_t _insert(self, const uint8_t* p, size_t n, uint32_t* parents) noexcept nogil
    cdef void _add_child(self, uint32_t state, uint8_t c, uint32_t child) noexcept nogil
    cdef void _link(self, const uint32_t* order, const uint32_t* parents) noexcept nogil
    cdef void _find_chains(self) noexcept nogil


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


cdef inline uint32_t advance_far(
    const Automaton* a, uint32_t state, const uint8_t* text, size_t n, size_t* at
) noexcept nogil:
    """The state after one more byte of a text of n bytes, or after a chain of them; only at the last one may a pattern
    end.  `at` moves on."""
    cdef size_t chain = a.chains[state]
    cdef uint32_t child = a.states[state].child
    if chain and a.states[state].byte == text[at[0]] and chain <= n - at[0] and \
            shim_same_bytes(a.labels + child, text + at[0], chain):
        at[0] += chain
        return child + <uint32_t>chain - 1
    at[0] += 1
    return advance(a, state, text[at[0] - 1])
