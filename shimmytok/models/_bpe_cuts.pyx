"""Places inside a piece that no merge of BPE can join across.

A clean text may be cut between two characters when no merge has the end of the first where its left text ends and the
start of the second where its right text starts.  Proof: symbols are single characters, or bytes, at first; none lies
across the cut.  The first merge that put both sides into one symbol would join a symbol that ends at the cut and one
that starts there, and no merge does.  A merge looks at nothing but its two symbols, and the order of merges (by rank,
then from the left) is the same among those of one side whatever happens on the other: each side becomes what it would
become alone.  Where a piece that is a token stays whole (ignore_merges), characters inside tokens are joined too, and
newlines where runs of them stay whole.

A place is known by two bytes before it, or one that is ASCII, and three after it.  Symbols of byte-level vocabularies
may begin or end inside a character; one with fewer bytes joins all that could be meant, so that a cut may be lost, but
none is invented.

Not every such cut is made.  Cuts are for runs of Chinese or Thai, most of which never come again, while their parts do:
so there is none beside ASCII, or before a letter of two bytes (Greek, Cyrillic, Arabic) from an alphabet that merges
know well.  But where spaces have become U+2581 no splitter has found the words, and a piece may be a line: so cuts are
looked for behind ASCII, too, before U+2581 and what shares its first byte, and between bytes of ASCII, but for two
letters.
"""

import numpy as np

from libc.stdint cimport uint32_t
from libc.string cimport memcpy

from shimmytok._pair_bits cimport add_pair
from shimmytok._simd cimport simd_level
from shimmytok._workspace cimport OK, OUT_OF_MEMORY, reserve

cdef extern from "cut_marks.h":
    const uint8_t SHIM_KNOWN
    const uint8_t SHIM_BEHIND_ASCII
    const uint8_t SHIM_MARK_LEAD
    ctypedef struct Joints "shim_joints":
        const uint64_t* joined
        uint64_t mask
        const uint64_t* leads
        const uint64_t* ascii
        const uint8_t* known
    uint64_t shim_find_cuts(const Joints* t, const uint8_t* p, size_t n, size_t room, int level) noexcept nogil

cdef extern from "byte_masks.h":
    size_t shim_bit_numbers(int level, uint64_t mask, uint32_t base, uint32_t* out) noexcept nogil

cdef enum:
    MANY_GUESSES = 1 << 11         # from so many pairs for one merge on, only the two bytes around the place are noted
    MOST_GUESSES = 1 << 18         # pairs that stand for unknown bytes: with more, nothing is cut
    WELL_KNOWN = 100               # merges that join before letters with this lead byte
    CHUNK = 64                     # bytes of text that are looked at together
    STRIDE = 16                    # pieces that are passed over at a time


cdef struct Bytes:                 # that may stand at a place
    uint32_t first
    uint32_t count


cdef inline Bytes one_byte(uint8_t value) noexcept nogil:
    return any_byte(value, value)


cdef inline Bytes any_byte(uint8_t first, uint8_t last) noexcept nogil:
    cdef Bytes result
    result.first = first
    result.count = <uint32_t>last - first + 1
    return result


cdef inline Joints joints_of(const BpeCutTables* t) noexcept nogil:
    cdef Joints joints
    joints.joined = t.joined.words
    joints.mask = t.joined.mask
    joints.leads = t.leads
    joints.ascii = t.ascii
    joints.known = &t.known[0]
    return joints


cdef struct Cutting:
    const Pieces* whole
    size_t copied                  # pieces whose ends are written
    size_t count                   # ends that are written, cuts among them


cdef size_t first_behind(const Pieces* pieces, size_t k, size_t at) noexcept nogil:
    """The first piece from number k on that ends behind `at`; there is one."""
    while pieces.count - k > STRIDE and pieces.ends[k + STRIDE - 1] <= at:
        k += STRIDE
    while pieces.ends[k] <= at:
        k += 1
    return k


cdef int take_cuts(Cutting* c, size_t at, uint64_t cuts, int level, Buffer* ends) noexcept nogil:
    """Write those cuts, of the CHUNK bytes from `at` on, with all ends up to there."""
    cdef const uint32_t* whole = c.whole.ends
    cdef size_t first = first_behind(c.whole, c.copied, at - 1), k = first
    while k < c.whole.count and whole[k] - at < CHUNK:
        cuts |= <uint64_t>1 << (whole[k] - at)
        k += 1
    if reserve(ends, (c.count + first - c.copied + CHUNK) * sizeof(uint32_t)) != OK:
        return OUT_OF_MEMORY
    copy_ends(c, first, <uint32_t*>ends.data)
    c.count += shim_bit_numbers(level, cuts, <uint32_t>at, <uint32_t*>ends.data + c.count)
    c.copied = k
    return OK


cdef void copy_ends(Cutting* c, size_t to, uint32_t* out) noexcept nogil:
    """Write the ends of the pieces up to number `to`."""
    if to > c.copied:
        memcpy(out + c.count, c.whole.ends + c.copied, (to - c.copied) * sizeof(uint32_t))
        c.count += to - c.copied
        c.copied = to


cdef int cut_pieces(const BpeCutTables* t, Pieces* pieces, Buffer* ends) noexcept nogil:
    cdef Joints joints = joints_of(t)
    cdef Cutting c
    cdef uint64_t cuts
    cdef size_t last, at = pieces.start + 1
    cdef int level = simd_level
    c.whole = pieces
    c.copied = c.count = 0
    last = pieces.ends[pieces.count - 1] if pieces.count else 0
    while at < last:
        # Two bytes before the text's second one there may be nothing to read.
        cuts = shim_find_cuts(&joints, pieces.text + at, last - at, pieces.readable - at if at > 1 else 0, level)
        if cuts and take_cuts(&c, at, cuts, level, ends) != OK:
            return OUT_OF_MEMORY
        at += CHUNK
    if c.count == 0:
        return OK
    if reserve(ends, (c.count + pieces.count - c.copied) * sizeof(uint32_t)) != OK:
        return OUT_OF_MEMORY
    copy_ends(&c, pieces.count, <uint32_t*>ends.data)
    pieces.ends = <uint32_t*>ends.data
    pieces.count = c.count
    return OK


cdef class BpeCuts:
    """The places where merges join, for about `expected` different ones; in `lines` beside ASCII, too."""

    def __init__(self, uint64_t expected, *, bint lines=False):
        self._joined = PairBits(expected)
        self._leads = np.zeros(1 << 10, np.uint64)
        self.t.joined = self._joined.t
        self.t.leads = &self._leads[0]
        if lines:
            self.t.known[SHIM_MARK_LEAD] = SHIM_BEHIND_ASCII
            self._ascii = np.zeros(ASCII * ASCII // 64, np.uint64)
            self.t.ascii = &self._ascii[0]
            self.join(b"\0\0", 1, 2)                       # what stands for an Insert (_bundle.pxd) stays whole

    cdef void join(self, const uint8_t* p, size_t at, size_t n) noexcept nogil:
        """Note that a symbol p[0:n] is joined at p[at]."""
        cdef uint32_t last = p[at - 1], first = p[at]
        cdef uint32_t around = last << 8 | first
        cdef uint32_t before, second, third, guesses
        cdef Bytes befores, seconds, thirds
        if first < ASCII and last < ASCII and self.t.ascii != NULL:
            self._ascii[last << 1 | first >> 6] |= <uint64_t>1 << (first & 63)
        if first < 0xC0 or (last < 0x80 and self.t.known[first] != SHIM_BEHIND_ASCII):
            return                                         # not between characters, or one is ASCII
        self._counts[first] += 1
        befores = one_byte(0) if last < 0x80 else one_byte(p[at - 2]) if at > 1 else any_byte(0x80, 0xFF)
        seconds = one_byte(p[at + 1]) if n - at > 1 else any_byte(0x80, 0xBF)
        thirds = one_byte(0) if first < 0xE0 else one_byte(p[at + 2]) if n - at > 2 else any_byte(0x80, 0xBF)
        guesses = befores.count * seconds.count * thirds.count - 1
        if guesses >= MANY_GUESSES:
            self._leads[around >> 6] |= <uint64_t>1 << (around & 63)
            return
        self._guesses += guesses
        if self._guesses > MOST_GUESSES:
            return
        for before in range(befores.first, befores.first + befores.count):
            for second in range(seconds.first, seconds.first + seconds.count):
                for third in range(thirds.first, thirds.first + thirds.count):
                    add_pair(&self.t.joined, before << 8 | last, first << 16 | second << 8 | third)

    cdef void join_inside(self, const uint8_t* p, size_t n) noexcept nogil:
        """Note that a symbol is joined everywhere."""
        cdef size_t at
        for at in range(1, n):
            self.join(p, at, n)

    cdef int close(self) except -1:
        """To be called once, when all is noted."""
        cdef size_t lead
        if self._guesses > MOST_GUESSES:
            np.asarray(self._leads)[:] = np.iinfo(np.uint64).max
        self._joined.fold()
        self.t.joined = self._joined.t
        for lead in range(0xC0, 0xE0):
            self.t.known[lead] = SHIM_KNOWN if self._counts[lead] >= WELL_KNOWN else 0
        return 0

    def cuts(self, bytes piece not None):
        """The places where a piece of clean UTF-8 may be cut."""
        cdef Joints joints = joints_of(&self.t)
        cdef const uint8_t* text = piece
        cdef uint32_t[CHUNK] places
        cdef uint64_t mask
        cdef size_t at = 1, i, size = len(piece)
        found = []
        while at < size:
            mask = shim_find_cuts(&joints, text + at, size - at, size - at if at > 1 else 0, simd_level)
            found += [places[i] for i in range(shim_bit_numbers(simd_level, mask, <uint32_t>at, places))]
            at += CHUNK
        return found

    def size(self):
        """Bytes of memory, without those for ASCII."""
        return self._joined.size() + np.asarray(self._leads).nbytes
