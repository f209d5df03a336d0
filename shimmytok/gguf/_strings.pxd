# One array of strings: where each string lies, and its bytes up to the first NUL.

from libc.stdint cimport uint8_t, uint32_t


cdef struct StringsView:       # borrowed: valid as long as the StringArray is
    const uint8_t* base        # first byte of the array's payload
    const uint32_t* starts     # of each string's bytes (after its length), relative to base
    const uint32_t* lengths    # of each string, cut at its first NUL
    size_t count               # of strings


cdef class StringArray:
    cdef StringsView view
    cdef const uint8_t[::1] payload  # keeps the bytes at view.base alive
    cdef uint32_t* rows              # starts, then lengths
    cdef int _reserve(self, const uint8_t* base, size_t count) except -1
