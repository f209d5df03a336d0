"""Merging short pieces, several at a time.

A merge changes two pairs, whose ranks are each a cache miss away.  So a few pieces take turns: one step of a piece
takes the ranks that it asked for in its last turn, merges once more and asks for the next ones.  Where the processor
has AVX-512, include/bpe_lanes.h does the same in another way for most pieces.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._simd cimport AVX2, simd_level
from shimmytok._workspace cimport NONE, OK, OUT_OF_MEMORY, reserve_ids
from shimmytok.models._bpe_symbols cimport first_symbol, pair_bucket, pair_key, push_symbol, rank_in, rank_of

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

cdef extern from "bpe_lanes.h":
    size_t shim_merge_quickly(
        const Merges* t, int level, Missed* words, size_t count, uint32_t* found, size_t first
    ) noexcept nogil

cdef enum:
    PLACES = 32                    # bytes of a piece that is merged quickly, and the ids it may have
    LANES = 8                      # pieces that take turns
    FEW = 32                       # symbols of a short piece
    PLACE_BITS = 6                 # a merge that waits is rank << PLACE_BITS | place: the least goes first
    PLACE_MASK = (1 << PLACE_BITS) - 1
    BLOCK = 8                      # orders that are compared at a time


cdef struct Ask:                   # for the rank of the symbol at `place` with the next one
    uint64_t key
    const uint64_t* bucket
    size_t place


cdef struct Lane:
    Missed* word
    size_t m                       # symbols it began with
    size_t n_asks
    Ask[2] asks
    uint32_t[FEW + 1] symbol
    uint32_t[FEW + 1] start        # byte of the piece
    uint32_t[FEW + BLOCK] order    # of the merge with the next symbol; NONE: there is none
    uint8_t[FEW + 1] next
    uint8_t[FEW + 1] previous


cdef inline uint32_t order_of(const BpeTables* t, uint32_t rank, size_t place) noexcept nogil:
    """Without a branch, since nobody can foretell which pairs merge."""
    cdef uint32_t none = 0 - <uint32_t>(rank == NONE)
    SHIM_PREFETCH(&t.merges.merged[rank & ~none])
    return rank << PLACE_BITS | <uint32_t>place | none


cdef inline uint32_t least(const uint32_t* order) noexcept nogil:
    """Of BLOCK orders; as a tree, since each comparison waits for its operands."""
    cdef uint32_t a = min(order[0], order[1]), b = min(order[2], order[3])
    cdef uint32_t c = min(order[4], order[5]), d = min(order[6], order[7])
    return min(min(a, b), min(c, d))


cdef bint begin(const BpeTables* t, Missed* word, Lane* lane) noexcept nogil:
    """Set up the symbols of a piece; False when they are more than FEW."""
    cdef const uint8_t* p = word.p
    cdef size_t i, n = word.n, m = 0, at = 0, size
    if t.byte_level:
        if n > FEW:
            return False
        for i in range(n):
            lane.symbol[i] = t.merges.byte_symbol[p[i]]
            lane.start[i] = <uint32_t>i
        for i in range(n - 1):
            lane.order[i] = order_of(t, t.merges.byte_pairs[<size_t>p[i] << 8 | p[i + 1]], i)
        m = n
    else:
        while at < n:
            if m == FEW:
                return False
            lane.symbol[m] = first_symbol(t, p + at, n - at, &size)
            lane.start[m] = <uint32_t>at
            at += size
            m += 1
        for i in range(m - 1):
            lane.order[i] = order_of(t, rank_of(t, lane.symbol[i], lane.symbol[i + 1]), i)
    for i in range(m - 1, (m + BLOCK - 1) & ~<size_t>(BLOCK - 1)):
        lane.order[i] = NONE
    lane.start[m] = <uint32_t>n
    for i in range(m):
        lane.next[i] = <uint8_t>(i + 1)
        lane.previous[i + 1] = <uint8_t>i
    lane.word = word
    lane.m = m
    lane.n_asks = 0
    return True


cdef inline void ask(const BpeTables* t, Lane* lane, size_t left, size_t right) noexcept nogil:
    cdef Ask* wanted = &lane.asks[lane.n_asks]
    wanted.key = pair_key(&t.merges, lane.symbol[left], lane.symbol[right])
    wanted.bucket = pair_bucket(&t.merges, wanted.key)
    wanted.place = left
    SHIM_PREFETCH(wanted.bucket)
    lane.n_asks += 1


cdef inline bint step(const BpeTables* t, Lane* lane) noexcept nogil:
    """Merge once; False when nothing merges any more."""
    cdef size_t i, k, right
    cdef uint32_t best = NONE
    for i in range(lane.n_asks):
        k = lane.asks[i].place
        lane.order[k] = order_of(t, rank_in(&t.merges, lane.asks[i].key, lane.asks[i].bucket), k)
    i = 0
    while i + 1 < lane.m:
        best = min(best, least(lane.order + i))
        i += BLOCK
    if best == NONE:
        return False
    lane.n_asks = 0
    k = best & PLACE_MASK
    right = lane.next[k]
    lane.symbol[k] = t.merges.merged[best >> PLACE_BITS]
    lane.order[right] = NONE
    right = lane.next[right]
    lane.next[k] = <uint8_t>right
    lane.order[k] = NONE
    if right < lane.m:
        lane.previous[right] = <uint8_t>k
        ask(t, lane, k, right)
    if k > 0:
        ask(t, lane, lane.previous[k], k)
    return True


cdef int finish(const BpeTables* t, const Lane* lane, IdSink* found) noexcept nogil:
    """Push the ids of a piece."""
    cdef size_t i = 0, right
    lane.word.first = found.n
    while i < lane.m:
        right = lane.next[i]
        if push_symbol(t, lane.symbol[i], lane.word.p + lane.start[i], lane.start[right] - lane.start[i], found) != OK:
            return OUT_OF_MEMORY
        i = right
    lane.word.count = <uint32_t>(found.n - lane.word.first)
    return OK


cdef int merge_short(const BpeTables* t, Missed* words, size_t count, IdSink* found) noexcept nogil:
    cdef Lane[LANES] lanes
    cdef Lane* active[LANES]
    cdef size_t n_active = 0, following = 0, room = PLACES, i
    cdef bint waits
    if t.byte_level and simd_level > AVX2:
        for i in range(count):
            room += min(words[i].n, <uint32_t>PLACES)
        if reserve_ids(found, room) != OK:
            return OUT_OF_MEMORY
        found.n += shim_merge_quickly(&t.merges, simd_level, words, count, found.ids, found.n)
    for i in range(LANES):
        active[i] = &lanes[i]
    while True:
        while n_active < LANES and following < count:
            waits = words[following].count == 0 and words[following].n != NOT_KEPT
            if waits and begin(t, &words[following], active[n_active]):
                n_active += 1
            following += 1
        if n_active == 0:
            return OK
        i = 0
        while i < n_active:
            if step(t, active[i]):
                i += 1
                continue
            if finish(t, active[i], found) != OK:
                return OUT_OF_MEMORY
            n_active -= 1
            active[i], active[n_active] = active[n_active], active[i]
