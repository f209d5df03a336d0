"""The tables of SPM, and how the token with a given text is found in them.

Texts are *plain* here: a space stands for U+2581.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp

from shimmytok._cuts cimport Cuts, CutTables, character, character_size
from shimmytok._vocab cimport Table, TokenTable, shim_hash_bytes
from shimmytok._word_cache cimport WordCache, WordCacheTables
from shimmytok._workspace cimport NONE, NOT_ENCODABLE, OK, OUT_OF_MEMORY, IdSink, push, reserve_ids

cdef extern from "word_keys.h":
    void shim_short_key(const uint8_t* p, size_t n, uint64_t* low, uint64_t* high) noexcept nogil
    uint64_t shim_short_hash(uint64_t low, uint64_t high, uint64_t seed) noexcept nogil

cdef extern from *:
    """
    #define SHIM_LONG_ROW ((uint64_t)1 << 63)
    #ifndef SHIM_TAGS
    #define SHIM_TAGS (~(uint64_t)0)
    #endif
    """
    const uint64_t LONG "SHIM_LONG_ROW"
    const uint64_t TAGS "SHIM_TAGS"  # a mask of the bits of a tag that count

cdef enum:
    SHORT_TEXT = 15                # bytes of a text that fits a row
    READABLE = 16                  # bytes that can be read from the beginning of any plain text
    ASCII = 128
    EMPTY = 0                      # a slot; others are, from the top: tag, SHARED, PASSED, rank, token + 1
    TOKEN_BITS = 25
    RANK_BITS = 24
    PASSED_BIT = TOKEN_BITS + RANK_BITS
    SHARED_BIT = PASSED_BIT + 1
    TAG_BIT = SHARED_BIT + 1       # and up
    MOST_TOKENS = 1 << 24

cdef struct Row:                   # a token's text
    uint64_t low                   # up to 15 bytes: the key of word_keys.h; 0: no text becomes this token
    uint64_t high                  # a longer one: LONG, where it begins in `long_texts`, its length in the lower half

cdef struct SpmTables:
    const uint64_t* slots          # by hash, or EMPTY
    uint64_t slot_mask             # number of slots - 1
    uint64_t seed
    const Row* rows                # of each token
    const uint8_t* long_texts
    uint32_t n_tokens
    size_t longest                 # bytes of the longest plain text
    CutTables cuts
    WordCacheTables* cache
    const uint64_t* ascii_pairs    # first character * ASCII + second -> the slot of their token, or EMPTY
    uint8_t[128] is_token          # 1 for each ASCII character that is one
    uint32_t[256] byte_token       # NONE where the vocabulary has none
    uint32_t unknown               # NONE where the vocabulary has none
    bint add_space_prefix

cdef class SpmTableSet:
    cdef SpmTables t
    cdef WordCache _cache
    cdef readonly Cuts cuts
    cdef uint64_t[::1] _slots
    cdef uint64_t[::1] _rows
    cdef uint8_t[::1] _long_texts
    cdef uint64_t[::1] _ascii_pairs
    cdef int _make_rows(self, const Table* texts, const uint32_t* ranks) except -1
    cdef int _make_slots(self, const uint32_t* ranks) except -1
    cdef int _make_bytes(self, TokenTable texts) except -1


cdef inline uint64_t text_hash(const SpmTables* t, const uint8_t* p, size_t n) noexcept nogil:
    """Of a plain text."""
    cdef uint64_t low, high
    if n > SHORT_TEXT:
        return shim_hash_bytes(p, n, t.seed)
    shim_short_key(p, n, &low, &high)
    return shim_short_hash(low, high, t.seed)


cdef inline uint64_t tag_of(uint64_t hash_or_slot) noexcept nogil:
    return hash_or_slot >> TAG_BIT & TAGS


cdef inline bint is_passed(uint64_t slot) noexcept nogil:
    """Did a token that belongs here, or before, find this slot taken?"""
    return slot >> PASSED_BIT & 1


cdef inline bint is_shared(uint64_t slot) noexcept nogil:
    """Had that token the same tag?"""
    return slot >> SHARED_BIT & 1


cdef inline uint32_t slot_rank(uint64_t slot) noexcept nogil:
    return <uint32_t>(slot >> TOKEN_BITS) & ((1 << RANK_BITS) - 1)


cdef inline uint32_t slot_token(uint64_t slot) noexcept nogil:
    """NONE for an empty one."""
    return (<uint32_t>slot & ((1 << TOKEN_BITS) - 1)) - 1


cdef inline uint64_t make_slot(uint32_t token, uint32_t rank) noexcept nogil:
    """Without tag and marks."""
    return <uint64_t>rank << TOKEN_BITS | (token + 1)


cdef inline size_t long_start(const Row* row) noexcept nogil:
    return (row.high & ~LONG) >> 32


cdef inline bint is_text_of(const SpmTables* t, uint32_t token, const uint8_t* p, size_t n) noexcept nogil:
    """Is this plain text a token's?"""
    cdef const Row* row = &t.rows[token]
    cdef uint64_t low, high
    if n > SHORT_TEXT:
        return row.high & LONG and <uint32_t>row.high == n and memcmp(t.long_texts + long_start(row), p, n) == 0
    shim_short_key(p, n, &low, &high)
    return row.low == low and row.high == high


cdef inline uint64_t find_slot(const SpmTables* t, uint64_t hash) noexcept nogil:
    """The first slot with the tag of a hash, or EMPTY.

    It is that of the token with this hash, if there is one and the slot is not SHARED: is_text_of tells.
    """
    cdef uint64_t i = hash & t.slot_mask, tag = tag_of(hash), slot = t.slots[i]
    # One branch for both: nobody can foretell the tag alone.
    while (tag_of(slot) != tag) & is_passed(slot):
        i = (i + 1) & t.slot_mask
        slot = t.slots[i]
    return slot & (0 - <uint64_t>(tag_of(slot) == tag))


cdef inline uint64_t find_text(const SpmTables* t, const uint8_t* p, size_t n) noexcept nogil:
    """The slot of the token with this plain text, or EMPTY."""
    cdef uint64_t hash, i, slot
    if n > t.longest:
        return EMPTY
    hash = text_hash(t, p, n)
    i = hash & t.slot_mask
    while True:
        slot = t.slots[i]
        if slot == EMPTY or (tag_of(slot) == tag_of(hash) and is_text_of(t, slot_token(slot), p, n)):
            return slot
        if not is_passed(slot):
            return EMPTY
        i = (i + 1) & t.slot_mask


cdef inline uint32_t find_token(const SpmTables* t, const uint8_t* p, size_t n) noexcept nogil:
    """The token with this plain text, or NONE."""
    return slot_token(find_text(t, p, n))


cdef inline size_t to_plain(const uint8_t* p, size_t n, uint8_t* out) noexcept nogil:
    """Write a text with a space for each U+2581; its bytes."""
    cdef size_t at = 0, m = 0, size, i
    while at < n:
        size = min(character_size(p[at]), n - at)
        if size == 3 and p[at] == 0xE2 and p[at + 1] == 0x96 and p[at + 2] == 0x81:
            out[m] = 0x20
            m += 1
        else:
            for i in range(size):
                out[m + i] = p[at + i]
            m += size
        at += size
    return m


cdef inline int push_character(const SpmTables* t, const uint8_t* p, size_t n, IdSink* out) noexcept nogil:
    """Push the token or byte tokens of a character that was not merged; p[0:READABLE] can be read.

    Where one of these is missing, the unknown token once; llama.cpp would abort, and SentencePiece does this.
    """
    cdef const uint8_t* written = p
    cdef uint32_t token = find_token(t, p, n)
    cdef size_t i
    if token != NONE:
        return push(out, token)
    if p[0] == 0x20:
        written = b"\xe2\x96\x81"
        n = 3
    if reserve_ids(out, n) != OK:
        return OUT_OF_MEMORY
    for i in range(n):
        if t.byte_token[written[i]] == NONE:
            return push(out, t.unknown) if t.unknown != NONE else NOT_ENCODABLE
    for i in range(n):
        out.ids[out.n] = t.byte_token[written[i]]
        out.n += 1
    return OK
