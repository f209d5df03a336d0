"""Places in a text that no token can lie across.

Holds the pairs of neighbouring characters that occur inside a token, as bits.  A *character* is what merging starts
from: a lead byte and the bytes that its upper half promises, valid UTF-8 or not.  The last one may be cut short by the
end of the text.

A text may be cut between characters a and b when no token has them side by side.  Proof, for SPM: the symbols of a text
are runs of its characters, at first single ones.  Two symbols become one only when their joint text is a token.  Read
from its first byte, that token falls into the same characters, for its length is known where it ends: so if the new
symbol lay across the cut, the token would have a and b side by side.  Hence no merge ever joins the two sides.  A merge
looks at nothing but its two symbols, and the order of merges (by score, then from the left) is the same among those of
one side whatever happens on the other: each side becomes what it would become alone.  Tokens that are unused, control
or user-defined merge like any other, so all are looked at.  What a symbol is written as in the end depends on its text
alone: it is a token, or a single character that goes to bytes.  (llama.cpp then looks for it among the merges that were
possible, but those are all tokens.)

U+2581 and the space count as one character here, since spaces become U+2581 before they are merged.  Pairs are hashed;
where two pairs share a bit, a cut may be lost, but none is invented.
"""

import numpy as np

cdef enum:
    MOST_BITS = 1 << 20            # 128 KiB: the tables stay in a core's second cache
    FEWEST_BITS = 1 << 10
    SPARSE = 64                    # one bit in so many is set: larger tables lose hardly fewer cuts


cdef class Cuts:
    """The pairs of characters inside the texts of a table."""

    def __init__(self, TokenTable texts not None):
        cdef uint32_t k
        cdef size_t i
        cdef uint64_t bits = FEWEST_BITS
        while bits < MOST_BITS and bits < <uint64_t>texts.table.count * SPARSE:
            bits *= 2
        self._joined = np.zeros(bits // 64, np.uint64)
        self.t.joined = &self._joined[0]
        self.t.mask = bits - 1
        for i in range(256):
            self.t.ascii[i] = ~<uint64_t>0
        with nogil:
            for k in range(texts.table.count):
                join_inside(self, texts.table.text + texts.table.starts[k],
                            texts.table.starts[k + 1] - texts.table.starts[k])
        self._fold()

    cdef void _join(self, uint32_t left, uint32_t right) noexcept nogil:
        cdef uint64_t bit
        if left < 128 and right < 128:
            self.t.ascii[2 * left + (right >> 6)] &= ~(<uint64_t>1 << (right & 63))
        else:
            bit = joined_bit(left, right) & self.t.mask
            self._joined[bit >> 6] |= <uint64_t>1 << (bit & 63)

    cdef int _fold(self) except -1:
        """Lay the upper half of the bits over the lower one as long as they stay sparse."""
        bits = np.asarray(self._joined)
        while len(bits) * 64 > FEWEST_BITS and int(np.unpackbits(bits.view(np.uint8)).sum()) * SPARSE < len(bits) * 64:
            half = len(bits) // 2
            bits = bits[:half] | bits[half:]
        self._joined = bits
        self.t.joined = &self._joined[0]
        self.t.mask = <uint64_t>len(bits) * 64 - 1
        return 0

    def may_cut(self, bytes left not None, bytes right not None):
        """May a text be cut between these characters (1 to 4 bytes each)?"""
        if not (1 <= len(left) <= 4 and 1 <= len(right) <= 4):
            raise ValueError("a character has 1 to 4 bytes")
        return bool(may_cut(&self.t, character(left, len(left)), character(right, len(right))))

    def size(self):
        """Bytes of the table of pairs."""
        return np.asarray(self._joined).nbytes


cdef inline void join_inside(Cuts cuts, const uint8_t* p, size_t n) noexcept nogil:
    """Note the pairs of characters inside a text."""
    cdef size_t at = 0, size
    cdef uint32_t left = 0, right
    while at < n:
        size = min(character_size(p[at]), n - at)
        right = character(p + at, size)
        if at:
            cuts._join(left, right)
        left = right
        at += size
