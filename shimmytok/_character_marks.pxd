"""Which of 64 bytes are letters, spaces, or not ASCII."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t

cdef extern from "bits.h":
    unsigned shim_lowest(uint64_t x) noexcept nogil

cdef extern from "character_marks.h":
    ctypedef struct shim_character_marks:
        uint64_t letter
        uint64_t space
        uint64_t high
    void shim_find_characters(const uint8_t* p, size_t n, int level, shim_character_marks* marks) noexcept nogil
