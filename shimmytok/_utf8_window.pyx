"""The UTF-8 of a str, made while it is read."""

from libc.stdint cimport uint8_t
from libc.string cimport memmove

from shimmytok._simd cimport simd_level
from shimmytok._workspace cimport LONGEST_TEXT, OK, OUT_OF_MEMORY, TOO_LONG, reserve

cdef extern from "utf8_write.h":
    size_t shim_utf8_room(size_t n, int kind) noexcept nogil
    size_t shim_utf8_write(const void* p, size_t n, int kind, uint8_t* out, int level) noexcept nogil

cdef enum:
    TOGETHER = 64                  # characters: fewer are not worth a call


cdef void window_begin(Utf8Window* w, const View* source) noexcept nogil:
    w.source = source
    w.taken = w.n = w.forgotten = 0


cdef int window_fill(Utf8Window* w, size_t wanted, Buffer* memory) noexcept nogil:
    cdef int kind = w.source.kind
    cdef size_t count = w.source.n - w.taken
    if w.n >= wanted or count == 0:
        return OK
    # No character has less than a byte.
    count = min(count, (wanted - w.n + TOGETHER - 1) // TOGETHER * TOGETHER)
    if reserve(memory, w.n + shim_utf8_room(count, kind)) != OK:
        return OUT_OF_MEMORY
    w.n += shim_utf8_write(
        w.source.text + w.taken * <size_t>kind, count, kind, <uint8_t*>memory.data + w.n, simd_level
    )
    w.taken += count
    return OK if w.n + w.forgotten <= LONGEST_TEXT else TOO_LONG


cdef void window_forget(Utf8Window* w, size_t n, Buffer* memory) noexcept nogil:
    memmove(memory.data, <uint8_t*>memory.data + n, w.n - n)
    w.n -= n
    w.forgotten += n
