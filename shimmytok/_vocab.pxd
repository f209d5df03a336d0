"""Byte strings by number, and numbers by byte string: the look-up tables all models share."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._workspace cimport NONE

cdef enum:
    SLACK = 16                     # bytes that can be read behind the last string of any table

cdef struct Table:                 # borrowed: valid as long as the TokenTable is
    const uint8_t* text            # all strings, one after the other
    const uint32_t* starts         # count + 1 offsets into text
    const uint64_t* slots          # open addressing: upper half of the hash, then number + 1; 0 is empty
    uint64_t mask                  # number of slots - 1
    uint64_t seed
    uint32_t count
    bint repeated                  # some strings are equal; known once there is an index

cdef class TokenTable:
    cdef Table table
    cdef uint8_t[::1] _text        # with room to grow
    cdef uint32_t[::1] _starts
    cdef uint64_t[::1] _slots
    cdef bint _indexed
    cdef void _borrow(self) noexcept
    cdef int add(self, const uint8_t* p, size_t n) except -1
    cdef int index(self) except -1
    cdef int _grow_slots(self, uint32_t count) except -1

cdef extern from "hash.h":
    uint64_t shim_hash_bytes(const uint8_t* p, size_t n, uint64_t seed) noexcept nogil
    bint shim_same_bytes(const uint8_t* a, const uint8_t* b, size_t n) noexcept nogil


cdef inline bint is_text(const Table* table, uint32_t k, const uint8_t* p, size_t n) noexcept nogil:
    """Is this string number k?"""
    cdef uint32_t start = table.starts[k]
    return table.starts[k + 1] - start == n and shim_same_bytes(table.text + start, p, n)


cdef inline uint64_t slot_alike(const Table* table, uint64_t hash) noexcept nogil:
    """The first slot that has the upper half of a hash, or 0: no string has that hash."""
    cdef uint64_t i = hash & table.mask
    cdef uint64_t slot = table.slots[i]
    while slot != 0 and (slot ^ hash) >> 32 != 0:
        i = (i + 1) & table.mask
        slot = table.slots[i]
    return slot


cdef inline uint32_t find_hashed(const Table* table, const uint8_t* p, size_t n, uint64_t hash) noexcept nogil:
    """`find`, with the string's hash."""
    cdef uint64_t i = hash & table.mask
    cdef uint64_t slot
    while True:
        slot = table.slots[i]
        if slot == 0:
            return NONE
        if (slot ^ hash) >> 32 == 0 and is_text(table, <uint32_t>slot - 1, p, n):
            return <uint32_t>slot - 1
        i = (i + 1) & table.mask


cdef inline uint32_t find(const Table* table, const uint8_t* p, size_t n) noexcept nogil:
    """The number of a string, or NONE; the table must be indexed."""
    return find_hashed(table, p, n, shim_hash_bytes(p, n, table.seed))
