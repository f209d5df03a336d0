"""Cutting a text at its special tokens."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

from shimmytok._automaton cimport Automaton, PatternSet
from shimmytok._workspace cimport Workspace

cdef extern from "byte_set.h":
    ctypedef struct ByteSet "shim_byte_set":
        pass

cdef struct SpecialTables:
    ByteSet firsts                 # the bytes that patterns begin with
    const uint8_t* pairs           # bit (first byte << 8 | second): a pattern may begin so; 8 KiB
    Automaton automaton            # its patterns in order of priority: longest first, then as given
    const uint32_t* tokens         # the id of each
    const uint8_t* strips          # STRIPS_LEFT | STRIPS_RIGHT
    bint any_strips

cdef class SpecialMatcher:
    cdef SpecialTables t
    cdef PatternSet _patterns
    cdef uint32_t[::1] _tokens
    cdef uint8_t[::1] _strips
    cdef uint8_t[::1] _pairs
    cdef int _mark_starts(self, ordered) except -1

# Fills ws.segments; a Status.  n < 2**31.
cdef int cut(const SpecialTables* t, const uint8_t* text, size_t n, Workspace* ws) noexcept nogil

# The first pattern found, or NONE; its end goes to end[0].
cdef uint32_t first_match(const SpecialTables* t, const uint8_t* text, size_t n, size_t* end) noexcept nogil
