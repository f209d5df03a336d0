"""Places before spaces that no token lies across, and encoding what lies between them."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from shimmytok._word_cache cimport WordCacheTables
from shimmytok._workspace cimport IdSink, Workspace

cdef struct SpaceCuts:
    uint8_t[256] joined            # by byte: 1 if a token has a space behind it

# Notes the spaces inside a token.
cdef void join_spaces(SpaceCuts* cuts, const uint8_t* p, size_t n) noexcept nogil

# Pushes the ids of a text that is encoded by itself; a Status.
ctypedef int (*EncodeWord)(
    const void* tables, const uint8_t* text, size_t n, Workspace* ws, IdSink* out
) noexcept nogil

# Pushes the ids of a text, part by part: from the cache, or encoded; a Status.
cdef int encode_parts(
    const SpaceCuts* cuts, WordCacheTables* cache, EncodeWord encode, const void* tables,
    const uint8_t* text, size_t n, Workspace* ws, IdSink* out
) noexcept nogil
