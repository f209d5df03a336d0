"""The part of a tokenizer that decodes."""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

from shimmytok._join cimport Ids, Rows, Text
from shimmytok._piece_table cimport PieceTable

cdef class TextDecoder:
    cdef PieceTable _table
    cdef uint64_t _bos             # what remove_special removes; NO_ID: nothing
    cdef uint64_t _eos
    cdef bint _strip_space
    cdef bint _clean_spaces
    cdef PieceTable table(self)
    cdef size_t trim(self, const Rows* rows, Ids* ids, bint skip_special, bint remove_special) noexcept
    cdef size_t join(self, object ids, bint skip_special, bint remove_special, bint as_bytes, Text* out) except? 0
    cdef str decode_ids(self, object ids, bint skip_special, bint remove_special, object errors)
