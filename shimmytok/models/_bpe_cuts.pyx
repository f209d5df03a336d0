"""Places inside a piece that no merge of BPE can join across.

A clean text may be cut between two characters when no merge has the end of the first where its left text ends and the
start of the second where its right text starts.  Proof: symbols are single characters, or bytes, at first; none lies
across the cut.  The first merge that put both sides into one symbol would join a symbol that ends at the cut and one
that starts there, and no merge does.  A merge looks at nothing but its two symbols, and the order of merges (by rank,
then from the left) is the same among those of one side whatever happens on the other: each side becomes what it would
become alone.  Where a piece that is a token stays whole (ignore_merges), characters inside tokens are joined too.

A place is known by two bytes before it and three after it.  Symbols of byte-level vocabularies may begin or end inside
a character; one with fewer bytes joins all that could be meant, so that a cut may be lost, but none is invented.

Not every such cut is made.  Cuts are for runs of Chinese or Thai, most of which never come again, while their parts do:
so there is none beside ASCII, in pieces of at most UNCUT bytes, or before a letter of two bytes (Greek, Cyrillic,
Arabic) from an alphabet that merges know well.
"""

import numpy as np

from libc.stdint cimport uint32_t

from shimmytok._pair_bits cimport add_pair, may_have_pair
from shimmytok._workspace cimport OK, OUT_OF_MEMORY, reserve

cdef extern from "hash.h":
    uint64_t shim_load8(const uint8_t* p) noexcept nogil

cdef extern from *:
    """
    #define SHIM_HIGH_BITS 0x8080808080808080ULL
    """
    const uint64_t HIGH_BITS "SHIM_HIGH_BITS"

cdef enum:
    UNCUT = 8                      # bytes of a piece that is not worth cutting
    MOST_GUESSES = 1 << 18         # pairs that stand for unknown bytes: with more, nothing is cut
    WELL_KNOWN = 100               # merges that join before letters with this lead byte


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


cdef inline bint may_cut(const BpeCutTables* t, const uint8_t* text, size_t at) noexcept nogil:
    """May a clean text be cut here, between two characters that are not ASCII?"""
    cdef const uint8_t* p = text + at
    cdef const uint8_t* left = p - 2
    cdef uint32_t around = <uint32_t>left[1] << 8 | p[0]
    cdef uint32_t right = <uint32_t>p[0] << 16 | <uint32_t>p[1] << 8
    if t.leads[around >> 6] >> (around & 63) & 1:
        return False
    if p[0] >= 0xE0:
        right |= p[2]
    return not may_have_pair(&t.joined, <uint32_t>left[0] << 8 | left[1], right)


cdef bint has_high(const uint8_t* p, size_t n) noexcept nogil:
    """Is there a byte that is not ASCII?  n >= 8."""
    cdef size_t i = 0
    while i + 8 < n:
        if shim_load8(p + i) & HIGH_BITS:
            return True
        i += 8
    return shim_load8(p + n - 8) & HIGH_BITS != 0


cdef size_t cut_piece(const BpeCutTables* t, const uint8_t* text, size_t at, size_t end, uint32_t* ends) noexcept nogil:
    """Write the ends of the parts of a piece, at most one for each two bytes; how many."""
    cdef size_t count = 0
    cdef uint8_t c
    cdef bint high = False
    while at < end:
        c = text[at]
        if c < 0x80:
            high = False
            at += 1
            continue
        if high and not t.known[c]:
            ends[count] = <uint32_t>at
            count += may_cut(t, text, at)
        high = True
        at += 2 if c < 0xE0 else 3 if c < 0xF0 else 4
    ends[count] = <uint32_t>end
    return count + 1


cdef int cut_pieces(const BpeCutTables* t, Pieces* pieces, Buffer* ends) noexcept nogil:
    cdef size_t k, n, at = pieces.start, count = 0
    cdef size_t copied = 0         # pieces that are in `ends` already
    cdef const uint32_t* whole = pieces.ends
    cdef uint32_t* to = NULL
    for k in range(pieces.count):
        n = whole[k] - at
        if n > UNCUT and has_high(pieces.text + at, n):
            if reserve(ends, (count + k - copied + n // 2 + 2) * sizeof(uint32_t)) != OK:
                return OUT_OF_MEMORY
            to = <uint32_t*>ends.data
            while copied < k:
                to[count] = whole[copied]
                count += 1
                copied += 1
            count += cut_piece(t, pieces.text, at, whole[k], to + count)
            copied += 1
        at = whole[k]
    if to == NULL:
        return OK
    if reserve(ends, (count + pieces.count - copied) * sizeof(uint32_t)) != OK:
        return OUT_OF_MEMORY
    to = <uint32_t*>ends.data
    while copied < pieces.count:
        to[count] = whole[copied]
        count += 1
        copied += 1
    pieces.ends = to
    pieces.count = count
    return OK


cdef class BpeCuts:
    """The places where merges join, for about `expected` different ones."""

    def __init__(self, uint64_t expected):
        self._joined = PairBits(expected)
        self._leads = np.zeros(1 << 10, np.uint64)
        self.t.joined = self._joined.t
        self.t.leads = &self._leads[0]

    cdef void join(self, const uint8_t* p, size_t at, size_t n) noexcept nogil:
        """Note that a symbol p[0:n] is joined at p[at]."""
        cdef uint32_t last = p[at - 1], first = p[at]
        cdef uint32_t around = last << 8 | first
        cdef uint32_t before, second, third
        cdef Bytes befores, seconds, thirds
        if last < 0x80 or first < 0xC0:                    # not between characters, or one is ASCII
            return
        if first >= 0xE0 and n - at == 1:
            self._leads[around >> 6] |= <uint64_t>1 << (around & 63)
            return
        self._counts[first] += 1
        befores = one_byte(p[at - 2]) if at > 1 else any_byte(0x80, 0xFF)
        seconds = one_byte(p[at + 1]) if n - at > 1 else any_byte(0x80, 0xBF)
        thirds = one_byte(0) if first < 0xE0 else one_byte(p[at + 2]) if n - at > 2 else any_byte(0x80, 0xBF)
        self._guesses += befores.count * seconds.count * thirds.count - 1
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
            if p[at] >= 0xC0 and p[at - 1] >= 0x80:
                self.join(p, at, n)

    cdef int close(self) except -1:
        """To be called once, when all is noted."""
        cdef size_t lead
        if self._guesses > MOST_GUESSES:
            np.asarray(self._leads)[:] = np.iinfo(np.uint64).max
        self._joined.fold()
        self.t.joined = self._joined.t
        for lead in range(0xC0, 0xE0):
            self.t.known[lead] = self._counts[lead] >= WELL_KNOWN
        return 0

    def cuts(self, bytes piece not None):
        """The places where a piece of clean UTF-8 may be cut."""
        cdef uint32_t[::1] ends = np.empty(len(piece) // 2 + 2, np.uint32)
        cdef size_t count = cut_piece(&self.t, piece, 0, len(piece), &ends[0])
        return np.asarray(ends)[: count - 1].tolist()

    def size(self):
        """Bytes of memory."""
        return self._joined.size() + np.asarray(self._leads).nbytes
