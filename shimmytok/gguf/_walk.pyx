"""Finds where an array of strings, or of arrays, ends; builds nothing.

Does not decode values. Must accept what `gguf_reader::read` of llama.cpp's ggml/src/gguf.cpp accepts, and besides the
arrays of arrays that the format allows and the reference refuses.
"""

from libc.stdint cimport UINT64_MAX, uint8_t, uint32_t, uint64_t


cdef enum:
    STRING = 8
    ARRAY = 9
    TYPE_COUNT = 13
    DEPTH = 64         # arrays inside arrays; a file that has more is hostile
    STRING_BYTES = 8   # the least that a string costs: its length
    ARRAY_BYTES = 12   # the least that an array costs: element type and count

cdef uint8_t[TYPE_COUNT] TYPE_BYTES
TYPE_BYTES[:] = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8]

SHORT = <int>WALK_SHORT
LONG_STRING = <int>WALK_LONG_STRING
MANY_ITEMS = <int>WALK_MANY_ITEMS
BAD_TYPE = <int>WALK_BAD_TYPE
TOO_DEEP = <int>WALK_TOO_DEEP


cdef inline WalkEnd stop(WalkProblem problem, size_t position, uint64_t amount, uint64_t item) noexcept nogil:
    cdef WalkEnd result
    result.problem = problem
    result.position = position
    result.amount = amount
    result.item = item
    return result


cdef inline uint64_t product(uint64_t count, uint64_t size) noexcept nogil:
    return UINT64_MAX if count > UINT64_MAX // size else count * size


cdef WalkEnd walk_strings(const uint8_t* data, size_t position, size_t end, uint64_t count,
                          bint big_endian, uint64_t max_string_bytes) noexcept nogil:
    """The end of `count` strings that start at `position`; `position <= end` bytes are there."""
    cdef uint64_t i
    cdef uint64_t length
    if count > (end - position) // STRING_BYTES:
        return stop(WALK_SHORT, position, product(count, STRING_BYTES), 0)
    for i in range(count):
        if STRING_BYTES > end - position:
            return stop(WALK_SHORT, position, STRING_BYTES, i)
        length = load_u64(data + position, big_endian)
        if length > max_string_bytes:
            return stop(WALK_LONG_STRING, position, length, i)
        if length > end - position - STRING_BYTES:
            return stop(WALK_SHORT, position, STRING_BYTES + min(length, UINT64_MAX - STRING_BYTES), i)
        position += STRING_BYTES + <size_t>length
    return stop(WALK_OK, position, 0, count)


cdef WalkEnd walk_arrays(const uint8_t* data, size_t position, size_t end, uint64_t count,
                         bint big_endian, uint64_t max_items, uint64_t max_string_bytes) noexcept nogil:
    """The end of `count` arrays that start at `position`, whatever is inside them."""
    cdef uint64_t[DEPTH] left  # arrays still to come, for each level
    cdef int depth = 0
    cdef uint32_t element
    cdef uint64_t n
    cdef uint64_t size
    cdef uint64_t items = count
    cdef uint64_t item
    cdef WalkEnd strings
    left[0] = count
    if count > (end - position) // ARRAY_BYTES:
        return stop(WALK_SHORT, position, product(count, ARRAY_BYTES), 0)
    while True:
        while left[depth] == 0:
            if depth == 0:
                return stop(WALK_OK, position, 0, count)
            depth -= 1
        left[depth] -= 1
        item = count - left[0] - 1
        if ARRAY_BYTES > end - position:
            return stop(WALK_SHORT, position, ARRAY_BYTES, item)
        element = load_u32(data + position, big_endian)
        n = load_u64(data + position + 4, big_endian)
        if element >= TYPE_COUNT:
            return stop(WALK_BAD_TYPE, position, element, item)
        position += ARRAY_BYTES
        size = TYPE_BYTES[element]
        if element == STRING:
            size = STRING_BYTES
        elif element == ARRAY:
            size = ARRAY_BYTES
        if n > (end - position) // size:
            return stop(WALK_SHORT, position, product(n, size), item)
        if n > max_items - items:
            return stop(WALK_MANY_ITEMS, position, items + n, item)
        items += n
        if element == STRING:
            strings = walk_strings(data, position, end, n, big_endian, max_string_bytes)
            if strings.problem != WALK_OK:
                strings.item = item
                return strings
            position = strings.position
        elif element == ARRAY:
            if depth + 1 == DEPTH:
                return stop(WALK_TOO_DEEP, position, DEPTH, item)
            depth += 1
            left[depth] = n
        else:
            position += <size_t>(n * size)


def skip_strings(const uint8_t[::1] data, size_t position, uint64_t count, bint big_endian, uint64_t max_string_bytes):
    """Where `count` strings that start at `position` end: (problem, position, amount, item) as in `WalkEnd`."""
    cdef size_t end = <size_t>data.shape[0]
    cdef WalkEnd result
    if position > end:
        raise ValueError("position lies outside the data")
    with nogil:
        result = walk_strings(&data[0] if end > 0 else NULL, position, end, count, big_endian, max_string_bytes)
    return <int>result.problem, result.position, result.amount, result.item


def skip_arrays(const uint8_t[::1] data, size_t position, uint64_t count, bint big_endian, uint64_t max_items,
                uint64_t max_string_bytes):
    """Where `count` arrays that start at `position` end; `max_items` must not be below `count`."""
    cdef size_t end = <size_t>data.shape[0]
    cdef WalkEnd result
    if position > end or count > max_items:
        raise ValueError("position lies outside the data, or count above the limit")
    with nogil:
        result = walk_arrays(&data[0] if end > 0 else NULL, position, end, count, big_endian,
                             max_items, max_string_bytes)
    return <int>result.problem, result.position, result.amount, result.item
