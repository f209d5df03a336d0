"""The pieces of all tokens."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

from shimmytok._join cimport Rows, Text
from shimmytok._workspace cimport Buffer

cdef class PieceTable:
    cdef Rows rows                 # borrowed: valid as long as the table is
    cdef uint8_t* _rows
    cdef Buffer _arena
    cdef size_t _in_arena
    cdef void** _slots
    cdef int _put(self, uint32_t k, const uint8_t* p, size_t n, bint hidden) except -1
    cdef Text* borrow(self) except NULL
    cdef void give_back(self, Text* text) noexcept
    cdef const uint8_t* find_piece(self, object token, bint skip_special, size_t* n) except NULL
