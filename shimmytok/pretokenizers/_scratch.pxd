"""The memory a split works in: piece ends, class bytes, stays in loops that led to nothing, the buffers of a block."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.stdlib cimport realloc

cdef enum:
    END_OF_PIECE = 0               # classes.py: stands behind a piece's last byte
    CONTINUATION = 1               # classes.py: stands at every byte of a character but its first
    MAX_LOOPS = 8                  # linear.py

cdef extern from "split_short.h" nogil:
    enum:
        SHORT_TEXT "SHIM_SHORT"
        SHORT_ASCII "SHIM_SHORT_ASCII"

cdef extern from "split_block.h" nogil:
    enum:
        BLOCK "SHIM_BLOCK"
        ENDS_SLACK "SHIM_ENDS_SLACK"
    ctypedef struct shim_buffers:
        pass
    ctypedef struct shim_progress:
        size_t at
        size_t state
        size_t n_held

cdef struct SplitScratch:          # one a thread, grown with realloc, freed by split_scratch_free
    uint8_t* classes               # a class for each byte of the text, then END_OF_PIECE
    size_t classes_cap
    uint32_t* ends                 # result: end offsets in bytes, ascending, the last is n
    size_t ends_cap                # in ends
    size_t n_ends
    uint32_t* previous             # the ends of the stage before
    size_t previous_cap
    size_t loop_from[MAX_LOOPS]    # linear.py: whoever is in this loop at a place from here
    size_t loop_to[MAX_LOOPS]      # and before here meets no accept any more
    size_t loops_to                # the greatest loop_to
    shim_buffers* buffers          # of one block; NULL until a text needs them
    shim_progress progress
    size_t done                    # the end of the last piece that was handed out
    int level                      # SimdLevel


cdef inline int push_end(SplitScratch* s, size_t end) noexcept nogil:
    """Append the end of a piece; 0, or -1 when out of memory."""
    cdef size_t cap
    cdef void* grown
    if s.n_ends == s.ends_cap:
        cap = s.ends_cap * 2 if s.ends_cap else 256
        grown = realloc(s.ends, cap * sizeof(uint32_t))
        if grown == NULL:
            return -1
        s.ends = <uint32_t*>grown
        s.ends_cap = cap
    s.ends[s.n_ends] = <uint32_t>end
    s.n_ends += 1
    return 0
