"""Splitting a text into pieces by tables: the fast way where there is one table for all stages, else the plain one.

A split can be resumed.  Not who owns the tables (`_splitter.pyx`), how one table runs (`include/split_block.h`,
`split_short.h`) nor how stages do (`_walk.pyx`).
Must equal: unicode_regex_split without its byte encoding; text between matches is kept, joined, as pieces.
"""

from libc.stdint cimport uint32_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memset

from shimmytok._simd cimport simd_level
from shimmytok.pretokenizers._scratch cimport BLOCK, ENDS_SLACK, SHORT_ASCII, shim_buffers, shim_progress
from shimmytok.pretokenizers._walk cimport scan_pieces, shim_restart, walk_stages

cdef extern from "split_short.h" nogil:
    size_t shim_split_short(const shim_restart* t, int level, const uint8_t* text, size_t size, uint32_t* ends)

cdef extern from "split_block.h" nogil:
    size_t shim_split_block(const shim_restart* t, int level, const uint8_t* text, size_t size, shim_buffers* b,
                            shim_progress* progress, uint32_t* ends, size_t n)
    void shim_forget(shim_progress* progress, size_t n)


cdef void split_scratch_init(SplitScratch* s) noexcept nogil:
    """Make `s` empty; it owns no memory yet."""
    memset(s, 0, sizeof(SplitScratch))


cdef void split_scratch_free(SplitScratch* s) noexcept nogil:
    """Free what `s` owns; it is empty then."""
    free(s.classes)
    free(s.ends)
    free(s.previous)
    free(s.buffers)
    split_scratch_init(s)


cdef size_t split_scratch_size(const SplitScratch* s) noexcept nogil:
    return (
        s.classes_cap
        + (s.ends_cap + s.previous_cap) * sizeof(uint32_t)
        + (sizeof(shim_buffers) if s.buffers != NULL else 0)
    )


cdef int reserve_ends(SplitScratch* s, size_t more) noexcept nogil:
    """Make room for `more` ends; 0, or -1 out of memory."""
    cdef size_t cap
    cdef void* grown
    if more <= s.ends_cap - s.n_ends:
        return 0
    cap = s.n_ends + s.n_ends // 2 + more
    grown = realloc(s.ends, cap * sizeof(uint32_t))
    if grown == NULL:
        return -1
    s.ends = <uint32_t*>grown
    s.ends_cap = cap
    return 0


cdef void split_begin(const SplitTables* t, const uint8_t* text, size_t n, SplitScratch* s) noexcept nogil:
    """Begin with a text."""
    s.n_ends = 0
    s.level = simd_level
    s.done = 0
    memset(&s.progress, 0, sizeof(s.progress))


cdef void split_forget(SplitScratch* s, size_t n) noexcept nogil:
    shim_forget(&s.progress, n)
    s.done -= n


cdef inline int append_ends(const SplitTables* t, const uint8_t* text, size_t n, SplitScratch* s) noexcept nogil:
    """`split_more` that keeps the ends there are."""
    cdef size_t first = s.n_ends
    cdef int status = append_ends_of_table(t, text, n, s)
    if t.scanner != NULL and status >= 0 and scan_pieces(t, text, s.done, first, s) < 0:
        return -1
    if s.n_ends:
        s.done = s.ends[s.n_ends - 1]
    return status


cdef inline int append_ends_of_table(
    const SplitTables* t, const uint8_t* text, size_t n, SplitScratch* s
) noexcept nogil:
    if n <= SHORT_ASCII and s.progress.at == 0 and s.progress.state == 0:
        if reserve_ends(s, SHORT_ASCII + ENDS_SLACK) < 0:
            return -1
        s.n_ends = shim_split_short(t.restart, s.level, text, n, s.ends)
        if s.n_ends or n == 0:
            return 0
    if s.buffers == NULL:
        s.buffers = <shim_buffers*>malloc(sizeof(shim_buffers))
        if s.buffers == NULL:
            return -1
    if reserve_ends(s, BLOCK + ENDS_SLACK) < 0:
        return -1
    s.n_ends = shim_split_block(t.restart, s.level, text, n, s.buffers, &s.progress, s.ends, s.n_ends)
    return s.progress.at < n


cdef int split_more(const SplitTables* t, const uint8_t* text, size_t n, SplitScratch* s) noexcept nogil:
    """Put the ends of the next block into `s`; 1: there is more, 0: that was all, -1: out of memory."""
    s.n_ends = 0
    if t.restart != NULL:
        return append_ends(t, text, n, s)
    return walk_stages(t, text, n, s) if n else 0


cdef int split(const SplitTables* t, const uint8_t* text, size_t n, SplitScratch* s) noexcept nogil:
    """Put the ends of the pieces of a clean text of n < 2**31 bytes into `s`; 0, or -1 out of memory."""
    cdef int status = 1
    split_begin(t, text, n, s)
    if t.restart == NULL:
        return split_more(t, text, n, s)
    while status > 0:
        status = append_ends(t, text, n, s)
    return status
