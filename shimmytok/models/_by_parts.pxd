"""Merging long pieces, part by part."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcmp

from shimmytok._cached_pieces cimport Missed
from shimmytok._workspace cimport IdSink, Workspace
from shimmytok.gguf._walk cimport load_u64

cdef enum:
    LEAST = 8                      # bytes of a part
    MOST = 24
    REST = 32                      # bytes that are left are one part, up to so many: what fits into a turn
    PERIOD = 8                     # bytes of what a run repeats, at most
    RUN = 4 * PERIOD               # bytes by which a run is known

# Can a text be merged part by part?
ctypedef bint (*Fits)(const void* tables, const uint8_t* p, size_t n) noexcept nogil

# Where the first part of a text ends, which is not empty.
ctypedef size_t (*EndOfPart)(const void* tables, const uint8_t* p, size_t n) noexcept nogil

# The bytes of a text that became this token.
ctypedef size_t (*SizeOf)(const void* tables, uint32_t token) noexcept nogil

# Merges each of the words that have no ids yet (count 0); a Status.
ctypedef int (*MergeWords)(
    const void* tables, Missed* words, size_t count, Workspace* ws, IdSink* found
) noexcept nogil

# The rank of the merge of two characters, p[:middle] and p[middle:end], or NONE.
ctypedef uint32_t (*RankAt)(const void* tables, const uint8_t* p, size_t middle, size_t end) noexcept nogil

cdef struct PartRules:
    Fits fits
    EndOfPart end_of_part
    SizeOf size_of
    MergeWords merge

# Encodes the words that have no ids yet (count 0) and that fit; a Status.
cdef int merge_parts(
    const PartRules* rules, const void* tables, Missed* words, size_t count, Workspace* ws, IdSink* found
) noexcept nogil


cdef inline size_t period_at(const uint8_t* p) noexcept nogil:
    """The period of RUN bytes, or 0."""
    cdef size_t period
    for period in range(1, PERIOD + 1):
        if load_u64(p, False) == load_u64(p + period, False):
            if memcmp(p, p + period, RUN - period) == 0:
                return period
    return 0


cdef inline size_t end_of_run(const uint8_t* p, size_t n, size_t* first) noexcept nogil:
    """Where a run ends that has begun when a part would end, and where it began; 0: there is none.  A part should not
    end within it: what stands before decides how it is merged."""
    cdef size_t at = LEAST, end, period
    while at <= MOST and at + RUN <= n:
        period = period_at(p + at)
        if period:
            end = at + period
            while end < n and (p[end] == p[end - period] or p[end] & 0xC0 == 0x80):
                end += 1
            while at and p[at - 1] == p[at - 1 + period]:
                at -= 1
            first[0] = at
            return end
        at += LEAST
    return 0


cdef inline size_t next_character(const uint8_t* p, size_t n, size_t at) noexcept nogil:
    """Where the character of a clean text ends that begins at a place."""
    at += 1
    while at < n and p[at] & 0xC0 == 0x80:
        at += 1
    return at


cdef inline size_t end_between_characters(
    RankAt rank_at, const void* tables, const uint8_t* p, size_t n
) noexcept nogil:
    """Where the first part of a clean text ends: between the two characters that merge last, or never.  A run is a
    part, with what stands before it."""
    cdef size_t before = 0, at, end, first = MOST, best = 0
    cdef uint32_t rank, highest = 0
    if n <= REST:
        return n
    end = end_of_run(p, n, &first)
    if first <= LEAST:
        return end
    at = next_character(p, n, before)
    end = next_character(p, n, at)
    while at <= MOST and at <= first:
        if at - before != end - at or memcmp(p + before, p + at, end - at) != 0:
            if at >= LEAST:
                rank = rank_at(tables, p + before, at - before, end - before)
                if rank >= highest:
                    highest = rank
                    best = at
        before, at = at, end
        end = next_character(p, n, at)
    if best:
        return best
    while at < n and at - before == end - at and memcmp(p + before, p + at, end - at) == 0:
        before, at = at, end
        end = next_character(p, n, at)
    return at
