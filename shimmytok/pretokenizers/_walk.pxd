"""The tables of the plain way to split: a class byte for each byte of text, then one walk over them for each stage."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t

from shimmytok.pretokenizers._scratch cimport SplitScratch

cdef extern from "split_block.h" nogil:
    ctypedef struct shim_likely:
        pass
    ctypedef struct shim_restart:
        size_t n_symbols
        size_t n_states
        const uint32_t* single
        const uint32_t* pairs
        const uint32_t* meeting
        const uint32_t* ends
        const uint8_t* guessed
        const shim_likely* likely
        uint8_t ascii[128]
        const uint16_t* page_of
        const uint8_t* pages

cdef extern from "byte_set.h" nogil:
    ctypedef struct ByteSet "shim_byte_set":
        pass

cdef enum:
    MAX_STAGES = 8

cdef enum StageKind:
    WALK = 0
    GROUP_ENDS = 1
    GROUP_STARTS = 2

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
    const shim_restart* restart    # the one table that does what all stages do, but for `scanner`; NULL: there is none
    const Stage* scanner           # the last stage, where the table does not do it, or NULL
    ByteSet wanted                 # the bytes that begin a character it is about, and few others

cdef int walk_stages(const SplitTables* t, const uint8_t* text, size_t n, SplitScratch* s) noexcept nogil

# Has the scanner of `t` go over the pieces from number `first` on, the first of which begins at `begin`; 0, or -1 out
# of memory.
cdef int scan_pieces(
    const SplitTables* t, const uint8_t* text, size_t begin, size_t first, SplitScratch* s
) noexcept nogil
