"""Pieces of a text to ids: most are known to the word cache, the others are encoded and kept."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._word_cache cimport WordCacheTables
from shimmytok._workspace cimport IdSink, Workspace

cdef extern from "missed.h":
    ctypedef struct Missed "shim_missed":  # a piece that the cache does not know
        const uint8_t* p
        uint32_t n                 # bytes, at least 1
        uint32_t count             # its ids: found.ids[first:first + count]
        size_t first

cdef extern from *:
    """
    #define SHIM_NOT_KEPT UINT32_MAX
    """
    const uint32_t NOT_KEPT "SHIM_NOT_KEPT"

# Encodes pieces from scratch, in any order, into `found`; a Status.  A piece's ids may depend on nothing but its bytes;
# where they do, it sets n to NOT_KEPT.
ctypedef int (*EncodeMissed)(
    const void* tables, Missed* missed, size_t count, Workspace* ws, IdSink* found
) noexcept nogil

cdef struct Insert:                # ids that stand between pieces and belong to none
    uint64_t[4] entry              # by which its one id is found like a word (shim_stand_in), or 0; aligned to 16 bytes
    uint64_t position              # of the first of them among all ids, once it has waited; 0 where it has an entry
    const uint32_t* ids            # NULL: `token`
    uint32_t at                    # in the text: where the piece begins that stands for them
    uint32_t n
    uint32_t token
    bint is_last                   # of its text

cdef struct Pieces:                # of one text
    const uint8_t* text
    size_t readable                # bytes from `text` on that may be read
    const uint32_t* ends           # of each piece; the first begins at `start`
    size_t count
    size_t start
    const uint32_t* starts         # of each piece; NULL: each begins where the one before ends
    Insert* inserts                # in order, behind the last one an `at` of NONE; NULL: there are none

# Pushes the ids of all pieces; a Status.
cdef int encode_pieces(
    WordCacheTables* cache, EncodeMissed encode, const void* tables, const Pieces* pieces, Workspace* ws, IdSink* out
) noexcept nogil
