"""Pieces that are not in their short line: they wait until there are many, since encoding many together is quicker.

Then they are looked for where words lie that found no room at home; what is nowhere is encoded, and kept.  Last, their
ids are put where they belong: each has left a gap among those of the others.
"""

from shimmytok._cached_pieces cimport NOT_KEPT
from shimmytok._workspace cimport reserve

cdef extern from "hash.h":
    bint shim_same_bytes(const uint8_t* a, const uint8_t* b, size_t n) noexcept nogil

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

cdef extern from "word_batch.h":
    const size_t SHIM_SHORT_TEXT
    const size_t SHIM_WIDE_IDS
    const size_t SHIM_COPIED
    uint32_t SHIM_ABSENT_GAP(Absent a) noexcept nogil
    uint32_t SHIM_ABSENT_PIECE(Absent a) noexcept nogil
    uint32_t SHIM_ABSENT_TOLD(Absent a) noexcept nogil
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
    NOBODY = 0xFFFF
    AHEAD = 4                      # pieces
    FEW = 64                       # pieces of a short text
    MANY = 4                       # unknown is much when it is more than one piece in so many
    MOVE = 8                       # of so many that wait one is brought home, if it is in its other line


cdef inline bint reach_insert(WaitingPieces* w, size_t at) noexcept nogil:
    """Pass over the Inserts before `at`; does the next one, number `w.n_inserts`, stand there?"""
    if w.inserts == NULL:
        return False
    while w.inserts[w.n_inserts].at < at:
        w.n_inserts += 1
    return w.inserts[w.n_inserts].at == at


cdef void wait(
    const WordCacheTables* c, const ShimBatch* job, const Absent* absent, size_t count, WaitingPieces* w
) noexcept nogil:
    cdef Waiting* waiting = &w.waiting[w.n_waiting]
    cdef Missed* word = &w.missed[w.n_waiting]
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
        if reach_insert(w, at):
            word.n = 0
            waiting.told = <uint32_t>w.n_inserts
        elif not (ask and word.n <= SHIM_SHORT_TEXT and waiting.told == 0 and shim_has_room(waiting.line)):
            waiting.other = shim_look_elsewhere(c, word.p, word.n, waiting.key, waiting.told)
        word += 1
        waiting += 1
    w.n_waiting += count


cdef inline void ask_again(const WordCacheTables* c, const WaitingPieces* w, size_t k) noexcept nogil:
    """Ask for the memory where unknown piece k will be entered.  Some was looked at before, and may have left the first
    caches since."""
    cdef const Missed* word = &w.unknown[k]
    cdef const Waiting* waiting = &w.waiting[w.number[k]]
    SHIM_PREFETCH(waiting.line)
    SHIM_PREFETCH(waiting.other)
    shim_ask_to_keep(c, word.p, word.n, word.count)


cdef inline size_t bucket_of(const WaitingPieces* w, size_t k) noexcept nogil:
    """By the places of a piece: a short one has a line, a long one another place."""
    cdef size_t place = <size_t>w.waiting[k].line ^ <size_t>w.waiting[k].other
    return (place >> 6 ^ place >> 15) % BUCKETS


cdef inline bint waits_twice(WaitingPieces* w, size_t k) noexcept nogil:
    """Is the unknown piece k the same as an earlier one?  Then it goes to `again`."""
    cdef const Missed* word = &w.missed[k]
    cdef const Missed* other
    cdef size_t bucket = bucket_of(w, k)
    cdef uint16_t number = w.last[bucket]
    if number != NOBODY:
        other = &w.missed[number]
        if other.n == word.n and shim_same_bytes(other.p, word.p, word.n):
            w.again[w.n_again] = <uint16_t>k
            w.first[w.n_again] = number
            w.n_again += 1
            return True
    w.last[bucket] = <uint16_t>k
    return False


cdef int find_waiting(const WordCacheTables* c, WaitingPieces* w, IdSink* found) noexcept nogil:
    """Look for the pieces that wait in the other entries that may have them; what is not there goes to `unknown`."""
    cdef Waiting* waiting
    cdef Missed* word
    cdef size_t k
    w.n_unknown = w.n_again = 0
    for k in range(w.n_waiting):                           # not all of them: a short text has few that wait
        w.last[bucket_of(w, k)] = NOBODY
    for k in range(w.n_waiting):
        if reserve_ids(found, SHIM_WIDE_IDS) != OK:
            return OUT_OF_MEMORY
        SHIM_PREFETCH(w.waiting[min(k + AHEAD, w.n_waiting - 1)].other)
        word = &w.missed[k]
        waiting = &w.waiting[k]
        if word.n == 0:
            if find_inserted(&w.inserts[waiting.told], word, found) != OK:
                return OUT_OF_MEMORY
            continue
        word.first = found.n
        word.count = shim_find_elsewhere(
            c, word.p, word.n, waiting.key, waiting.told, waiting.other, found.ids + found.n
        )
        found.n += word.count
        if word.count == 0:
            if not waits_twice(w, k):
                w.unknown[w.n_unknown] = word[0]
                w.number[w.n_unknown] = <uint16_t>k
                w.n_unknown += 1
        elif k % MOVE == 0 and word.n <= SHIM_SHORT_TEXT and waiting.told == 0:
            shim_move_home(c, waiting.line, waiting.other, waiting.key, <uint32_t>k // MOVE)
    return OK


cdef int encode_again(
    EncodeMissed encode, const void* tables, WaitingPieces* w, Workspace* ws, IdSink* found
) noexcept nogil:
    """Give the pieces that are the same as others their ids, too; those that depend on more than their bytes are
    encoded."""
    cdef size_t i, k, n = 0
    cdef int status
    for i in range(w.n_again):
        k = w.again[i]
        if w.missed[w.first[i]].n == NOT_KEPT:
            w.unknown[n] = w.missed[k]
            w.number[n] = <uint16_t>k
            n += 1
        else:
            w.missed[k] = w.missed[w.first[i]]
    if n == 0:
        return OK
    status = encode(tables, w.unknown, n, ws, found)
    for i in range(n):
        w.missed[w.number[i]] = w.unknown[i]
    return status


cdef int fill_gaps(const WaitingPieces* w, IdSink* found, Workspace* ws, IdSink* out) noexcept nogil:
    """Put the ids of the pieces that waited where they belong."""
    cdef const Missed* word = w.missed
    cdef size_t first = w.base + w.waiting[0].gap, size = out.n - first, more = 0, at = 0, k, gap
    cdef uint32_t* to
    cdef const uint32_t* moved
    for k in range(w.n_waiting):
        more += word[k].count
    if (
        reserve(&ws.moved, (size + SHIM_COPIED) * sizeof(uint32_t)) != OK or
        reserve_ids(found, SHIM_COPIED) != OK or reserve_ids(out, more + SHIM_COPIED) != OK
    ):
        return OUT_OF_MEMORY
    to = out.ids + first
    moved = <const uint32_t*>ws.moved.data
    memcpy(ws.moved.data, to, size * sizeof(uint32_t))
    for k in range(w.n_waiting):
        gap = w.waiting[k].gap - w.waiting[0].gap
        shim_copy_ids(to, moved + at, gap - at)
        to += gap - at
        at = gap
        if word[k].n == 0:
            w.inserts[w.waiting[k].told].position = to - out.ids
        shim_copy_ids(to, found.ids + word[k].first, word[k].count)
        to += word[k].count
    shim_copy_ids(to, moved + at, size - at)
    out.n += more
    return OK


cdef int encode_waiting(
    const WordCacheTables* c, EncodeMissed encode, const void* tables, WaitingPieces* w, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef IdSink* found = &ws.found
    cdef const Missed* word
    cdef const Waiting* waiting
    cdef size_t k
    cdef int status
    found.n = 0
    if find_waiting(c, w, found) != OK:
        return OUT_OF_MEMORY
    status = encode(tables, w.unknown, w.n_unknown, ws, found)
    if status != OK:
        return status
    for k in range(w.n_unknown):
        ask_again(c, w, min(k + AHEAD, w.n_unknown - 1))
        word = &w.unknown[k]
        waiting = &w.waiting[w.number[k]]
        w.missed[w.number[k]] = word[0]
        shim_keep(
            c, word.p, word.n, waiting.key, waiting.line, waiting.told, found.ids + word.first, word.count,
            <uint32_t>word.first
        )
    if w.n_again:
        status = encode_again(encode, tables, w, ws, found)
        if status != OK:
            return status
    return fill_gaps(w, found, ws, out)
