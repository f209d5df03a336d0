"""Cutting a text at its special tokens."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._workspace cimport Workspace

cdef struct SpecialTables:         # an Aho-Corasick automaton; state 0 is the root
    uint32_t n_patterns            # in order of priority: longest first, then lowest id
    const uint32_t* lengths        # bytes of each pattern
    const uint32_t* tokens         # its id
    const uint32_t* shorter        # the longest other pattern that ends where this one ends, or NONE
    const uint8_t* strips          # STRIPS_LEFT | STRIPS_RIGHT
    bint any_strips
    uint32_t[256] first            # the root's children; 0: none
    const uint64_t* edge_keys      # open addressing: (state << 8 | byte) + 1; 0 is empty
    const uint32_t* edge_states
    uint64_t edge_mask             # number of slots - 1
    const uint32_t* fail
    const uint32_t* longest        # of each state: the longest pattern that ends there, or NONE

cdef class SpecialMatcher:
    cdef SpecialTables t
    cdef uint32_t[::1] _lengths
    cdef uint32_t[::1] _tokens
    cdef uint32_t[::1] _shorter
    cdef uint8_t[::1] _strips
    cdef uint64_t[::1] _edge_keys
    cdef uint32_t[::1] _edge_states
    cdef uint32_t[::1] _fail
    cdef uint32_t[::1] _longest
    cdef uint32_t _insert(self, const uint8_t* p, size_t n, uint32_t[::1] parents, uint8_t[::1] bytes_in,
                          uint32_t* n_states) noexcept nogil
    cdef void _link(self, const uint32_t[::1] order, const uint32_t[::1] parents, const uint8_t[::1] bytes_in) noexcept nogil

# Fills ws.segments; a Status.  n < 2**31.
cdef int cut(const SpecialTables* t, const uint8_t* text, size_t n, Workspace* ws) noexcept nogil
# The first pattern found, or NONE; its end goes to end[0].
cdef uint32_t first_match(const SpecialTables* t, const uint8_t* text, size_t n, size_t* end) noexcept nogil
