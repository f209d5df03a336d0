"""A bounded memory of the ids of words, shared by all threads of a tokenizer.

Words of up to 31 bytes with up to 8 ids are kept; a new one takes the place of an old one in its line.  Nothing is ever
moved, and the memory never grows.  Pieces are looked up in batches, so that their cache misses overlap.
"""

import operator
import os

from libc.stdint cimport uint16_t
from libc.string cimport memcpy, memmove, memset

from shimmytok._simd cimport simd_level
from shimmytok._workspace cimport OK, OUT_OF_MEMORY, reserve_ids

cdef extern from "word_cache.h":
    const uint64_t SHIM_NO_KEY
    void shim_words(const uint8_t* p, size_t n, uint64_t* words, size_t n_words) noexcept nogil
    uint64_t shim_long_hash(const uint64_t* key, uint64_t seed) noexcept nogil
    size_t shim_range(uint64_t hash, uint64_t n) noexcept nogil
    uint32_t shim_short_find(const uint64_t* line, uint64_t low, uint64_t high, uint32_t* out) noexcept nogil
    uint32_t shim_long_find(const uint64_t* line, const uint64_t* key, uint32_t* out) noexcept nogil
    void shim_exchange(uint64_t* a, uint64_t* b) noexcept nogil
    void shim_publish(uint64_t* entry, const uint64_t* key, const uint64_t* ids, int n_words) noexcept nogil

cdef extern from "word_batch.h":
    ctypedef struct ShimBatch "shim_batch":
        uint64_t* lines
        uint64_t n_lines
        uint64_t seed
        const uint8_t* text
        size_t readable
        const uint32_t* ends
        const uint32_t* starts
        size_t count
        uint64_t (*keys)[2]
        uint64_t** places
    size_t shim_probe_run(const ShimBatch* b, int level, size_t k, size_t at) noexcept nogil
    size_t shim_find_run(const ShimBatch* b, int level, size_t k, uint32_t** ids, uint32_t* odd) noexcept nogil

cdef extern from "pages.h":
    void* shim_pages_new(size_t size) noexcept nogil
    void shim_pages_free(void* p, size_t size) noexcept nogil

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

cdef enum:
    BATCH = 512                    # pieces whose lines are asked for at a time
    SHORT = 15                     # bytes of text in a short entry
    LONG = 31                      # and in a long one
    SHORT_IDS = 4
    LONG_IDS = 8
    IS_LONG = 15                   # the count of a short entry whose ids are in a long one
    LINE = 8                       # words
    SMALLEST = 4096                # bytes; a smaller cache is none
    MOVE = 8                       # one of so many words that are found beside their line is brought home

LARGEST = 1 << 37                  # bytes: lines are counted in 32 bits

ctypedef uint64_t[2] ShortKey

cdef struct LongProbe:
    uint64_t[4] key
    uint64_t* line

cdef struct Batch:
    ShortKey keys[BATCH + 1]       # of the pieces, from the first place on that is a multiple of 16 bytes
    uint64_t* places[BATCH]        # their lines; a long piece has SHIM_NO_KEY, and any line
    LongProbe[BATCH] longs         # of the pieces longer than SHORT, in order
    Missed[BATCH] missed           # the pieces whose ids were not at hand, in order
    uint16_t[BATCH] piece          # the number of each
    uint32_t[BATCH] gap            # where its ids belong, among those that were
    Missed[BATCH] unknown          # those of them that no entry has
    uint16_t[BATCH] missed_as      # the number of each in `missed`


cdef inline void probe_long(const WordCacheTables* c, const uint8_t* p, size_t n, LongProbe* probe) noexcept nogil:
    shim_words(p, n, probe.key, 4)
    probe.key[3] |= <uint64_t>n << 56
    probe.line = c.long_lines + LINE * shim_range(shim_long_hash(probe.key, c.seed), c.n_long)
    SHIM_PREFETCH(probe.line)


cdef inline size_t start_of(const ShimBatch* job, size_t k, size_t begin) noexcept nogil:
    """Where piece k begins; `begin` is where the first does."""
    if job.starts != NULL:
        return job.starts[k]
    return job.ends[k - 1] if k else begin


cdef void probe_all(
    const WordCacheTables* c, const ShimBatch* job, size_t begin, int level, Batch* batch
) noexcept nogil:
    """Make the keys of the pieces of a batch, and ask for their lines."""
    cdef size_t k = 0, n, at = begin, n_longs = 0
    while True:
        k = shim_probe_run(job, level, k, at)
        if k == job.count:
            break
        at = start_of(job, k, begin)
        n = job.ends[k] - at
        job.keys[k][0] = SHIM_NO_KEY
        job.keys[k][1] = 0
        job.places[k] = c.short_lines
        if n <= LONG:
            probe_long(c, job.text + at, n, &batch.longs[n_longs])
            n_longs += 1
        at = job.ends[k]
        k += 1


cdef inline uint64_t* beside(const uint64_t* line) noexcept nogil:
    """The line that comes with this one when the processor fetches lines by two; it takes what has no room here."""
    return <uint64_t*>(<size_t>line ^ (LINE * sizeof(uint64_t)))


cdef void keep_short(
    uint64_t* line, const uint64_t* short_key, const uint32_t* ids, size_t count, uint32_t random
) noexcept nogil:
    """Enter a word into its line or the one beside, where there is room or else in place of one of the four."""
    cdef uint64_t[2] key, pairs
    cdef uint64_t* other = beside(line)
    cdef uint64_t* entry
    if line[1] == 0:
        entry = line
    elif line[5] == 0:
        entry = line + 4
    elif other[1] == 0:
        entry = other
    elif other[5] == 0:
        entry = other + 4
    else:
        entry = (other if random & 2 else line) + 4 * (random & 1)
    key[0] = short_key[0]
    key[1] = short_key[1] | <uint64_t>count << 60
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


cdef void keep(
    const WordCacheTables* c, const Missed* word, uint64_t* line, const uint64_t* short_key, const uint32_t* ids
) noexcept nogil:
    """Enter a word that was encoded, if it fits."""
    cdef LongProbe long_probe
    if word.n > LONG or word.count == 0 or word.count > LONG_IDS:
        return
    if word.n > SHORT or word.count > SHORT_IDS:
        probe_long(c, word.p, word.n, &long_probe)
        keep_long(&long_probe, ids, word.count)
    if word.n <= SHORT:
        keep_short(line, short_key, ids, word.count if word.count <= SHORT_IDS else <size_t>IS_LONG,
                   <uint32_t>word.first)


cdef uint32_t find_long(const WordCacheTables* c, const uint8_t* p, size_t n, uint32_t* ids) noexcept nogil:
    """The number of ids of a short piece that has more than SHORT_IDS; or 0."""
    cdef LongProbe probe
    probe_long(c, p, n, &probe)
    return shim_long_find(probe.line, probe.key, ids)


cdef size_t find_batch(
    const WordCacheTables* c, const ShimBatch* job, size_t begin, int level, Batch* batch, IdSink* out
) noexcept nogil:
    """Push the ids of the pieces that have an entry, for which there is room; the others go to `missed`."""
    cdef size_t k = 0, n, at, n_longs = 0, m = 0
    cdef uint32_t count = 0
    cdef uint32_t* base = out.ids + out.n
    cdef uint32_t* ids = base
    while True:
        k = shim_find_run(job, level, k, &ids, &count)
        if k == job.count:
            break
        at = start_of(job, k, begin)
        n = job.ends[k] - at
        if SHORT < n <= LONG:
            count = shim_long_find(batch.longs[n_longs].line, batch.longs[n_longs].key, ids)
            n_longs += 1
        elif count:
            count = find_long(c, job.text + at, n, ids)
        if count == 0:
            SHIM_PREFETCH(beside(job.places[k]))
            batch.missed[m].p = job.text + at
            batch.missed[m].n = <uint32_t>n
            batch.piece[m] = <uint16_t>k
            batch.gap[m] = <uint32_t>(ids - base)
            m += 1
        ids += count
        k += 1
    out.n = ids - out.ids
    return m


cdef void move_home(uint64_t* line, const uint64_t* key) noexcept nogil:
    """Bring a word from the line beside to its own; now and then, so that in time the frequent ones are at home."""
    cdef uint64_t* other = beside(line)
    if other[0] != key[0] or (other[1] ^ key[1]) << 4:
        other += 4
    shim_exchange(other, line + 4 * (key[0] >> 8 & 1))


cdef int find_beside(
    const WordCacheTables* c, const ShimBatch* job, Batch* batch, size_t m, IdSink* found, size_t* n_unknown
) noexcept nogil:
    """Look the missed short pieces up in the lines beside theirs; those that are not there go to `unknown`."""
    cdef Missed* word
    cdef size_t k, piece, left = 0
    if reserve_ids(found, (m + 1) * LONG_IDS) != OK:
        return OUT_OF_MEMORY
    for k in range(m):
        word = &batch.missed[k]
        word.count = 0
        if word.n <= SHORT:
            piece = batch.piece[k]
            word.first = found.n
            word.count = shim_short_find(
                beside(job.places[piece]), job.keys[piece][0], job.keys[piece][1], found.ids + found.n
            )
            if word.count == IS_LONG:
                word.count = find_long(c, word.p, word.n, found.ids + found.n)
            found.n += word.count
            if word.count and piece % MOVE == 0:
                move_home(job.places[piece], job.keys[piece])
        if word.count == 0:
            batch.unknown[left] = word[0]
            batch.missed_as[left] = <uint16_t>k
            left += 1
    n_unknown[0] = left
    return OK


cdef int fill_gaps(const Batch* batch, size_t m, const uint32_t* found, size_t first, IdSink* out) noexcept nogil:
    """Put the ids of the missed pieces between those that begin at out.ids[first], from the last gap to the first."""
    cdef const Missed* word
    cdef size_t k, shift = 0, end = out.n - first
    cdef uint32_t* base
    for k in range(m):
        shift += batch.missed[k].count
    if reserve_ids(out, shift) != OK:
        return OUT_OF_MEMORY
    base = out.ids + first
    out.n += shift
    k = m
    while k:
        k -= 1
        word = &batch.missed[k]
        memmove(base + batch.gap[k] + shift, base + batch.gap[k], (end - batch.gap[k]) * sizeof(uint32_t))
        shift -= word.count
        memcpy(base + batch.gap[k] + shift, found + word.first, word.count * sizeof(uint32_t))
        end = batch.gap[k]
    return OK


cdef int encode_batch(
    const WordCacheTables* c, EncodeMissed encode, const void* tables, const Pieces* pieces, Batch* batch,
    Workspace* ws, IdSink* out
) noexcept nogil:
    cdef size_t k, m, piece, n_unknown = 0, first = out.n
    cdef ShimBatch job
    cdef const Missed* word
    cdef int status, level = simd_level
    job.lines = c.short_lines
    job.n_lines = c.n_short
    job.seed = c.seed
    job.text = pieces.text
    job.readable = pieces.readable
    job.ends = pieces.ends
    job.starts = pieces.starts
    job.count = pieces.count
    job.keys = <ShortKey*>((<size_t>batch.keys + 15) & ~<size_t>15)
    job.places = batch.places
    probe_all(c, &job, pieces.start, level, batch)
    if reserve_ids(out, LONG_IDS * (pieces.count + 1)) != OK:
        return OUT_OF_MEMORY
    m = find_batch(c, &job, pieces.start, level, batch, out)
    if m == 0:
        return OK
    ws.found.n = 0
    if find_beside(c, &job, batch, m, &ws.found, &n_unknown) != OK:
        return OUT_OF_MEMORY
    status = encode(tables, batch.unknown, n_unknown, ws, &ws.found)
    if status != OK:
        return status
    for k in range(n_unknown):
        word = &batch.unknown[k]
        batch.missed[batch.missed_as[k]] = word[0]
        piece = batch.piece[batch.missed_as[k]]
        keep(c, word, job.places[piece], job.keys[piece], ws.found.ids + word.first)
    return fill_gaps(batch, m, ws.found.ids, first, out)


cdef int encode_uncached(
    EncodeMissed encode, const void* tables, const Pieces* pieces, Missed* missed, Workspace* ws, IdSink* out
) noexcept nogil:
    """The same for at most BATCH pieces without a cache."""
    cdef size_t k, at = pieces.start
    cdef int status
    ws.found.n = 0
    for k in range(pieces.count):
        if pieces.starts != NULL:
            at = pieces.starts[k]
        missed[k].p = pieces.text + at
        missed[k].n = <uint32_t>(pieces.ends[k] - at)
        at = pieces.ends[k]
    status = encode(tables, missed, pieces.count, ws, &ws.found)
    if status != OK:
        return status
    if reserve_ids(out, ws.found.n) != OK:
        return OUT_OF_MEMORY
    for k in range(pieces.count):
        memcpy(out.ids + out.n, ws.found.ids + missed[k].first, missed[k].count * sizeof(uint32_t))
        out.n += missed[k].count
    return OK


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
        if part.starts != NULL:
            part.starts += part.count
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
        self.t.n_long = lines // 8 * 2
        self.t.n_short = lines // 2 * 2 - self.t.n_long    # even, since they go by two
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
