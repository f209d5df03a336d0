"""Places inside a piece that no merge of BPE can join across."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._pair_bits cimport PairBits, PairBitTables
from shimmytok._cached_pieces cimport Pieces
from shimmytok._workspace cimport Buffer

cdef enum:
    ASCII = 128

cdef struct BpeCutTables:          # borrowed: valid as long as the BpeCuts are
    PairBitTables joined           # two bytes before a place, three after it
    const uint64_t* leads          # a bit for the byte before a place and the one after it: some merge knows no more
    const uint64_t* ascii          # 128 bits for each byte of ASCII before a place; NULL: no cut is looked for there
    uint8_t[256] known             # by lead byte: whether cuts are looked for (cut_marks.h)

cdef class BpeCuts:
    cdef BpeCutTables t
    cdef PairBits _joined
    cdef uint64_t[::1] _leads
    cdef uint64_t[::1] _ascii
    cdef uint64_t _guesses
    cdef uint32_t[256] _counts
    cdef void join(self, const uint8_t* p, size_t at, size_t n) noexcept nogil
    cdef void join_inside(self, const uint8_t* p, size_t n) noexcept nogil
    cdef int close(self) except -1

# Cuts pieces of a clean text.  When there is something to cut, the parts take the place of the pieces, and their
# ends are in `ends`.  A Status.
cdef int cut_pieces(const BpeCutTables* t, Pieces* pieces, Buffer* ends) noexcept nogil
