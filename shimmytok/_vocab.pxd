"""Byte strings by number, and numbers by byte string: the look-up tables all models share."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef struct Table:                 # borrowed: valid as long as the TokenTable is
    const uint8_t* text            # all strings, one after the other
    const uint32_t* starts         # count + 1 offsets into text
    const uint64_t* slots          # open addressing: upper half of the hash, then number + 1; 0 is empty
    uint64_t mask                  # number of slots - 1
    uint64_t seed
    uint32_t count

cdef class TokenTable:
    cdef Table table
    cdef uint8_t[::1] _text        # with room to grow
    cdef uint32_t[::1] _starts
    cdef uint64_t[::1] _slots
    cdef object _lock
    cdef bint _indexed
    cdef void _borrow(self) noexcept
    cdef int add(self, const uint8_t* p, size_t n) except -1
    cdef int index(self) except -1
    cdef int _grow_slots(self, uint32_t count) except -1

cdef uint32_t find(const Table* table, const uint8_t* p, size_t n) noexcept nogil

# Ask for the memory that `find` will read: first one, then, when it has had time to arrive, the other.
cdef void prefetch_slot(const Table* table, const uint8_t* p, size_t n) noexcept nogil
cdef void prefetch_text(const Table* table, const uint8_t* p, size_t n) noexcept nogil
