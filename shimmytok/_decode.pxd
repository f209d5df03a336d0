"""From ids to bytes."""

from libc.stdint cimport uint8_t, uint32_t

cdef struct Pieces:                # borrowed: valid as long as the PieceTable is
    const uint8_t* text            # all pieces, one after the other
    const uint32_t* starts         # count + 1 offsets into text
    const uint8_t* hidden          # 1: not written when special tokens are skipped
    uint32_t count

cdef class PieceTable:
    cdef Pieces pieces
    cdef uint8_t[::1] _text
    cdef uint32_t[::1] _starts
    cdef uint8_t[::1] _hidden
    cdef uint32_t[::1] ids(self, object ids)
    cdef bytes join(self, const uint32_t[::1] ids, bint skip_special, size_t strip, bint clean_spaces)
