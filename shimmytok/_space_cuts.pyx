"""Places before spaces that no token lies across: where a byte comes before the space that no token has there.

Bytes are compared as they stand, so in a text that is read as characters such a place has to be between two of them.
"""

from libc.stdint cimport uint64_t

from shimmytok._simd cimport simd_level

cdef extern from "bits.h":
    uint32_t shim_lowest(uint64_t mask) noexcept nogil

cdef extern from "character_marks.h":
    ctypedef struct shim_character_marks:
        uint64_t space
    void shim_find_characters(const uint8_t* p, size_t n, int level, shim_character_marks* marks) noexcept nogil

cdef enum:
    SPACE = 0x20
    CHUNK = 64                     # bytes that are looked at together


cdef void join_spaces(SpaceCuts* cuts, const uint8_t* p, size_t n) noexcept nogil:
    cdef size_t i
    for i in range(1, n):
        cuts.joined[p[i - 1]] |= p[i] == SPACE


cdef size_t next_space_cuts(
    const SpaceCuts* cuts, const uint8_t* text, size_t n, size_t* at, uint32_t* places
) noexcept nogil:
    cdef shim_character_marks marks
    cdef size_t stop = n if n - at[0] < MOST_SPACE_CUTS else at[0] + MOST_SPACE_CUTS, place, count = 0
    while at[0] < stop:
        shim_find_characters(text + at[0], min(stop - at[0], <size_t>CHUNK), simd_level, &marks)
        while marks.space:
            place = at[0] + shim_lowest(marks.space)
            marks.space &= marks.space - 1
            places[count] = <uint32_t>place
            count += place > 0 and not cuts.joined[text[place - 1]]
        at[0] += CHUNK
    at[0] = stop
    return count
