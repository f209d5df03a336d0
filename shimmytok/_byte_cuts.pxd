"""Places between two bytes that no token has side by side, and encoding what lies between them."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t

from shimmytok._stretches cimport shim_byte_sets
from shimmytok._vocab cimport Table
from shimmytok._word_cache cimport WordCacheTables
from shimmytok._workspace cimport IdSink, Workspace

cdef struct ByteCuts:              # all 0 at first
    uint64_t[1024] joined          # 256 bits for each byte on the left: nothing is cut between it and one on the right
    shim_byte_sets sets            # small letters, and others of ASCII behind which there are cuts

cdef inline bint is_small(uint8_t c) noexcept nogil:
    """Is it a small letter of ASCII?  Most vocabularies have tokens that lie across nearly all pairs of these."""
    return 97 <= c <= 122


cdef inline bint are_joined(const ByteCuts* cuts, uint8_t left, uint8_t right) noexcept nogil:
    """Does a token have these bytes side by side, or are they a pair that is not cut anyway?"""
    return cuts.joined[4 * left + (right >> 6)] >> (right & 63) & 1


# Notes the bytes that a token has side by side.
cdef void join_bytes(ByteCuts* cuts, const uint8_t* p, size_t n) noexcept nogil

# The same of all strings of a table.
cdef void join_all(ByteCuts* cuts, const Table* texts) noexcept nogil

# To be called once all tokens are noted, before anything is cut: joins the pairs that are not cut anyway.
cdef void choose_cuts(ByteCuts* cuts) noexcept nogil

# The first such place between two bytes of ASCII, the first of which is no white space; 0: there is none.
cdef size_t find_byte_seam(const ByteCuts* cuts, const uint8_t* stretch, size_t n) noexcept nogil

# Pushes the ids of a text that is encoded by itself; a Status.
ctypedef int (*EncodeWord)(
    const void* tables, const uint8_t* text, size_t n, Workspace* ws, IdSink* out
) noexcept nogil

# Pushes the ids of a text, part by part: from the cache, or encoded; a Status.
cdef int encode_parts(
    const ByteCuts* cuts, WordCacheTables* cache, EncodeWord encode, const void* tables,
    const uint8_t* text, size_t n, Workspace* ws, IdSink* out
) noexcept nogil
