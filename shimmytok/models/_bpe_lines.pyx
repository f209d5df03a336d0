"""Lines of merges, "left right", and the symbols that they speak of.

What a merge makes is a token as a rule, and files list merges in the order of these tokens.  So the token after the
last one, or that one again, is guessed and compared with the line: then nothing is turned into bytes or looked up but
the two sides.  Most sides are short, and are looked up by a key that holds all of their text.
"""

import os

import numpy as np

from libc.stdint cimport int64_t
from libc.string cimport memchr, memcpy

from shimmytok._fault_in cimport fault_in
from shimmytok._large_memory cimport LargeMemory
from shimmytok._vocab cimport find_hashed, shim_hash_bytes, shim_same_bytes
from shimmytok._workspace cimport NONE
from shimmytok.gguf._walk cimport load_u64
from shimmytok.models._alphabet cimport to_bytes

cdef extern from "hash.h":
    uint64_t shim_hash_pair(uint64_t key, uint64_t seed) noexcept nogil

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

cdef extern from "bits.h":
    const uint64_t EVERY "SHIM_EVERY_BYTE"
    unsigned shim_lowest(uint64_t x) noexcept nogil

cdef enum:
    SHORT = 7                      # bytes of a text that a key holds
    WORD = 8
    SPACE = 0x20
    SLACK = 64                     # bytes that can be read behind a text


cdef inline uint64_t key_of(const uint8_t* p, size_t n) noexcept nogil:
    """The key of a text of 1 to 7 bytes, of which 8 can be read."""
    return (load_u64(p, False) & ((<uint64_t>1 << (8 * n)) - 1)) | <uint64_t>n << 56


cdef inline size_t space_in(const uint8_t* p, size_t n, const uint8_t* end) noexcept nogil:
    """Where the first space behind byte 0 is; 0 when there is none."""
    cdef uint64_t word, found
    cdef const uint8_t* space
    if n < 2:
        return 0
    if end - p > WORD:
        word = load_u64(p + 1, False) ^ (EVERY * SPACE)
        found = (word - EVERY) & ~word & (EVERY << 7)      # the lowest bit that is set is right
        if found:
            n = 1 + shim_lowest(found) // 8 if 1 + shim_lowest(found) // 8 < n else 0
            return n
    space = <const uint8_t*>memchr(p + 1, SPACE, n - 1)
    return 0 if space == NULL else space - p


cdef inline uint64_t low_bytes(size_t n) noexcept nogil:
    """The lowest n bytes, n <= 8."""
    return ~(~<uint64_t>0 << 4 * n << 4 * n)               # in two steps: C does not define a shift by 64


cdef inline size_t characters(const uint8_t* p, size_t n) noexcept nogil:
    """How many characters begin in p[:n], of which 8 bytes can be read."""
    cdef size_t i, count = n
    cdef uint64_t word
    if n <= WORD:
        word = load_u64(p, False)
        word = (word & ~(word << 1)) >> 7 & EVERY & low_bytes(n)  # 1 for 10xxxxxx
        return n - (word * EVERY >> 56)
    for i in range(n):
        count -= (p[i] & 0xC0) == 0x80
    return count


cdef inline bint same_parts(
    const uint8_t* text, const uint8_t* p, size_t first, const uint8_t* q, size_t second, const uint8_t* end
) noexcept nogil:
    """Is a text, of which 8 bytes more can be read, p[:first] and q[:second] together?"""
    cdef uint64_t differ
    if first <= WORD and second <= WORD and end - q >= WORD:
        differ = (load_u64(text, False) ^ load_u64(p, False)) & low_bytes(first)
        return (differ | (load_u64(text + first, False) ^ load_u64(q, False)) & low_bytes(second)) == 0
    return shim_same_bytes(text, p, first) and shim_same_bytes(text + first, q, second)


cdef inline bint is_line_of(
    const Table* texts, const Table* symbols, bint byte_level, uint32_t k, const uint8_t* p, size_t n, size_t space,
    const uint8_t* end, Line* line
) noexcept nogil:
    """Does a line make token k?  Then it is told where its texts lie in the symbols'."""
    cdef const uint8_t* text = texts.text + texts.starts[k]
    cdef size_t size = symbols.starts[k + 1] - symbols.starts[k], first = space
    if texts.starts[k + 1] - texts.starts[k] != n - 1 or size == 0 or space + 1 == n:
        return False
    if not same_parts(text, p, space, p + space + 1, n - 1 - space, end):
        return False
    if byte_level:
        if (text[space] & 0xC0) == 0x80:                   # parted inside a character
            return False
        first = characters(text, space)
    set_sides(line, symbols.text + symbols.starts[k], first, size - first)
    line.both.symbol = k
    return True


cdef inline void set_sides(Line* line, const uint8_t* p, size_t first, size_t second) noexcept nogil:
    line.applies = True
    line.left.p = line.both.p = p
    line.right.p = p + first
    line.left.n = first
    line.right.n = second
    line.both.n = first + second
    line.left.symbol = line.right.symbol = line.both.symbol = NONE


cdef void write_sides(
    bint byte_level, const uint8_t* p, size_t n, size_t space, uint8_t* out, Line* line
) noexcept nogil:
    """Write the texts of a line's sides; it never applies if it has but one, or texts that no piece can hold."""
    cdef int64_t first = <int64_t>space, second = <int64_t>(n - space) - 1
    if not byte_level:
        memcpy(out, p, space)
        memcpy(out + space, p + space + 1, <size_t>second)
    else:
        first = to_bytes(p, space, out)
        if first >= 0:
            second = to_bytes(p + space + 1, <size_t>second, out + first)
    if first > 0 and second > 0:
        set_sides(line, out, <size_t>first, <size_t>second)


cdef struct LongSides:             # of a block of lines
    uint32_t count
    (const Side*)[3 * LINES] sides


cdef inline void hash_side(
    const ShortSymbols* short, const Table* symbols, Side* side, LongSides* longs
) noexcept nogil:
    if side.n <= SHORT:
        side.hash = shim_hash_pair(key_of(side.p, side.n), short.seed)
        SHIM_PREFETCH(&short.slots[side.hash & short.mask])
    else:
        side.hash = shim_hash_bytes(side.p, side.n, symbols.seed)
        SHIM_PREFETCH(&symbols.slots[side.hash & symbols.mask])
        longs.sides[longs.count] = side
        longs.count += 1


cdef inline uint32_t first_number(const Table* symbols, const Side* side) noexcept nogil:
    """Plus 1: the symbol of the slot where the search begins."""
    return <uint32_t>symbols.slots[side.hash & symbols.mask]


cdef inline void find_side(const ShortSymbols* short, const Table* symbols, Side* side) noexcept nogil:
    cdef uint64_t key, i
    if side.n > SHORT:
        side.symbol = find_hashed(symbols, side.p, side.n, side.hash)
        return
    key = key_of(side.p, side.n)
    i = side.hash & short.mask
    while short.slots[i].key:
        if short.slots[i].key == key:
            side.symbol = <uint32_t>short.slots[i].symbol
            return
        i = (i + 1) & short.mask


cdef void find_sides(const ShortSymbols* short, const Table* symbols, Line* lines, uint32_t n) noexcept nogil:
    """Find the symbols of lines that are not known yet, as far as there are any."""
    cdef uint32_t i, number
    cdef LongSides longs
    longs.count = 0
    for i in range(n):
        if lines[i].applies:
            hash_side(short, symbols, &lines[i].left, &longs)
            hash_side(short, symbols, &lines[i].right, &longs)
            if lines[i].both.symbol == NONE:
                hash_side(short, symbols, &lines[i].both, &longs)
    for i in range(longs.count):
        number = first_number(symbols, longs.sides[i])
        if number:
            SHIM_PREFETCH(&symbols.starts[number - 1])
    for i in range(longs.count):
        number = first_number(symbols, longs.sides[i])
        if number:
            SHIM_PREFETCH(symbols.text + symbols.starts[number - 1])
    for i in range(n):
        if lines[i].applies:
            find_side(short, symbols, &lines[i].left)
            find_side(short, symbols, &lines[i].right)
            if lines[i].both.symbol == NONE:
                find_side(short, symbols, &lines[i].both)


cdef void enter_short(const Table* symbols, ShortSlot* slots, const ShortSymbols* short) noexcept nogil:
    """Enter the short symbols into empty slots, a block of them at a time; of equal ones the last stays."""
    cdef ShortSlot[LINES] block
    cdef uint64_t[LINES] places
    cdef uint64_t i
    cdef uint32_t k, n = 0, size
    for k in range(symbols.count + 1):
        if n == LINES or k == symbols.count:
            for size in range(n):
                i = places[size]
                while slots[i].key and slots[i].key != block[size].key:
                    i = (i + 1) & short.mask
                slots[i] = block[size]
            n = 0
        if k == symbols.count:
            return
        size = symbols.starts[k + 1] - symbols.starts[k]
        if 1 <= size <= SHORT:
            block[n].key = key_of(symbols.text + symbols.starts[k], size)
            block[n].symbol = k
            places[n] = shim_hash_pair(block[n].key, short.seed) & short.mask
            SHIM_PREFETCH(&slots[places[n]])
            n += 1


cdef class LineReader:
    """Reads lines of merges for a vocabulary: `texts` as the file has them, and as pieces hold them, with an index."""

    def __init__(
        self, TokenTable texts not None, TokenTable symbols not None, StringArray lines not None, *, bint byte_level
    ):
        cdef size_t i, longest = 1
        cdef const StringsView* view = &lines.view
        self._texts = texts
        self._symbols = symbols
        self._lines = lines
        self.texts = &texts.table
        self.symbols = &symbols.table
        self.lines = lines.view
        self.end = view.base
        for i in range(view.count):
            longest = max(longest, view.lengths[i])
        if view.count:
            self.end += view.starts[view.count - 1] + view.lengths[view.count - 1]
        self.byte_level = byte_level
        self._scratch = np.empty(longest + LINES * 64 + SLACK, np.uint8)
        self._make_short()

    cdef int _make_short(self) except -1:
        cdef uint32_t k, count = 0
        cdef uint64_t size = 16
        for k in range(self.symbols.count):
            count += self.symbols.starts[k + 1] - self.symbols.starts[k] <= SHORT
        while size < <uint64_t>count + count // 4:
            size *= 2
        self._slots = LargeMemory(2 * size)
        self.short.slots = <ShortSlot*>&self._slots[0]
        self.short.mask = size - 1
        self.short.seed = int.from_bytes(os.urandom(8), "little")
        with nogil:
            fault_in(&self._slots[0], 2 * size * sizeof(uint64_t))
            enter_short(self.symbols, <ShortSlot*>&self._slots[0], &self.short)
        return 0

    cdef uint32_t read(self, size_t first, Line* lines) except? 0xFFFFFFFF:
        """Read up to LINES lines from the given one on; how many.  Their texts stay where they are until the next call,
        even if symbols are added."""
        cdef size_t size, at = 0, room = <size_t>self._scratch.shape[0] - SLACK
        cdef uint32_t n = 0
        self._held = self._symbols._text
        with nogil:
            while n < LINES and first + n < self.lines.count:
                size = self.lines.lengths[first + n]
                if size > room - at:
                    break
                self._part(self.lines.base + self.lines.starts[first + n], size, &at, &lines[n])
                n += 1
            find_sides(&self.short, self.symbols, lines, n)
            if n and lines[n - 1].applies and lines[n - 1].both.symbol < self.texts.count:
                self.expected = lines[n - 1].both.symbol
        return n

    cdef void _part(self, const uint8_t* p, size_t n, size_t* at, Line* line) noexcept nogil:
        """Part a line at its first space behind byte 0, with texts in place of a guess that is wrong."""
        cdef size_t space = space_in(p, n, self.end)
        cdef uint32_t k = self.expected
        line.applies = False
        if space == 0:
            return
        if not self.symbols.repeated and k < self.texts.count:
            if is_line_of(self.texts, self.symbols, self.byte_level, k, p, n, space, self.end, line):
                return
            if k + 1 < self.texts.count:
                if is_line_of(self.texts, self.symbols, self.byte_level, k + 1, p, n, space, self.end, line):
                    self.expected = k + 1
                    return
        write_sides(self.byte_level, p, n, space, &self._scratch[at[0]], line)
        at[0] += n
