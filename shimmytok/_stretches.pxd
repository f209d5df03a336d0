"""Stretches of a text that are encoded each on its own, with what belongs to none between them.

Holds what turns masks of 64 bytes into lists of starts and ends; not how the masks are made.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._workspace cimport OK, OUT_OF_MEMORY, Buffer, reserve

cdef extern from "byte_masks.h" nogil:
    ctypedef struct shim_byte_sets:
        pass
    ctypedef struct shim_masks:
        uint64_t first
        uint64_t second
        uint64_t wide
    void shim_byte_sets_init(shim_byte_sets* sets, const uint8_t* members)
    void shim_masks_of(int level, const shim_byte_sets* sets, const uint8_t* p, shim_masks* masks)
    size_t shim_bit_numbers(int level, uint64_t mask, uint32_t base, uint32_t* out)

cdef enum:
    CHUNK = 64                     # bytes of a mask
    BLOCK = 128 * CHUNK            # bytes of text whose stretches are listed at a time
    ROOM = BLOCK + 3 * CHUNK       # the lists have: one stretch may be open, and numbers are written 16 at a time

cdef struct Stretches:             # offsets in a text; the last one may have no end yet
    uint32_t* starts
    uint32_t* ends
    size_t n_starts
    size_t n_ends
    uint64_t inside                # 1: the last byte was in a stretch of bytes
    uint64_t after_single          # 1: the last byte ended a stretch of one character


cdef inline int stretches_init(Stretches* s, Buffer* room) noexcept nogil:
    if reserve(room, 2 * ROOM * sizeof(uint32_t)) != OK:
        return OUT_OF_MEMORY
    s.starts = <uint32_t*>room.data
    s.ends = s.starts + ROOM
    s.n_starts = s.n_ends = 0
    s.inside = s.after_single = 0
    return OK


cdef inline void add_chunk(
    Stretches* s, int level, uint32_t base, uint64_t run, uint64_t cuts, uint64_t single_first, uint64_t single_last
) noexcept nogil:
    """List the stretches of the 64 bytes from `base` on: runs of bytes, parted before some (`cuts`), and single
    characters (their first and last bytes), none of whose bytes are in runs."""
    cdef uint64_t before = run << 1 | s.inside
    cdef uint64_t starts = single_first | cuts | (run & ~before)
    cdef uint64_t ends = (single_last << 1 | s.after_single) | cuts | (before & ~run)
    s.n_starts += shim_bit_numbers(level, starts, base, s.starts + s.n_starts)
    s.n_ends += shim_bit_numbers(level, ends, base, s.ends + s.n_ends)
    s.inside = run >> 63
    s.after_single = single_last >> 63


cdef inline void add_ends(Stretches* s, int level, uint32_t base, uint64_t ends) noexcept nogil:
    """List stretches with nothing between them, by the 64 bytes from `base` on: bit i is 1 where one ends before byte
    i.  The first one has its start already."""
    s.n_ends += shim_bit_numbers(level, ends, base, s.ends + s.n_ends)
    s.n_starts += shim_bit_numbers(level, ends, base, s.starts + s.n_starts)


cdef inline void end_text(Stretches* s, uint32_t n) noexcept nogil:
    """End the stretch that ends with the text."""
    if s.n_starts > s.n_ends:
        s.ends[s.n_ends] = n
        s.n_ends += 1
        s.inside = s.after_single = 0


cdef inline void drop_ended(Stretches* s) noexcept nogil:
    """Forget the stretches that have an end."""
    if s.n_starts > s.n_ends:
        s.starts[0] = s.starts[s.n_ends]
    s.n_starts -= s.n_ends
    s.n_ends = 0
