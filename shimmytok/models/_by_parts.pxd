"""Merging long pieces, part by part."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcmp

from shimmytok._cached_pieces cimport Missed
from shimmytok._workspace cimport IdSink, Workspace

cdef enum:
    LEAST = 8                      # bytes of a part
    MOST = 24
    REST = 32                      # bytes that are left are one part, up to so many: what fits into a turn

# Can a text be merged part by part?
ctypedef bint (*Fits)(const void* tables, const uint8_t* p, size_t n) noexcept nogil

# Where the first part of a text of more than REST bytes ends: not before LEAST, and behind p[most] only where no place
# before is better than others.
ctypedef size_t (*EndOfPart)(const void* tables, const uint8_t* p, size_t n, size_t most) noexcept nogil

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


cdef inline size_t next_character(const uint8_t* p, size_t n, size_t at) noexcept nogil:
    """Where the character of a clean text ends that begins at a place."""
    at += 1
    while at < n and p[at] & 0xC0 == 0x80:
        at += 1
    return at


cdef inline size_t end_between_characters(
    RankAt rank_at, const void* tables, const uint8_t* p, size_t n, size_t most
) noexcept nogil:
    """Where the first part of a clean text ends: between the two characters that merge last, or never; behind them all
    if they are one character."""
    cdef size_t before = 0, at = next_character(p, n, 0), end = next_character(p, n, at), best = 0
    cdef uint32_t rank, highest = 0
    while at <= most:
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
