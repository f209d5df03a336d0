"""The tables of SPM, built from token texts and their ranks.

A slot of the index tells a token and its rank to whoever has a hash: part of the hash, the tag, is compared, and the
text only when the token is about to be taken.  This is exact.  A token that enters the index marks all slots that it
passes, PASSED, and SHARED those with its own tag.  At a SHARED slot texts are compared at once.  Else the first slot
with the tag of a token's text is that token's: so a search that finds another token was for a text that is no token.

A text with a space in it is no token's here: spaces become U+2581 before they are merged.
"""

import os

import numpy as np

from libc.string cimport memcmp, memcpy

from shimmytok._fault_in cimport fault_in
from shimmytok._large_memory cimport LargeMemory
from shimmytok._vocab cimport shim_hash_bytes
from shimmytok.gguf._walk cimport load_u64

from shimmytok.errors import LimitError

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

cdef extern from "bits.h":
    const uint64_t EVERY "SHIM_EVERY_BYTE"

cdef enum:
    BLOCK = 64                     # tokens that are entered at a time, so that their cache misses overlap


cdef inline bint has_byte(const uint8_t* p, size_t n, uint64_t byte) noexcept nogil:
    """Is there such a byte in p[:n], of which 8 bytes more can be read?"""
    cdef uint64_t word
    cdef size_t i = 0
    while i < n:
        word = load_u64(p + i, False) ^ (EVERY * byte)
        if n - i < 8:
            word |= ~<uint64_t>0 << 8 * (n - i)
        if (word - EVERY) & ~word & (EVERY << 7):
            return True
        i += 8
    return False


cdef size_t plain_text(const Table* texts, uint32_t k, uint8_t* out) noexcept nogil:
    """Write the plain text of a token; its bytes, 0 where no text becomes the token."""
    cdef const uint8_t* p = texts.text + texts.starts[k]
    cdef size_t n = texts.starts[k + 1] - texts.starts[k], m = 0
    if has_byte(p, n, 0x20):
        return 0
    while n >= 3 and p[0] == 0xE2 and p[1] == 0x96 and p[2] == 0x81:
        out[m] = 0x20
        m += 1
        p += 3
        n -= 3
    if has_byte(p, n, 0xE2):
        return m + to_plain(p, n, out + m)
    memcpy(out + m, p, n)
    return m + n


cdef inline uint64_t row_hash(const SpmTables* t, const Row* row) noexcept nogil:
    """`text_hash` of a token's text."""
    if row.high & LONG:
        return shim_hash_bytes(t.long_texts + long_start(row), <uint32_t>row.high, t.seed)
    return shim_short_hash(row.low, row.high, t.seed)


cdef inline bint same_texts(const SpmTables* t, const Row* a, const Row* b) noexcept nogil:
    if not a.high & b.high & LONG:
        return a.low == b.low and a.high == b.high
    return <uint32_t>a.high == <uint32_t>b.high and memcmp(
        t.long_texts + long_start(a), t.long_texts + long_start(b), <uint32_t>a.high
    ) == 0


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
        cuts = Cuts(texts)
        self.cuts = cuts
        self._cache = cache
        self.t.n_tokens = <uint32_t>len(texts)
        self.t.cuts = cuts.t
        self.t.cache = &cache.t
        self.t.unknown = NONE if unknown is None else unknown
        self.t.add_space_prefix = add_space_prefix
        self.t.seed = int.from_bytes(os.urandom(8), "little")
        self._make_rows(&texts.table, &ranks[0] if len(texts) else NULL)
        self._make_slots(&ranks[0] if len(texts) else NULL)
        self._make_bytes(texts)

    cdef int _make_rows(self, const Table* texts, const uint32_t* ranks) except -1:
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
        self._ascii_pairs = LargeMemory(ASCII * ASCII)
        self.t.ascii_pairs = &self._ascii_pairs[0]
        self.t.long_texts = &self._long_texts[0]
        rows = <Row*>&self._rows[0]
        self.t.rows = rows
        at = 0
        with nogil:
            fault_in(rows, texts.count * sizeof(Row))
            for k in range(texts.count):
                n = plain_text(texts, k, &scratch[0])
                self.t.longest = max(self.t.longest, n)
                if n > SHORT_TEXT:
                    memcpy(&self._long_texts[at], &scratch[0], n)
                    rows[k].high = LONG | <uint64_t>at << 32 | n
                    at += n
                elif n:
                    shim_short_key(&scratch[0], n, &rows[k].low, &rows[k].high)
                    if n == 1 and scratch[0] < ASCII:
                        self.t.is_token[scratch[0]] = 1
                    if n == 2 and scratch[0] < ASCII and scratch[1] < ASCII:
                        self._ascii_pairs[<size_t>scratch[0] * ASCII + scratch[1]] = make_slot(k, ranks[k])
        return 0

    cdef int _make_slots(self, const uint32_t* ranks) except -1:
        cdef uint64_t size = 16
        cdef uint32_t k, i, n
        cdef uint64_t* slots
        cdef uint64_t[BLOCK] hashes
        while size < <uint64_t>self.t.n_tokens * 3 // 2:
            size *= 2
        self._slots = np.zeros(size, np.uint64)
        slots = &self._slots[0]
        self.t.slots = slots
        self.t.slot_mask = size - 1
        k = 0
        with nogil:
            fault_in(slots, size * sizeof(uint64_t))
            while k < self.t.n_tokens:
                n = min(self.t.n_tokens - k, <uint32_t>BLOCK)
                for i in range(n):
                    hashes[i] = 0
                    if self.t.rows[k + i].high:
                        hashes[i] = row_hash(&self.t, &self.t.rows[k + i])
                        SHIM_PREFETCH(&slots[hashes[i] & self.t.slot_mask])
                for i in range(n):
                    if self.t.rows[k + i].high:
                        enter(&self.t, slots, make_slot(k + i, ranks[k + i]), hashes[i])
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


cdef void enter(SpmTables* t, uint64_t* slots, uint64_t slot, uint64_t hash) noexcept nogil:
    """Put a token into the index by its slot, in the place of one with an equal text."""
    cdef uint64_t i = hash & t.slot_mask, marks = 0
    cdef uint64_t passed = <uint64_t>1 << PASSED_BIT, shared = <uint64_t>1 << SHARED_BIT
    while slots[i] != EMPTY:
        if tag_of(slots[i]) == tag_of(hash):
            if same_texts(t, &t.rows[slot_token(slots[i])], &t.rows[slot_token(slot)]):
                marks = slots[i] & (passed | shared)
                break
            slots[i] |= shared
        slots[i] |= passed
        i = (i + 1) & t.slot_mask
    slots[i] = tag_of(hash) << TAG_BIT | marks | slot
