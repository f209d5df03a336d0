"""SPM's merging of short pieces, several at a time.

A merge makes two new pairs; whether they are tokens is a cache miss away.  So a few pieces take turns, as those of BPE
do (_bpe_short.pyx): one step of a piece takes what it asked for in its last turn, merges once more and asks again.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from shimmytok._cuts cimport SPACE, character_size
from shimmytok._vocab cimport find
from shimmytok._workspace cimport NONE, OK
from shimmytok.models._pair_memo cimport shim_memo_place, shim_mix_pair
from shimmytok.models._spm_tables cimport joint, push_symbol

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

cdef extern from *:
    """
    #define SHIM_NO_ORDER UINT64_MAX
    """
    const uint64_t NO_ORDER "SHIM_NO_ORDER"

cdef enum:
    LANES = 8                      # pieces that take turns
    FEW = 24                       # characters of a short piece


cdef struct Lane:
    Missed* word
    size_t m                       # characters it began with
    size_t n_asked
    size_t[2] asked                # places whose pair is to be looked up
    uint64_t[FEW + 1] order        # of the merge with the next symbol: rank in the upper half, place in the lower one
    uint32_t[FEW + 1] merged       # what they become
    uint32_t[FEW + 1] symbol
    uint8_t[FEW + 1] start         # byte of the text
    uint8_t[FEW + 1] next
    uint8_t[FEW + 1] previous
    uint8_t[4 * FEW] text          # with its spaces escaped


cdef inline void settle(const SpmTables* t, Lane* lane, size_t place, uint32_t token) noexcept nogil:
    """The pair at a place is this token, or NONE."""
    lane.merged[place] = token
    lane.order[place] = NO_ORDER if token == NONE else <uint64_t>t.ranks[token] << 32 | place


cdef inline size_t add_character(const SpmTables* t, Lane* lane, size_t m, const uint8_t* p, size_t n) noexcept nogil:
    """Begin symbol number m with the next character of a piece; its bytes there."""
    cdef uint8_t* to = lane.text + lane.start[m]
    cdef size_t size
    if p[0] < 0x80:
        lane.symbol[m] = t.ascii[p[0]]
        if p[0] == SPACE:
            memcpy(to, b"\xe2\x96\x81", 3)
            lane.start[m + 1] = lane.start[m] + 3
        else:
            to[0] = p[0]
            lane.start[m + 1] = lane.start[m] + 1
        return 1
    size = min(character_size(p[0]), n)
    memcpy(to, p, size)
    lane.symbol[m] = find(&t.texts, p, size)
    lane.start[m + 1] = lane.start[m] + <uint8_t>size
    return size


cdef bint begin(const SpmTables* t, Missed* word, Lane* lane) noexcept nogil:
    """Set up the symbols of a piece; False when they are more than FEW."""
    cdef const uint8_t* p = word.p
    cdef size_t i, size, m = 0, at = 0
    cdef uint8_t before = 0x80
    lane.start[0] = 0
    while at < word.n:
        if m == FEW:
            return False
        size = add_character(t, lane, m, p + at, word.n - at)
        if m:
            if before < 0x80 and p[at] < 0x80:
                settle(t, lane, m - 1, t.ascii_pairs[<size_t>before << 7 | p[at]])
            else:
                settle(t, lane, m - 1, joint(t, lane.symbol[m - 1], lane.symbol[m], lane.text + lane.start[m - 1],
                                             lane.start[m + 1] - lane.start[m - 1]))
        before = p[at]
        at += size
        m += 1
    for i in range(m):
        lane.next[i] = <uint8_t>(i + 1)
        lane.previous[i + 1] = <uint8_t>i
    lane.word = word
    lane.m = m
    lane.n_asked = 0
    return True


cdef inline void ask(const SpmTables* t, Lane* lane, size_t left, size_t right) noexcept nogil:
    if t.memo.places != NULL:
        SHIM_PREFETCH(shim_memo_place(&t.memo, shim_mix_pair(lane.symbol[left], lane.symbol[right])))
    lane.asked[lane.n_asked] = left
    lane.n_asked += 1


cdef inline bint step(const SpmTables* t, Lane* lane) noexcept nogil:
    """Merge once; False when nothing merges any more."""
    cdef size_t i, k, right
    cdef uint64_t best = NO_ORDER
    for i in range(lane.n_asked):
        k = lane.asked[i]
        right = lane.next[k]
        settle(t, lane, k, joint(t, lane.symbol[k], lane.symbol[right], lane.text + lane.start[k],
                                 lane.start[lane.next[right]] - lane.start[k]))
    for i in range(lane.m - 1):
        best = min(best, lane.order[i])
    if best == NO_ORDER:
        return False
    lane.n_asked = 0
    k = <uint32_t>best
    right = lane.next[k]
    lane.symbol[k] = lane.merged[k]
    lane.order[k] = NO_ORDER
    lane.order[right] = NO_ORDER
    right = lane.next[right]
    lane.next[k] = <uint8_t>right
    if right < lane.m:
        lane.previous[right] = <uint8_t>k
        ask(t, lane, k, right)
    if k > 0:
        ask(t, lane, lane.previous[k], k)
    return True


cdef int finish(const SpmTables* t, const Lane* lane, IdSink* found) noexcept nogil:
    """Push the ids of a piece."""
    cdef size_t i = 0, right
    cdef int status
    lane.word.first = found.n
    while i < lane.m:
        right = lane.next[i]
        status = push_symbol(t, lane.symbol[i], lane.text + lane.start[i], lane.start[right] - lane.start[i], found)
        if status != OK:
            return status
        i = right
    lane.word.count = <uint32_t>(found.n - lane.word.first)
    return OK


cdef int merge_short(const SpmTables* t, Missed* words, size_t count, IdSink* found) noexcept nogil:
    cdef Lane[LANES] lanes
    cdef Lane* active[LANES]
    cdef size_t n_active = 0, following = 0, i
    cdef int status
    for i in range(LANES):
        active[i] = &lanes[i]
    while True:
        while n_active < LANES and following < count:
            if begin(t, &words[following], active[n_active]):
                n_active += 1
            else:
                words[following].count = 0
            following += 1
        if n_active == 0:
            return OK
        i = 0
        while i < n_active:
            if step(t, active[i]):
                i += 1
                continue
            status = finish(t, active[i], found)
            if status != OK:
                return status
            n_active -= 1
            active[i], active[n_active] = active[n_active], active[i]
