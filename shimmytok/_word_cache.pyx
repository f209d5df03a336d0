"""A bounded memory of the ids of words, shared by all threads of a tokenizer.

Words of up to 31 bytes with up to 8 ids are kept; a new one takes the place of an old one in its line.  Nothing is ever
moved, and the memory never grows.  Pieces are looked up in batches, so that their cache misses overlap.
"""

import operator
import os

from libc.string cimport memset

from shimmytok._workspace cimport OK, OUT_OF_MEMORY, reserve_ids

cdef extern from "word_cache.h":
    const uint64_t SHIM_NO_KEY
    void shim_words(const uint8_t* p, size_t n, uint64_t* words, size_t n_words) noexcept nogil
    void shim_short_key(const uint8_t* p, size_t n, uint64_t* low, uint64_t* high) noexcept nogil
    uint64_t shim_short_hash(uint64_t low, uint64_t high, uint64_t seed) noexcept nogil
    uint64_t shim_long_hash(const uint64_t* key, uint64_t seed) noexcept nogil
    size_t shim_range(uint64_t hash, uint64_t n) noexcept nogil
    uint32_t shim_short_find(const uint64_t* line, uint64_t low, uint64_t high, uint32_t* out) noexcept nogil
    uint32_t shim_long_find(const uint64_t* line, const uint64_t* key, uint32_t* out) noexcept nogil
    void shim_publish(uint64_t* entry, const uint64_t* key, const uint64_t* ids, int n_words) noexcept nogil

cdef extern from "pages.h":
    void* shim_pages_new(size_t size) noexcept nogil
    void shim_pages_free(void* p, size_t size) noexcept nogil

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

cdef enum:
    BATCH = 128                    # pieces whose lines are asked for at a time
    SHORT = 15                     # bytes of text in a short entry
    LONG = 31                      # and in a long one
    SHORT_IDS = 4
    LONG_IDS = 8
    IS_LONG = 15                   # the count of a short entry whose ids are in a long one
    LINE = 8                       # words
    SMALLEST = 4096                # bytes; a smaller cache is none

LARGEST = 1 << 37                  # bytes: lines are counted in 32 bits

cdef struct Probe:
    uint64_t low
    uint64_t high
    uint64_t* line


cdef inline void probe_of(const WordCacheTables* c, const uint8_t* p, size_t n, size_t readable, Probe* probe) noexcept nogil:
    """What a piece is looked up by."""
    cdef uint64_t[2] words
    if n > SHORT:
        probe.low = SHIM_NO_KEY
        probe.high = 0
    elif readable >= 16:
        shim_short_key(p, n, &probe.low, &probe.high)
    else:
        shim_words(p, n, words, 2)
        probe.low = words[0]
        probe.high = words[1] | <uint64_t>n << 56
    probe.line = c.short_lines + LINE * shim_range(shim_short_hash(probe.low, probe.high, c.seed), c.n_short)
    SHIM_PREFETCH(probe.line)


cdef inline uint64_t* long_line(const WordCacheTables* c, const uint8_t* p, size_t n, uint64_t* key) noexcept nogil:
    shim_words(p, n, key, 4)
    key[3] |= <uint64_t>n << 56
    return c.long_lines + LINE * shim_range(shim_long_hash(key, c.seed), c.n_long)


cdef void keep_short(const Probe* probe, const uint32_t* ids, size_t count, bint second) noexcept nogil:
    """Enter a word into its line, where there is room or else in place of one of the two."""
    cdef uint64_t[2] key, pairs
    cdef uint64_t* entry = probe.line
    if probe.line[1] != 0 and (probe.line[5] == 0 or second):
        entry += 4
    key[0] = probe.low
    key[1] = probe.high | <uint64_t>count << 60
    pairs[0] = pairs[1] = 0
    if count <= SHORT_IDS:
        pairs[0] = ids[0] | (<uint64_t>ids[1] << 32 if count > 1 else 0)
        pairs[1] = (ids[2] if count > 2 else 0) | (<uint64_t>ids[3] << 32 if count > 3 else 0)
    shim_publish(entry, key, pairs, 2)


cdef void keep_long(uint64_t* line, const uint64_t* key, const uint32_t* ids, size_t count) noexcept nogil:
    cdef uint64_t[4] whole, pairs
    cdef size_t i
    for i in range(4):
        whole[i] = key[i]
        pairs[i] = 0
    whole[3] |= <uint64_t>(count - 1) << 61
    for i in range(count):
        pairs[i >> 1] |= <uint64_t>ids[i] << (32 * (i & 1))
    shim_publish(line, whole, pairs, 4)


cdef int encode_missed(
    WordCacheTables* c, const Probe* probe, bint is_long, EncodePiece encode, const void* tables,
    const uint8_t* p, size_t n, Workspace* ws, IdSink* out
) noexcept nogil:
    """A piece that no short entry has (`is_long`: its ids are or should be in a long one); keeps what it finds."""
    cdef uint64_t[4] key
    cdef uint64_t* line
    cdef size_t before = out.n, count
    cdef int status
    if n > LONG:
        return encode(tables, p, n, ws, out)
    if is_long:
        line = long_line(c, p, n, key)
        count = shim_long_find(line, key, out.ids + out.n)
        if count:
            out.n += count
            return OK
    status = encode(tables, p, n, ws, out)
    if status != OK:
        return status
    count = out.n - before
    if count == 0 or count > LONG_IDS:
        return OK
    if n > SHORT or count > SHORT_IDS:
        line = long_line(c, p, n, key)
        keep_long(line, key, out.ids + before, count)
    if n <= SHORT:
        keep_short(probe, out.ids + before, count if count <= SHORT_IDS else <size_t>IS_LONG, before & 1)
    return OK


cdef int encode_uncached(
    EncodePiece encode, const void* tables, const Pieces* pieces, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef size_t k, at = pieces.start
    cdef int status
    for k in range(pieces.count):
        status = encode(tables, pieces.text + at, pieces.ends[k] - at, ws, out)
        if status != OK:
            return status
        at = pieces.ends[k]
    return OK


cdef int encode_pieces(
    WordCacheTables* cache, EncodePiece encode, const void* tables, const Pieces* pieces, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef Probe[BATCH] probes
    cdef WordCacheTables c = cache[0]
    cdef const uint8_t* text = pieces.text
    cdef const uint32_t* ends = pieces.ends
    cdef size_t readable = pieces.readable, left = pieces.count
    cdef size_t k, m, at, begin = pieces.start
    cdef uint32_t found
    cdef uint32_t* ids
    cdef int status
    if c.short_lines == NULL:
        return encode_uncached(encode, tables, pieces, ws, out)
    while left:
        m = min(left, <size_t>BATCH)
        at = begin
        for k in range(m):
            probe_of(&c, text + at, ends[k] - at, readable - at, &probes[k])
            at = ends[k]
        if reserve_ids(out, SHORT_IDS * m + LONG_IDS) != OK:
            return OUT_OF_MEMORY
        at = begin
        ids = out.ids + out.n
        for k in range(m):
            found = shim_short_find(probes[k].line, probes[k].low, probes[k].high, ids)
            if found - 1 < SHORT_IDS:
                ids += found
            else:
                out.n = ids - out.ids
                status = encode_missed(&c, &probes[k], found != 0 or ends[k] - at > SHORT, encode, tables,
                                       text + at, ends[k] - at, ws, out)
                if status != OK:
                    return status
                if reserve_ids(out, SHORT_IDS * (m - k) + LONG_IDS) != OK:
                    return OUT_OF_MEMORY
                ids = out.ids + out.n
            at = ends[k]
        out.n = ids - out.ids
        begin = at
        ends += m
        left -= m
    return OK


cdef class WordCache:
    """Owns at most `size` bytes, which the system gives as they are touched; under 4 KiB there is no cache."""

    def __cinit__(self, size):
        cdef size_t lines
        self.size = operator.index(size)
        if not 0 <= self.size <= LARGEST:
            raise ValueError(f"cache_bytes is {self.size}: it must be from 0 to {LARGEST}")
        if self.size < SMALLEST:
            return
        lines = <size_t>self.size // (LINE * 8)
        self.t.n_long = lines // 4
        self.t.n_short = lines - self.t.n_long
        self.t.seed = int.from_bytes(os.urandom(8), "little")
        self._reserved = lines * LINE * 8
        self.t.short_lines = <uint64_t*>shim_pages_new(self._reserved)
        if self.t.short_lines == NULL:
            raise MemoryError
        self.t.long_lines = self.t.short_lines + LINE * self.t.n_short

    def __dealloc__(self):
        shim_pages_free(self.t.short_lines, self._reserved)

    def clear(self):
        """Forget all words, while other threads may be reading and writing; the memory is kept."""
        cdef uint64_t[4] nothing
        cdef size_t i
        memset(nothing, 0, sizeof(nothing))
        with nogil:
            for i in range(2 * self.t.n_short):
                shim_publish(self.t.short_lines + 4 * i, nothing, nothing, 2)
            for i in range(self.t.n_long):
                shim_publish(self.t.long_lines + LINE * i, nothing, nothing, 4)
