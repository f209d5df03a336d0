"""The tables of SPM, built from token texts and their ranks.

A slot of the index tells a token and its rank to whoever has a hash: part of the hash, the tag, is compared, and the
text only when the token is about to be taken.  This is exact.  A token that enters the index marks all slots that it
passes, PASSED, and SHARED those with its own tag.  At a SHARED slot texts are compared at once.  Else the first slot
with the tag of a token's text is that token's: so a search that finds another token was for a text that is no token.

A text with a space in it is no token's here: spaces become U+2581 before they are merged.
"""

import os

import numpy as np

from libc.string cimport memchr, memcpy

from shimmytok.errors import LimitError

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

cdef enum:
    BLOCK = 64                     # tokens that are entered at a time, so that their cache misses overlap


cdef size_t plain_text(const Table* texts, uint32_t k, uint8_t* out) noexcept nogil:
    """Write the plain text of a token; its bytes, 0 where no text becomes the token."""
    cdef const uint8_t* p = texts.text + texts.starts[k]
    cdef size_t n = texts.starts[k + 1] - texts.starts[k]
    if n == 0 or memchr(p, 0x20, n) != NULL:
        return 0
    return to_plain(p, n, out)


cdef size_t row_text(const SpmTables* t, uint32_t token, uint8_t* out) noexcept nogil:
    """Write the plain text of a token back; its bytes, 0 for none."""
    cdef const Row* row = &t.rows[token]
    cdef size_t i, n
    if row.high & LONG:
        n = <uint32_t>row.high
        memcpy(out, t.long_texts + long_start(row), n)
        return n
    n = row.high >> 56
    for i in range(n):
        out[i] = <uint8_t>((row.low if i < 8 else row.high) >> (8 * (i & 7)))
    return n


cdef class SpmTableSet:
    """The tables for a vocabulary's token texts and their ranks (uint32[n_tokens], below n_tokens: the lowest is merged
    first)."""

    def __init__(
        self, TokenTable texts not None, const uint32_t[::1] ranks not None, WordCache cache not None, *,
        unknown, bint add_space_prefix
    ):
        cdef Cuts cuts
        cdef size_t i
        if ranks.shape[0] != len(texts):
            raise ValueError(f"{ranks.shape[0]} ranks for {len(texts)} tokens")
        for i in range(<size_t>ranks.shape[0]):
            if ranks[i] >= ranks.shape[0]:
                raise ValueError(f"token {i} has rank {ranks[i]}, of {ranks.shape[0]}")
        if ranks.shape[0] > <Py_ssize_t>MOST_TOKENS:
            raise LimitError(f"{ranks.shape[0]} tokens: {MOST_TOKENS} are possible in this model")
        self._ranks = ranks
        cuts = Cuts(texts)
        self.cuts = cuts
        self._cache = cache
        self.t.ranks = &ranks[0] if len(texts) else NULL
        self.t.n_tokens = <uint32_t>len(texts)
        self.t.cuts = cuts.t
        self.t.cache = &cache.t
        self.t.unknown = NONE if unknown is None else unknown
        self.t.add_space_prefix = add_space_prefix
        self.t.seed = int.from_bytes(os.urandom(8), "little")
        self._make_rows(&texts.table)
        self._make_slots()
        self._make_bytes(texts)

    cdef int _make_rows(self, const Table* texts) except -1:
        """The texts of tokens, and the tokens of two characters of ASCII; of equal ones the last."""
        cdef size_t n, longest = 1, at = 0
        cdef uint32_t k
        cdef Row* rows
        cdef uint8_t[::1] scratch
        for k in range(texts.count):
            n = texts.starts[k + 1] - texts.starts[k]
            longest = max(longest, n)
            if n > SHORT_TEXT:
                at += n
        scratch = np.zeros(longest + READABLE, np.uint8)
        self._long_texts = np.empty(at + 1, np.uint8)
        self._rows = np.zeros(2 * <size_t>texts.count + 2, np.uint64)
        self._ascii_pairs = np.zeros(ASCII * ASCII, np.uint64)
        self.t.ascii_pairs = &self._ascii_pairs[0]
        self.t.long_texts = &self._long_texts[0]
        rows = <Row*>&self._rows[0]
        self.t.rows = rows
        at = 0
        with nogil:
            for k in range(texts.count):
                n = plain_text(texts, k, &scratch[0])
                self.t.longest = max(self.t.longest, n)
                if n > SHORT_TEXT:
                    memcpy(&self._long_texts[at], &scratch[0], n)
                    rows[k].high = LONG | <uint64_t>at << 32 | n
                    at += n
                elif n:
                    shim_short_key(&scratch[0], n, &rows[k].low, &rows[k].high)
                    if n == 2 and scratch[0] < ASCII and scratch[1] < ASCII:
                        self._ascii_pairs[<size_t>scratch[0] * ASCII + scratch[1]] = make_slot(&self.t, k)
        return 0

    cdef int _make_slots(self) except -1:
        cdef uint64_t size = 16
        cdef uint32_t k, i, n
        cdef uint64_t* slots
        cdef uint64_t[BLOCK] hashes
        cdef uint8_t[::1] scratch = np.zeros(self.t.longest + READABLE, np.uint8)
        while size < <uint64_t>self.t.n_tokens * 2:
            size *= 2
        self._slots = np.zeros(size, np.uint64)
        slots = &self._slots[0]
        self.t.slots = slots
        self.t.slot_mask = size - 1
        k = 0
        with nogil:
            while k < self.t.n_tokens:
                n = min(self.t.n_tokens - k, <uint32_t>BLOCK)
                for i in range(n):
                    hashes[i] = 0
                    if self.t.rows[k + i].high:
                        hashes[i] = text_hash(&self.t, &scratch[0], row_text(&self.t, k + i, &scratch[0]))
                        SHIM_PREFETCH(&slots[hashes[i] & self.t.slot_mask])
                for i in range(n):
                    if self.t.rows[k + i].high:
                        enter(&self.t, slots, k + i, hashes[i], &scratch[0])
                k += n
        return 0

    cdef int _make_bytes(self, TokenTable texts) except -1:
        """The byte tokens of characters that are none."""
        cdef uint32_t b
        names = [b"<0x%02X>" % b for b in range(256)]
        # A NUL cannot be a text of its own: llama.cpp's texts are C strings.
        found = texts.last_of(names + [bytes([b]) for b in range(1, 256)])
        for b in range(256):
            self.t.byte_token[b] = found.get(names[b], found.get(bytes([b]), NONE))
        return 0


cdef void enter(SpmTables* t, uint64_t* slots, uint32_t token, uint64_t hash, uint8_t* scratch) noexcept nogil:
    """Put a token into the index, in the place of one with an equal text."""
    cdef uint64_t i = hash & t.slot_mask, marks = 0
    cdef uint64_t passed = <uint64_t>1 << PASSED_BIT, shared = <uint64_t>1 << SHARED_BIT
    cdef size_t n = row_text(t, token, scratch)
    while slots[i] != EMPTY:
        if tag_of(slots[i]) == tag_of(hash):
            if is_text_of(t, slot_token(slots[i]), scratch, n):
                marks = slots[i] & (passed | shared)
                break
            slots[i] |= shared
        slots[i] |= passed
        i = (i + 1) & t.slot_mask
    slots[i] = tag_of(hash) << TAG_BIT | marks | make_slot(t, token)
