"""Splitting a text into pieces by tables: a class byte for each byte, then one walk over them for each stage."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t

from shimmytok.pretokenizers._scratch cimport SplitScratch

cdef enum:
    MAX_STAGES = 8

cdef enum StageKind:
    WALK = 0
    GROUP_ENDS = 1
    GROUP_STARTS = 2
    FINAL_RUN = 3

cdef struct Stage:
    StageKind kind
    int shift                      # WALK: log2 of the entries in a row
    const uint16_t* rows           # WALK: rows[state << shift | class] = next state << shift | accept (dfa.py)
    const uint8_t* loops           # WALK: state -> 0, or 1 + the number of the loop it is (linear.py)
    const uint8_t* members         # class -> 1: a match may begin there (WALK), the scanner is about it (others)

cdef struct SplitTables:
    const uint8_t* ascii           # character -> class, 128
    const uint16_t* page_of        # code point >> 8 -> page
    const uint8_t* pages           # page << 8 | code point & 255 -> class
    size_t n_stages
    Stage stages[MAX_STAGES]

cdef class Splitter:
    cdef SplitTables tables
    cdef const uint8_t[::1] ascii
    cdef const uint16_t[::1] page_of
    cdef const uint8_t[::1] pages
    cdef list owned                # what the stages point into
    cdef size_t row_length         # the least of all walks; 0 when there is none
    cdef int add_stage(self, StageKind kind, int shift, rows, loops, members) except -1
    cdef int check_rows(self, int shift, const uint16_t[::1] rows, const uint8_t[::1] loops) except -1
    cdef int check_classes(self) except -1

cdef void split_scratch_init(SplitScratch* s) noexcept nogil
cdef void split_scratch_free(SplitScratch* s) noexcept nogil
cdef int split(const SplitTables* t, const uint8_t* text, size_t n, SplitScratch* s) noexcept nogil  # 0; -1: no memory
