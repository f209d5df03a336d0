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

U+2581 and the space count as one character here, since spaces become U+2581 before they are merged.  Where pairs share
a bit (_pair_bits.pyx), a cut may be lost, but none is invented.
"""

from shimmytok._pair_bits cimport add_pair


cdef inline void join_inside(CutTables* t, const uint8_t* p, size_t n) noexcept nogil:
    """Note the pairs of characters inside a text."""
    cdef size_t at = 0, size
    cdef uint32_t left = 0, right
    while at < n:
        size = min(character_size(p[at]), n - at)
        right = character(p + at, size)
        if at and left < 128 and right < 128:
            t.ascii[2 * left + (right >> 6)] &= ~(<uint64_t>1 << (right & 63))
        elif at:
            add_pair(&t.joined, left, right)
        left = right
        at += size


cdef class Cuts:
    """Where the texts of a table allow to cut."""

    def __init__(self, TokenTable texts not None):
        cdef uint32_t k
        cdef size_t i
        self._joined = PairBits(texts.table.count)
        self.t.joined = self._joined.t
        for i in range(256):
            self.t.ascii[i] = ~<uint64_t>0
        with nogil:
            for k in range(texts.table.count):
                join_inside(&self.t, texts.table.text + texts.table.starts[k],
                            texts.table.starts[k + 1] - texts.table.starts[k])
        self._joined.fold()
        self.t.joined = self._joined.t

    def may_cut(self, bytes left not None, bytes right not None):
        """May a text be cut between these characters (1 to 4 bytes each)?"""
        if not (1 <= len(left) <= 4 and 1 <= len(right) <= 4):
            raise ValueError("a character has 1 to 4 bytes")
        return bool(may_cut(&self.t, character(left, len(left)), character(right, len(right))))

    def size(self):
        """Bytes of the table of pairs that are not ASCII."""
        return self._joined.size()
