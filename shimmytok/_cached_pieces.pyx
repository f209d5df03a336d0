"""Pieces of a text to ids: most are known to the word cache, the others are encoded and kept.

Pieces are looked up in batches, so that their cache misses overlap.  The ids of those that are found are written at
once; the others leave gaps, and wait (_waiting_pieces.pyx).
"""

from libc.stdint cimport uint64_t
from libc.string cimport memcpy

from shimmytok._simd cimport simd_level
from shimmytok._waiting_pieces cimport BATCH, ENOUGH, Absent, ShimBatch, ShortKey, WaitingPieces, encode_waiting, \
    find_inserted, wait
from shimmytok._workspace cimport OK, OUT_OF_MEMORY, reserve, reserve_ids

cdef extern from "word_batch.h":
    void shim_probe(const ShimBatch* b, int level) noexcept nogil
    size_t shim_find(const ShimBatch* b, int level, uint32_t* base, size_t* n_ids, Absent* absent) noexcept nogil

cdef struct Batch:                 # in the workspace, one for each thread
    ShortKey keys[BATCH + 1]       # of the pieces, from the first place on that is a multiple of 16 bytes
    uint64_t* places[BATCH]        # their lines
    Absent[BATCH + 1] absent
    WaitingPieces waiting


cdef inline void place_inserts(const ShimBatch* job, Insert** next) noexcept nogil:
    """Have the pieces that stand for one id find it in their Inserts; `next` moves on to the batch after this one."""
    cdef Insert* insert = next[0]
    cdef uint32_t end = job.ends[job.count - 1]
    cdef size_t k = 0
    while insert.at < end:
        if insert.entry[0]:
            while job.ends[k] <= insert.at:
                k += 1
            job.places[k] = insert.entry
        insert += 1
    next[0] = insert


cdef int encode_cached(
    const WordCacheTables* c, EncodeMissed encode, const void* tables, const Pieces* pieces, Batch* batch,
    Workspace* ws, IdSink* out
) noexcept nogil:
    cdef ShimBatch job
    cdef WaitingPieces* waiting = &batch.waiting
    cdef Insert* insert = pieces.inserts
    cdef size_t left = pieces.count, n_ids, n
    cdef int status, level = simd_level
    job.lines = c.short_lines
    job.n_lines = c.n_short
    job.seed = c.seed
    job.text = pieces.text
    job.readable = pieces.readable
    job.ends = pieces.ends
    job.starts = pieces.starts
    job.begin = pieces.start
    job.keys = <ShortKey*>((<size_t>batch.keys + 15) & ~<size_t>15)
    job.places = batch.places
    waiting.n_waiting = 0
    waiting.base = out.n
    waiting.inserts = pieces.inserts
    waiting.n_inserts = 0
    while left:
        job.count = min(left, <size_t>BATCH)
        shim_probe(&job, level)
        if insert != NULL:
            place_inserts(&job, &insert)
        if reserve_ids(out, 4 * (job.count + 1)) != OK:
            return OUT_OF_MEMORY
        n_ids = out.n - waiting.base
        n = shim_find(&job, level, out.ids + waiting.base, &n_ids, batch.absent)
        if n:
            wait(c, &job, batch.absent, n, waiting)
        out.n = waiting.base + n_ids
        left -= job.count
        if waiting.n_waiting > ENOUGH or (left == 0 and waiting.n_waiting):
            status = encode_waiting(c, encode, tables, waiting, ws, out)
            if status != OK:
                return status
            waiting.n_waiting = 0
            waiting.base = out.n
        job.begin = job.ends[job.count - 1]
        job.ends += job.count
        if job.starts != NULL:
            job.starts += job.count
    return OK


cdef int encode_uncached(
    EncodeMissed encode, const void* tables, const Pieces* pieces, Batch* batch, Workspace* ws, IdSink* out
) noexcept nogil:
    """The same without a cache."""
    cdef Missed* missed = batch.waiting.missed
    cdef Insert* insert = pieces.inserts
    cdef size_t k = 0, i, n, at = pieces.start
    cdef int status
    while k < pieces.count:
        ws.found.n = n = 0
        while n < BATCH and k + n < pieces.count:
            if pieces.starts != NULL:
                at = pieces.starts[k + n]
            if insert != NULL and insert.at == at:
                break
            missed[n].p = pieces.text + at
            missed[n].n = <uint32_t>(pieces.ends[k + n] - at)
            at = pieces.ends[k + n]
            n += 1
        if n == 0:
            insert.position = out.n
            if find_inserted(insert, missed, out) != OK:
                return OUT_OF_MEMORY
            insert += 1
            at = pieces.ends[k]
            k += 1
            continue
        status = encode(tables, missed, n, ws, &ws.found)
        if status != OK:
            return status
        if reserve_ids(out, ws.found.n) != OK:
            return OUT_OF_MEMORY
        for i in range(n):
            if missed[i].count:                            # else there may be no memory yet
                memcpy(out.ids + out.n, ws.found.ids + missed[i].first, missed[i].count * sizeof(uint32_t))
            out.n += missed[i].count
        k += n
    return OK


cdef int encode_pieces(
    WordCacheTables* cache, EncodeMissed encode, const void* tables, const Pieces* pieces, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef Batch* batch
    if reserve(&ws.batch, sizeof(Batch)) != OK:
        return OUT_OF_MEMORY
    batch = <Batch*>ws.batch.data
    if cache.short_lines == NULL:
        return encode_uncached(encode, tables, pieces, batch, ws, out)
    return encode_cached(cache, encode, tables, pieces, batch, ws, out)
