"""Pieces of a text to ids: most are known to the word cache, the others are encoded and kept.

Pieces are looked up in batches, so that their cache misses overlap.  The ids of those that are found are written at
once; the others leave gaps, and wait until there are many, since encoding many together is quicker.  Then they are
looked for where words lie that found no room at home; what is nowhere is encoded.  Last, the gaps are filled.
"""

from libc.stdint cimport uint16_t, uint64_t
from libc.string cimport memcpy

from shimmytok._simd cimport simd_level
from shimmytok._workspace cimport OK, OUT_OF_MEMORY, reserve, reserve_ids

cdef extern from "hash.h":
    bint shim_same_bytes(const uint8_t* a, const uint8_t* b, size_t n) noexcept nogil

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

cdef extern from "word_batch.h":
    const size_t SHIM_SHORT_TEXT
    const size_t SHIM_WIDE_IDS
    const size_t SHIM_COPIED
    ctypedef struct ShimBatch "shim_batch":
        uint64_t* lines
        uint64_t n_lines
        uint64_t seed
        const uint8_t* text
        size_t readable
        const uint32_t* ends
        const uint32_t* starts
        size_t begin
        size_t count
        uint64_t (*keys)[2]
        uint64_t** places
    ctypedef uint64_t Absent "shim_absent"
    uint32_t SHIM_ABSENT_GAP(Absent a) noexcept nogil
    uint32_t SHIM_ABSENT_PIECE(Absent a) noexcept nogil
    uint32_t SHIM_ABSENT_TOLD(Absent a) noexcept nogil
    void shim_probe(const ShimBatch* b, int level) noexcept nogil
    size_t shim_find(const ShimBatch* b, int level, uint32_t* base, size_t* n_ids, Absent* absent) noexcept nogil
    void shim_copy_ids(uint32_t* to, const uint32_t* start, size_t n) noexcept nogil
    bint shim_has_room(const uint64_t* line) noexcept nogil
    uint64_t* shim_look_elsewhere(const WordCacheTables* c, const uint8_t* p, size_t n, const uint64_t* key,
                                  uint32_t told) noexcept nogil
    uint32_t shim_find_elsewhere(const WordCacheTables* c, const uint8_t* p, size_t n, const uint64_t* key,
                                 uint32_t told, const uint64_t* place, uint32_t* out) noexcept nogil
    void shim_ask_to_keep(const WordCacheTables* c, const uint8_t* p, size_t n, uint32_t count) noexcept nogil
    void shim_keep(const WordCacheTables* c, const uint8_t* p, size_t n, const uint64_t* key, uint64_t* line,
                   uint32_t told, const uint32_t* ids, uint32_t count, uint32_t random) noexcept nogil
    void shim_move_home(const WordCacheTables* c, uint64_t* line, uint64_t* other, const uint64_t* key,
                        uint32_t random) noexcept nogil

cdef enum:
    BATCH = 256                    # pieces whose lines are asked for at a time
    ENOUGH = 128                   # pieces that wait before they are encoded
    MOST = ENOUGH + BATCH          # and that may wait
    BUCKETS = 512                  # by which pieces that wait twice are found
    NOBODY = 0xFFFF
    AHEAD = 4                      # pieces
    FEW = 64                       # pieces of a short text
    MANY = 4                       # unknown is much when it is more than one piece in so many
    MOVE = 8                       # of so many that wait one is brought home, if it is in its other line

ctypedef uint64_t[2] ShortKey

cdef struct Waiting:               # a piece that is not in its short line, or, with no bytes, an Insert
    ShortKey key
    uint64_t* line
    uint64_t* other                # the place to look at next; NULL: it is nowhere
    uint32_t gap                   # where its ids belong, among those of the others
    uint32_t told                  # what its short entry said; the number of an Insert

cdef struct Batch:                 # in the workspace, one for each thread
    ShortKey keys[BATCH + 1]       # of the pieces, from the first place on that is a multiple of 16 bytes
    uint64_t* places[BATCH]        # their lines
    Absent[BATCH + 1] absent
    Waiting[MOST] waiting
    Missed[MOST] missed            # the pieces that wait, in order
    Missed[MOST] unknown           # those of them that no entry has, each once
    uint16_t[MOST] number          # of each of these in `missed`
    uint16_t[MOST] again           # the numbers of those that are the same as an earlier one,
    uint16_t[MOST] first           # and of that one
    uint16_t[BUCKETS] last         # the last unknown piece of each bucket
    size_t n_waiting
    size_t n_unknown
    size_t n_again
    size_t base                    # the ids that were there before
    Insert* inserts                # NULL: there are none
    size_t n_inserts               # that have waited


cdef void wait(
    const WordCacheTables* c, const ShimBatch* job, const Absent* absent, size_t count, Batch* batch
) noexcept nogil:
    """Let pieces of this batch wait, and ask for the memory of the other places where they may be."""
    cdef Waiting* waiting = &batch.waiting[batch.n_waiting]
    cdef Missed* word = &batch.missed[batch.n_waiting]
    cdef size_t i, k, at
    # A word whose line has room is in no other one.  Asking whether it has pays where a cache miss is dear, since those
    # of a few pieces do not overlap, and where much is unknown, since most lines have room then.
    cdef bint ask = job.count <= FEW or count * MANY > job.count
    for i in range(count):
        k = SHIM_ABSENT_PIECE(absent[i])
        if job.starts != NULL:
            at = job.starts[k]
        else:
            at = job.ends[k - 1] if k else job.begin
        word.p = job.text + at
        word.n = <uint32_t>(job.ends[k] - at)
        waiting.key[0] = job.keys[k][0]
        waiting.key[1] = job.keys[k][1]
        waiting.line = job.places[k]
        waiting.gap = SHIM_ABSENT_GAP(absent[i])
        waiting.told = SHIM_ABSENT_TOLD(absent[i])
        waiting.other = NULL
        if batch.inserts != NULL and batch.inserts[batch.n_inserts].at == at:
            word.n = 0
            waiting.told = <uint32_t>batch.n_inserts
            batch.n_inserts += 1
        elif not (ask and word.n <= SHIM_SHORT_TEXT and waiting.told == 0 and shim_has_room(waiting.line)):
            waiting.other = shim_look_elsewhere(c, word.p, word.n, waiting.key, waiting.told)
        word += 1
        waiting += 1
    batch.n_waiting += count


cdef inline void ask_again(const WordCacheTables* c, const Batch* batch, size_t k) noexcept nogil:
    """Ask for the memory where unknown piece k will be entered.  Some was looked at before, and may have left the first
    caches since."""
    cdef const Missed* word = &batch.unknown[k]
    cdef const Waiting* waiting = &batch.waiting[batch.number[k]]
    SHIM_PREFETCH(waiting.line)
    SHIM_PREFETCH(waiting.other)
    shim_ask_to_keep(c, word.p, word.n, word.count)


cdef inline size_t bucket_of(const Batch* batch, size_t k) noexcept nogil:
    """By the places of a piece: a short one has a line, a long one another place."""
    cdef size_t place = <size_t>batch.waiting[k].line ^ <size_t>batch.waiting[k].other
    return (place >> 6 ^ place >> 15) % BUCKETS


cdef inline bint waits_twice(Batch* batch, size_t k) noexcept nogil:
    """Is the unknown piece k the same as an earlier one?  Then it goes to `again`."""
    cdef const Missed* word = &batch.missed[k]
    cdef const Missed* other
    cdef size_t bucket = bucket_of(batch, k)
    cdef uint16_t number = batch.last[bucket]
    if number != NOBODY:
        other = &batch.missed[number]
        if other.n == word.n and shim_same_bytes(other.p, word.p, word.n):
            batch.again[batch.n_again] = <uint16_t>k
            batch.first[batch.n_again] = number
            batch.n_again += 1
            return True
    batch.last[bucket] = <uint16_t>k
    return False


cdef int find_inserted(const Insert* insert, Missed* word, IdSink* found) noexcept nogil:
    word.first = found.n
    word.count = insert.n
    if reserve_ids(found, insert.n) != OK:
        return OUT_OF_MEMORY
    memcpy(found.ids + found.n, insert.ids if insert.ids != NULL else &insert.token, insert.n * sizeof(uint32_t))
    found.n += insert.n
    return OK


cdef int find_waiting(const WordCacheTables* c, Batch* batch, IdSink* found) noexcept nogil:
    """Look for the pieces that wait in the other entries that may have them; what is not there goes to `unknown`."""
    cdef Waiting* waiting
    cdef Missed* word
    cdef size_t k
    batch.n_unknown = batch.n_again = 0
    for k in range(batch.n_waiting):                       # not all of them: a short text has few that wait
        batch.last[bucket_of(batch, k)] = NOBODY
    for k in range(batch.n_waiting):
        if reserve_ids(found, SHIM_WIDE_IDS) != OK:
            return OUT_OF_MEMORY
        SHIM_PREFETCH(batch.waiting[min(k + AHEAD, batch.n_waiting - 1)].other)
        word = &batch.missed[k]
        waiting = &batch.waiting[k]
        if word.n == 0:
            if find_inserted(&batch.inserts[waiting.told], word, found) != OK:
                return OUT_OF_MEMORY
            continue
        word.first = found.n
        word.count = shim_find_elsewhere(
            c, word.p, word.n, waiting.key, waiting.told, waiting.other, found.ids + found.n
        )
        found.n += word.count
        if word.count == 0:
            if not waits_twice(batch, k):
                batch.unknown[batch.n_unknown] = word[0]
                batch.number[batch.n_unknown] = <uint16_t>k
                batch.n_unknown += 1
        elif k % MOVE == 0 and word.n <= SHIM_SHORT_TEXT and waiting.told == 0:
            shim_move_home(c, waiting.line, waiting.other, waiting.key, <uint32_t>k // MOVE)
    return OK


cdef int encode_again(
    EncodeMissed encode, const void* tables, Batch* batch, Workspace* ws, IdSink* found
) noexcept nogil:
    """Give the pieces that are the same as others their ids, too; those that depend on more than their bytes are
    encoded."""
    cdef size_t i, k, n = 0
    cdef int status
    for i in range(batch.n_again):
        k = batch.again[i]
        if batch.missed[batch.first[i]].n == NOT_KEPT:
            batch.unknown[n] = batch.missed[k]
            batch.number[n] = <uint16_t>k
            n += 1
        else:
            batch.missed[k] = batch.missed[batch.first[i]]
    if n == 0:
        return OK
    status = encode(tables, batch.unknown, n, ws, found)
    for i in range(n):
        batch.missed[batch.number[i]] = batch.unknown[i]
    return status


cdef int fill_gaps(const Batch* batch, IdSink* found, Workspace* ws, IdSink* out) noexcept nogil:
    """Put the ids of the pieces that waited where they belong."""
    cdef const Missed* word = batch.missed
    cdef size_t first = batch.base + batch.waiting[0].gap, size = out.n - first, more = 0, at = 0, k, gap
    cdef uint32_t* to
    cdef const uint32_t* moved
    for k in range(batch.n_waiting):
        more += word[k].count
    if (
        reserve(&ws.moved, (size + SHIM_COPIED) * sizeof(uint32_t)) != OK or
        reserve_ids(found, SHIM_COPIED) != OK or reserve_ids(out, more + SHIM_COPIED) != OK
    ):
        return OUT_OF_MEMORY
    to = out.ids + first
    moved = <const uint32_t*>ws.moved.data
    memcpy(ws.moved.data, to, size * sizeof(uint32_t))
    for k in range(batch.n_waiting):
        gap = batch.waiting[k].gap - batch.waiting[0].gap
        shim_copy_ids(to, moved + at, gap - at)
        to += gap - at
        at = gap
        if word[k].n == 0:
            batch.inserts[batch.waiting[k].told].position = to - out.ids
        shim_copy_ids(to, found.ids + word[k].first, word[k].count)
        to += word[k].count
    shim_copy_ids(to, moved + at, size - at)
    out.n += more
    return OK


cdef int encode_waiting(
    const WordCacheTables* c, EncodeMissed encode, const void* tables, Batch* batch, Workspace* ws, IdSink* out
) noexcept nogil:
    """Give the pieces that wait their ids."""
    cdef IdSink* found = &ws.found
    cdef const Missed* word
    cdef const Waiting* waiting
    cdef size_t k
    cdef int status
    found.n = 0
    if find_waiting(c, batch, found) != OK:
        return OUT_OF_MEMORY
    status = encode(tables, batch.unknown, batch.n_unknown, ws, found)
    if status != OK:
        return status
    for k in range(batch.n_unknown):
        ask_again(c, batch, min(k + AHEAD, batch.n_unknown - 1))
        word = &batch.unknown[k]
        waiting = &batch.waiting[batch.number[k]]
        batch.missed[batch.number[k]] = word[0]
        shim_keep(
            c, word.p, word.n, waiting.key, waiting.line, waiting.told, found.ids + word.first, word.count,
            <uint32_t>word.first
        )
    if batch.n_again:
        status = encode_again(encode, tables, batch, ws, found)
        if status != OK:
            return status
    return fill_gaps(batch, found, ws, out)


cdef int encode_cached(
    const WordCacheTables* c, EncodeMissed encode, const void* tables, const Pieces* pieces, Batch* batch,
    Workspace* ws, IdSink* out
) noexcept nogil:
    cdef ShimBatch job
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
    batch.n_waiting = 0
    batch.base = out.n
    batch.inserts = pieces.inserts
    batch.n_inserts = 0
    while left:
        job.count = min(left, <size_t>BATCH)
        shim_probe(&job, level)
        if reserve_ids(out, 4 * (job.count + 1)) != OK:
            return OUT_OF_MEMORY
        n_ids = out.n - batch.base
        n = shim_find(&job, level, out.ids + batch.base, &n_ids, batch.absent)
        wait(c, &job, batch.absent, n, batch)
        out.n = batch.base + n_ids
        left -= job.count
        if batch.n_waiting > ENOUGH or (left == 0 and batch.n_waiting):
            status = encode_waiting(c, encode, tables, batch, ws, out)
            if status != OK:
                return status
            batch.n_waiting = 0
            batch.base = out.n
        job.begin = job.ends[job.count - 1]
        job.ends += job.count
        if job.starts != NULL:
            job.starts += job.count
    return OK


cdef int encode_uncached(
    EncodeMissed encode, const void* tables, const Pieces* pieces, Batch* batch, Workspace* ws, IdSink* out
) noexcept nogil:
    """The same without a cache."""
    cdef Missed* missed = batch.missed
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
