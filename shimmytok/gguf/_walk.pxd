# Reading one bounds-checked integer, and what a walk over an array reports.

from libc.stdint cimport uint8_t, uint32_t, uint64_t


cdef enum WalkProblem:
    WALK_OK
    WALK_SHORT        # the data end before the item does
    WALK_LONG_STRING  # a string is longer than the limit
    WALK_MANY_ITEMS   # the arrays hold more items than the limit
    WALK_BAD_TYPE     # an array's element type is none of the known
    WALK_TOO_DEEP     # arrays inside arrays inside arrays ...


cdef struct WalkEnd:
    WalkProblem problem
    size_t position   # first byte after the walk, or of the item that stopped it
    uint64_t amount   # what the problem is about: bytes needed, a length, a count, a type
    uint64_t item     # how many items of the outermost array lie before `position`


cdef inline uint32_t load_u32(const uint8_t* p, bint big_endian) noexcept nogil:
    if big_endian:
        return (<uint32_t>p[0] << 24) | (<uint32_t>p[1] << 16) | (<uint32_t>p[2] << 8) | <uint32_t>p[3]
    return (<uint32_t>p[3] << 24) | (<uint32_t>p[2] << 16) | (<uint32_t>p[1] << 8) | <uint32_t>p[0]


cdef inline uint64_t load_u64(const uint8_t* p, bint big_endian) noexcept nogil:
    if big_endian:
        return (<uint64_t>load_u32(p, True) << 32) | load_u32(p + 4, True)
    return (<uint64_t>load_u32(p + 4, False) << 32) | load_u32(p, False)


cdef WalkEnd walk_strings(const uint8_t* data, size_t position, size_t end, uint64_t count,
                          bint big_endian, uint64_t max_string_bytes) noexcept nogil

cdef WalkEnd walk_arrays(const uint8_t* data, size_t position, size_t end, uint64_t count,
                         bint big_endian, uint64_t max_items, uint64_t max_string_bytes) noexcept nogil
