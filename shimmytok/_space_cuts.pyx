"""Places before spaces that no token lies across, and encoding what lies between them.

They are where a byte comes before the space that no token has there.

Bytes are compared as they stand, so in a text that is read as characters such a place has to be between two of them.
"""

from libc.stdint cimport uint32_t

from shimmytok._character_marks cimport shim_character_marks, shim_find_characters, shim_lowest
from shimmytok._cached_pieces cimport Missed, Pieces, encode_pieces
from shimmytok._simd cimport simd_level
from shimmytok._workspace cimport OK

cdef enum:
    SPACE = 0x20
    CHUNK = 64                     # bytes that are looked at together
    BLOCK = 1024                   # bytes whose parts are encoded together


cdef struct Job:
    EncodeWord encode
    const void* tables


cdef void join_spaces(SpaceCuts* cuts, const uint8_t* p, size_t n) noexcept nogil:
    cdef size_t i
    for i in range(1, n):
        cuts.joined[p[i - 1]] |= p[i] == SPACE


cdef size_t next_cuts(
    const SpaceCuts* cuts, const uint8_t* text, size_t n, size_t* at, uint32_t* places
) noexcept nogil:
    """The cuts of the next BLOCK of bytes; how many.  `at` moves on."""
    cdef shim_character_marks marks
    cdef size_t stop = min(n, at[0] + BLOCK), place, count = 0
    while at[0] < stop:
        shim_find_characters(text + at[0], min(stop - at[0], <size_t>CHUNK), simd_level, &marks)
        while marks.space:
            place = at[0] + shim_lowest(marks.space)
            marks.space &= marks.space - 1
            places[count] = <uint32_t>place
            count += place > 0 and not cuts.joined[text[place - 1]]
        at[0] += CHUNK
    at[0] = stop
    return count


cdef int encode_missed(
    const void* tables, Missed* words, size_t count, Workspace* ws, IdSink* found
) noexcept nogil:
    cdef const Job* job = <const Job*>tables
    cdef size_t k
    cdef int status
    for k in range(count):
        words[k].first = found.n
        status = job.encode(job.tables, words[k].p, words[k].n, ws, found)
        if status != OK:
            return status
        words[k].count = <uint32_t>(found.n - words[k].first)
    return OK


cdef int encode_parts(
    const SpaceCuts* cuts, WordCacheTables* cache, EncodeWord encode, const void* tables,
    const uint8_t* text, size_t n, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef uint32_t[BLOCK + 1] ends
    cdef Pieces pieces
    cdef Job job
    cdef size_t at = 0
    cdef int status
    job.encode = encode
    job.tables = tables
    pieces.text = text
    pieces.readable = n
    pieces.start = 0
    pieces.starts = NULL
    pieces.inserts = NULL
    pieces.ends = ends
    while at < n:
        pieces.count = next_cuts(cuts, text, n, &at, ends)
        if at == n:
            ends[pieces.count] = <uint32_t>n
            pieces.count += 1
        if pieces.count:
            status = encode_pieces(cache, encode_missed, &job, &pieces, ws, out)
            if status != OK:
                return status
            pieces.start = ends[pieces.count - 1]
    return OK
