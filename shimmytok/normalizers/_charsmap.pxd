"""SentencePiece's precompiled map of character sequences to replacements."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

cdef struct CharsmapView:          # borrowed: valid as long as the Charsmap is
    const uint32_t* units          # the double array
    uint32_t count                 # 0: there is no map
    const uint8_t* replacements    # each ends with a NUL
    size_t size                    # up to the last NUL

cdef class Charsmap:
    cdef CharsmapView view
    cdef const uint32_t[::1] _units
    cdef bytes _blob
    cdef uint8_t[256] _later

# The bytes at `p` that are replaced, 0 for none; by what: `replacement` and `size`.  `read` grows by the bytes that
# were looked at.
cdef size_t longest_match(
    const CharsmapView* map, const uint8_t* p, size_t n, const uint8_t** replacement, size_t* size, size_t* read
) noexcept nogil
