"""Cutting a text whose spaces are not escaped yet."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

from shimmytok._cuts cimport CutTables

cdef struct Cutter:
    const CutTables* cuts
    const uint8_t* text            # at least one byte
    size_t n
    size_t limit                   # from here on characters may be incomplete: n where no more text follows
    size_t at                      # the first place not yet looked at
    uint32_t before                # the character that ends there, or NO_CHARACTER
    int simd_level
    bint swallowed                 # an invalid character has taken in a space: the text has to be escaped first

cdef void cutter_init(
    Cutter* cutter, const CutTables* cuts, const uint8_t* text, size_t n, size_t limit, int simd_level
) noexcept nogil

# Writes the next places at which the text may be cut, at most `most` (64 or more) of them; how many.  It is done when
# `at` has reached `limit`, or a space was swallowed.
cdef size_t next_cuts(Cutter* cutter, uint32_t* places, size_t most) noexcept nogil
