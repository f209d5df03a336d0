"""Places before spaces that no token lies across."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

cdef enum:
    MOST_SPACE_CUTS = 1024

cdef struct SpaceCuts:
    uint8_t[256] joined            # by byte: 1 if a token has a space behind it

# Notes the spaces inside a token.
cdef void join_spaces(SpaceCuts* cuts, const uint8_t* p, size_t n) noexcept nogil

# Writes the next places where the text may be cut, at most MOST_SPACE_CUTS; how many.  `at` moves on, to n at last.
cdef size_t next_space_cuts(
    const SpaceCuts* cuts, const uint8_t* text, size_t n, size_t* at, uint32_t* places
) noexcept nogil
