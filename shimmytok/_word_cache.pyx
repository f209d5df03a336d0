"""A bounded memory of the ids of words, shared by all threads of a tokenizer.

Words of up to 31 bytes with up to 8 ids are kept; a new one takes the place of an old one in its line.  Nothing is ever
moved, and the memory never grows.  Pieces are looked up in batches, so that their cache misses overlap.
"""

import operator
import os

from libc.string cimport memcpy, memset

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
    BATCH = 256                    # pieces whose lines are asked for at a time
    SHORT = 15                     # bytes of text in a short entry
    LONG = 31                      # and in a long one
    SHORT_IDS = 4
    LONG_IDS = 8
    IS_LONG = 15                   # the count of a short entry whose ids are in a long one
    LINE = 8                       # words
    SMALLEST = 4096                # bytes; a smaller cache is none
    MISSED = 0
    LONG_HIT = 255

LARGEST = 1 << 37                  # bytes: lines are counted in 32 bits

cdef struct Probe:                 # what a piece is looked up by; a long one has SHIM_NO_KEY here
    uint64_t low
    uint64_t high
    uint64_t* line

cdef struct LongProbe:
    uint64_t[4] key
    uint64_t* line

cdef struct Batch:
    Probe[BATCH] probes
    LongProbe[BATCH] longs         # of the pieces longer than SHORT, in order
    uint32_t[BATCH][SHORT_IDS] hits
    uint8_t[BATCH] n_hits          # ids of each piece, MISSED or LONG_HIT
    Missed[BATCH] missed           # the pieces without an entry, in order
    Missed[BATCH] long_hits        # those whose ids are in a long one


cdef inline void probe_short(const WordCacheTables* c, const uint8_t* p, size_t n, size_t readable,
                             Probe* probe) noexcept nogil:
    cdef uint64_t[2] words
    if readable >= 16:
        shim_short_key(p, n, &probe.low, &probe.high)
    else:
        shim_words(p, n, words, 2)
        probe.low = words[0]
        probe.high = words[1] | <uint64_t>n << 56
    probe.line = c.short_lines + LINE * shim_range(shim_short_hash(probe.low, probe.high, c.seed), c.n_short)
    SHIM_PREFETCH(probe.line)


cdef inline void probe_long(const WordCacheTables* c, const uint8_t* p, size_t n, LongProbe* probe) noexcept nogil:
    shim_words(p, n, probe.key, 4)
    probe.key[3] |= <uint64_t>n << 56
    probe.line = c.long_lines + LINE * shim_range(shim_long_hash(probe.key, c.seed), c.n_long)
    SHIM_PREFETCH(probe.line)


cdef void probe_all(const WordCacheTables* c, const Pieces* pieces, Batch* batch) noexcept nogil:
    """Make the keys of at most BATCH pieces, and ask for their lines."""
    cdef size_t k, n, at = pieces.start, n_longs = 0
    for k in range(pieces.count):
        n = pieces.ends[k] - at
        if n <= SHORT:
            probe_short(c, pieces.text + at, n, pieces.readable - at, &batch.probes[k])
        else:
            batch.probes[k].low = SHIM_NO_KEY
            batch.probes[k].high = 0
            batch.probes[k].line = c.short_lines
            if n <= LONG:
                probe_long(c, pieces.text + at, n, &batch.longs[n_longs])
                n_longs += 1
        at = pieces.ends[k]


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


cdef void keep_long(const LongProbe* probe, const uint32_t* ids, size_t count) noexcept nogil:
    cdef uint64_t[4] key, pairs
    cdef size_t i
    for i in range(4):
        key[i] = probe.key[i]
        pairs[i] = 0
    key[3] |= <uint64_t>(count - 1) << 61
    for i in range(count):
        pairs[i >> 1] |= <uint64_t>ids[i] << (32 * (i & 1))
    shim_publish(probe.line, key, pairs, 4)


cdef void keep(const WordCacheTables* c, const Probe* probe, const Missed* word, const uint32_t* ids) noexcept nogil:
    """Enter a word that was encoded, if it fits."""
    cdef LongProbe long_probe
    if word.n > LONG or word.count == 0 or word.count > LONG_IDS:
        return
    if word.n > SHORT or word.count > SHORT_IDS:
        probe_long(c, word.p, word.n, &long_probe)
        keep_long(&long_probe, ids, word.count)
    if word.n <= SHORT:
        keep_short(probe, ids, word.count if word.count <= SHORT_IDS else <size_t>IS_LONG, word.first & 1)


cdef int emit(const uint32_t* ids, size_t count, IdSink* out) noexcept nogil:
    if reserve_ids(out, count) != OK:
        return OUT_OF_MEMORY
    memcpy(out.ids + out.n, ids, count * sizeof(uint32_t))
    out.n += count
    return OK


cdef int look_up_rest(
    const WordCacheTables* c, const Pieces* pieces, size_t k, size_t at, size_t n_longs, Batch* batch,
    IdSink* found, size_t* n_missed
) noexcept nogil:
    """Look up the pieces from number k on, which begins at `at`; those without an entry go to `missed`."""
    cdef LongProbe of_short
    cdef LongProbe* probe
    cdef Missed* word
    cdef size_t n, m = 0, n_long_hits = 0
    cdef uint32_t count
    for k in range(k, pieces.count):
        n = pieces.ends[k] - at
        count = shim_short_find(batch.probes[k].line, batch.probes[k].low, batch.probes[k].high, batch.hits[k])
        batch.n_hits[k] = <uint8_t>count
        if count - 1 >= SHORT_IDS:
            probe = NULL
            if SHORT < n <= LONG:
                probe = &batch.longs[n_longs]
                n_longs += 1
            elif count == IS_LONG:
                probe = &of_short
                probe_long(c, pieces.text + at, n, probe)
            if reserve_ids(found, LONG_IDS) != OK:
                return OUT_OF_MEMORY
            count = 0 if probe == NULL else shim_long_find(probe.line, probe.key, found.ids + found.n)
            if count:
                word = &batch.long_hits[n_long_hits]
                n_long_hits += 1
                batch.n_hits[k] = LONG_HIT
            else:
                word = &batch.missed[m]
                m += 1
                batch.n_hits[k] = MISSED
            word.p = pieces.text + at
            word.n = <uint32_t>n
            word.first = found.n
            word.count = count
            found.n += count
        at = pieces.ends[k]
    n_missed[0] = m
    return OK


cdef int encode_rest(
    const WordCacheTables* c, EncodeMissed encode, const void* tables, const Pieces* pieces, size_t k, size_t at,
    size_t n_longs, Batch* batch, Workspace* ws, IdSink* out
) noexcept nogil:
    """Push the ids of the pieces from number k on, the first that no entry has."""
    cdef size_t n_missed = 0
    cdef const Missed* missed = batch.missed
    cdef const Missed* long_hits = batch.long_hits
    cdef int status
    ws.found.n = 0
    if look_up_rest(c, pieces, k, at, n_longs, batch, &ws.found, &n_missed) != OK:
        return OUT_OF_MEMORY
    status = encode(tables, batch.missed, n_missed, ws, &ws.found)
    if status != OK:
        return status
    for k in range(k, pieces.count):
        if batch.n_hits[k] == MISSED:
            status = emit(ws.found.ids + missed.first, missed.count, out)
            keep(c, &batch.probes[k], missed, ws.found.ids + missed.first)
            missed += 1
        elif batch.n_hits[k] == LONG_HIT:
            status = emit(ws.found.ids + long_hits.first, long_hits.count, out)
            long_hits += 1
        else:
            status = emit(batch.hits[k], batch.n_hits[k], out)
        if status != OK:
            return status
    return OK


cdef int encode_batch(
    const WordCacheTables* c, EncodeMissed encode, const void* tables, const Pieces* pieces, Batch* batch,
    Workspace* ws, IdSink* out
) noexcept nogil:
    cdef size_t k, n, at = pieces.start, n_longs = 0
    cdef uint32_t count
    cdef uint32_t* ids
    probe_all(c, pieces, batch)
    if reserve_ids(out, LONG_IDS * (pieces.count + 1)) != OK:
        return OUT_OF_MEMORY
    ids = out.ids + out.n
    for k in range(pieces.count):
        count = shim_short_find(batch.probes[k].line, batch.probes[k].low, batch.probes[k].high, ids)
        if count - 1 >= SHORT_IDS:
            n = pieces.ends[k] - at
            if SHORT < n <= LONG:
                count = shim_long_find(batch.longs[n_longs].line, batch.longs[n_longs].key, ids)
            else:
                count = 0
            if count == 0:
                out.n = ids - out.ids
                return encode_rest(c, encode, tables, pieces, k, at, n_longs, batch, ws, out)
            n_longs += 1
        ids += count
        at = pieces.ends[k]
    out.n = ids - out.ids
    return OK


cdef int encode_uncached(
    EncodeMissed encode, const void* tables, const Pieces* pieces, Missed* missed, Workspace* ws, IdSink* out
) noexcept nogil:
    """The same for at most BATCH pieces without a cache."""
    cdef size_t k, at = pieces.start
    cdef int status
    ws.found.n = 0
    for k in range(pieces.count):
        missed[k].p = pieces.text + at
        missed[k].n = <uint32_t>(pieces.ends[k] - at)
        at = pieces.ends[k]
    status = encode(tables, missed, pieces.count, ws, &ws.found)
    for k in range(pieces.count):
        if status != OK:
            break
        status = emit(ws.found.ids + missed[k].first, missed[k].count, out)
    return status


cdef int encode_pieces(
    WordCacheTables* cache, EncodeMissed encode, const void* tables, const Pieces* pieces, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef Batch batch
    cdef Pieces part = pieces[0]
    cdef size_t left = pieces.count
    cdef int status
    while left:
        part.count = min(left, <size_t>BATCH)
        if cache.short_lines == NULL:
            status = encode_uncached(encode, tables, &part, batch.missed, ws, out)
        else:
            status = encode_batch(cache, encode, tables, &part, &batch, ws, out)
        if status != OK:
            return status
        left -= part.count
        part.start = part.ends[part.count - 1]
        part.ends += part.count
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
