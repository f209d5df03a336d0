"""Places in a text that no token can lie across."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._pair_bits cimport PairBits, PairBitTables, may_have_pair
from shimmytok._vocab cimport TokenTable

cdef enum:
    SPACE = 0x20
    SPACE_MARK = 0x8196E2          # U+2581 as a character: it stands for a space

cdef struct CutTables:             # borrowed: valid as long as the Cuts are
    PairBitTables joined           # the pairs of characters that a token has inside, but those of ASCII
    uint64_t[256] ascii            # 128 bits for each ASCII character on the left: one on the right may be cut off

cdef class Cuts:
    cdef CutTables t
    cdef PairBits _joined


cdef inline size_t character_size(uint8_t lead) noexcept nogil:
    """By the lead byte's upper half alone, as llama.cpp does it."""
    return 1 if lead < 0xC0 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4


cdef inline uint32_t character(const uint8_t* p, size_t size) noexcept nogil:
    """The 1 to 4 bytes of a character as one number."""
    cdef uint32_t value = p[0]
    if size > 1:
        value |= <uint32_t>p[1] << 8
    if size > 2:
        value |= <uint32_t>p[2] << 16
    if size > 3:
        value |= <uint32_t>p[3] << 24
    return SPACE if value == SPACE_MARK else value


cdef inline bint may_cut_ascii(const CutTables* t, uint8_t left, uint8_t right) noexcept nogil:
    return t.ascii[2 * <size_t>left + (right >> 6)] >> (right & 63) & 1


cdef inline bint may_cut(const CutTables* t, uint32_t left, uint32_t right) noexcept nogil:
    """May a text be cut between these characters?"""
    if left < 128 and right < 128:
        return may_cut_ascii(t, <uint8_t>left, <uint8_t>right)
    return not may_have_pair(&t.joined, left, right)
