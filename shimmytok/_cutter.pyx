"""Cutting a text whose spaces are not escaped yet, so that its words can be looked up as they stand.

Every cut is exact (see _cuts.pyx), but not every exact cut is made: never one between two letters of ASCII, or between
a space and a letter after it, for most vocabularies have tokens across nearly all of those.

Characters are those that the escaped text would have.  An invalid one that takes in a space would take in only the
first byte of U+2581 there; then nothing more is cut, and `swallowed` tells.
"""

from libc.stdint cimport uint64_t

from shimmytok._character_marks cimport shim_character_marks, shim_find_characters, shim_lowest
from shimmytok._cuts cimport character, character_size, may_cut, may_cut_ascii

cdef extern from *:
    """
    #define SHIM_NO_CHARACTER UINT32_MAX
    """
    const uint32_t NO_CHARACTER "SHIM_NO_CHARACTER"


cdef void cutter_init(
    Cutter* cutter, const CutTables* cuts, const uint8_t* text, size_t n, size_t limit, int simd_level
) noexcept nogil:
    cutter.cuts = cuts
    cutter.text = text
    cutter.n = n
    cutter.limit = limit
    cutter.at = 0
    cutter.before = NO_CHARACTER
    cutter.simd_level = simd_level
    cutter.swallowed = False


cdef inline bint takes_in_space(const uint8_t* p, size_t size) noexcept nogil:
    cdef size_t i
    for i in range(1, size):
        if p[i] == 0x20:
            return True
    return False


cdef inline size_t cut_character(Cutter* cutter, uint32_t* places, size_t count) noexcept nogil:
    """Go over one character that is not ASCII."""
    cdef const uint8_t* p = cutter.text + cutter.at
    cdef size_t size = min(character_size(p[0]), cutter.n - cutter.at)
    cdef uint32_t value
    if takes_in_space(p, size):
        cutter.swallowed = True
        return count
    value = character(p, size)
    places[count] = <uint32_t>cutter.at
    if cutter.before != NO_CHARACTER and may_cut(cutter.cuts, cutter.before, value):
        count += 1
    cutter.before = value
    cutter.at += size
    return count


cdef inline size_t cut_ascii(
    Cutter* cutter, const shim_character_marks* marks, size_t n, uint32_t* places, size_t count
) noexcept nogil:
    """Go over 1 to 64 characters of ASCII."""
    cdef const uint8_t* p = cutter.text + cutter.at
    cdef uint64_t word = marks.letter | marks.space
    cdef uint64_t wanted = ~((word << 1) & marks.letter) & ~<uint64_t>1
    cdef uint32_t i
    if n < 64:
        wanted &= (<uint64_t>1 << n) - 1
    places[count] = <uint32_t>cutter.at
    if cutter.before != NO_CHARACTER and may_cut(cutter.cuts, cutter.before, p[0]):
        count += 1
    while wanted:
        i = shim_lowest(wanted)
        wanted &= wanted - 1
        places[count] = <uint32_t>cutter.at + i
        count += may_cut_ascii(cutter.cuts, p[i - 1], p[i])
    cutter.at += n
    cutter.before = p[n - 1]
    return count


cdef size_t next_cuts(Cutter* cutter, uint32_t* places, size_t most) noexcept nogil:
    cdef shim_character_marks marks
    cdef size_t n, count = 0
    while cutter.at < cutter.limit and count + 64 <= most and not cutter.swallowed:
        if cutter.text[cutter.at] >= 0x80:
            count = cut_character(cutter, places, count)
            continue
        n = min(cutter.limit - cutter.at, <size_t>64)
        shim_find_characters(cutter.text + cutter.at, n, cutter.simd_level, &marks)
        if marks.high:
            n = shim_lowest(marks.high)
        count = cut_ascii(cutter, &marks, n, places, count)
    return count
