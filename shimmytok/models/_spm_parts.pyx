"""How long pieces of SPM are merged part by part (_by_parts.pyx).

A piece is a plain text (_spm_tables.pxd), behind which READABLE bytes can be read.  It fits when it is clean, and all
its characters are tokens.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._cached_pieces cimport Missed
from shimmytok._workspace cimport NONE, OK, IdSink, Workspace
from shimmytok.models._by_parts cimport end_between_characters, next_character
from shimmytok.models._spm_long cimport merge_rest
from shimmytok.models._spm_short cimport merge_short
from shimmytok.models._spm_tables cimport ASCII, EMPTY, LONG, Row, SpmTables, find_text, find_token, slot_rank
from shimmytok.unicode._utf8 cimport is_clean


cdef size_t size_of(const void* tables, uint32_t token) noexcept nogil:
    cdef const Row* row = &(<const SpmTables*>tables).rows[token]
    return <uint32_t>row.high if row.high & LONG else row.high >> 56


cdef int merge(const void* tables, Missed* words, size_t count, Workspace* ws, IdSink* found) noexcept nogil:
    cdef const SpmTables* t = <const SpmTables*>tables
    cdef int status = merge_short(t, words, count, found)
    return status if status != OK else merge_rest(t, words, count, ws, found)


cdef bint fits(const void* tables, const uint8_t* p, size_t n) noexcept nogil:
    cdef const SpmTables* t = <const SpmTables*>tables
    cdef size_t at = 0, end
    if not is_clean(p, n):
        return False
    while at < n:
        end = next_character(p, n, at)
        if p[at] < ASCII:
            if not t.is_token[p[at]]:
                return False
        elif find_token(t, p + at, end - at) == NONE:
            return False
        at = end
    return True


cdef uint32_t rank_at(const void* tables, const uint8_t* p, size_t middle, size_t end) noexcept nogil:
    cdef const SpmTables* t = <const SpmTables*>tables
    cdef uint64_t slot = t.ascii_pairs[<size_t>p[0] * ASCII + p[1]] if end == 2 else find_text(t, p, end)
    return slot_rank(slot) if slot != EMPTY else NONE


cdef size_t end_of_part(const void* tables, const uint8_t* p, size_t n, size_t most) noexcept nogil:
    return end_between_characters(rank_at, tables, p, n, most)


parts_of_words.fits, parts_of_words.end_of_part = fits, end_of_part
parts_of_words.size_of, parts_of_words.merge = size_of, merge
