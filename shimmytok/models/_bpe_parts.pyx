"""How long pieces of BPE are merged part by part (_by_parts.pyx).

A piece fits when all it begins with are symbols: some vocabularies have none for bytes that no clean text has.
"""

from libc.stdint cimport uint8_t, uint32_t

from shimmytok._cached_pieces cimport Missed
from shimmytok._workspace cimport OK, OUT_OF_MEMORY, IdSink, Workspace
from shimmytok.models._bpe_long cimport merge_rest
from shimmytok.models._bpe_short cimport merge_short
from shimmytok.models._bpe_symbols cimport first_rank, first_symbol
from shimmytok.models._bpe_tables cimport BpeTables
from shimmytok.models._by_parts cimport LEAST, end_between_characters


cdef size_t size_of(const void* tables, uint32_t token) noexcept nogil:
    cdef const uint32_t* starts = (<const BpeTables*>tables).symbols.starts
    return starts[token + 1] - starts[token]


cdef int merge(const void* tables, Missed* words, size_t count, Workspace* ws, IdSink* found) noexcept nogil:
    cdef const BpeTables* t = <const BpeTables*>tables
    if merge_short(t, words, count, found) != OK:
        return OUT_OF_MEMORY
    return merge_rest(t, words, count, ws, found)


cdef bint bytes_fit(const void* tables, const uint8_t* p, size_t n) noexcept nogil:
    cdef const BpeTables* t = <const BpeTables*>tables
    cdef size_t i
    for i in range(n):
        if t.merges.byte_symbol[p[i]] == t.merges.no_symbol:
            return False
    return True


cdef size_t end_between_bytes(const void* tables, const uint8_t* p, size_t n, size_t most) noexcept nogil:
    """Like end_between_characters."""
    cdef const uint32_t* ranks = (<const BpeTables*>tables).merges.byte_pairs
    cdef size_t i, best = 0
    cdef uint32_t rank, highest = 0
    for i in range(LEAST, most + 1):
        rank = ranks[<size_t>p[i - 1] << 8 | p[i]]
        if rank >= highest and p[i - 1] != p[i]:
            highest = rank
            best = i
    if best:
        return best
    i = most + 1
    while i < n and p[i] == p[most]:
        i += 1
    return i


cdef bint characters_fit(const void* tables, const uint8_t* p, size_t n) noexcept nogil:
    cdef const BpeTables* t = <const BpeTables*>tables
    cdef size_t at = 0, size = 0
    while at < n:
        if first_symbol(t, p + at, n - at, &size) == t.merges.no_symbol:
            return False
        at += size
    return True


cdef uint32_t rank_at(const void* tables, const uint8_t* p, size_t middle, size_t end) noexcept nogil:
    cdef const BpeTables* t = <const BpeTables*>tables
    cdef size_t size = 0
    cdef uint32_t left = first_symbol(t, p, middle, &size)
    return first_rank(t, p, end, left, first_symbol(t, p + middle, end - middle, &size))


cdef size_t end_of_part(const void* tables, const uint8_t* p, size_t n, size_t most) noexcept nogil:
    return end_between_characters(rank_at, tables, p, n, most)


parts_of_bytes.fits, parts_of_bytes.end_of_part = bytes_fit, end_between_bytes
parts_of_bytes.size_of, parts_of_bytes.merge = size_of, merge
parts_of_characters.fits, parts_of_characters.end_of_part = characters_fit, end_of_part
parts_of_characters.size_of, parts_of_characters.merge = size_of, merge
