"""SPM's merging of short pieces, several at a time.

A merge makes two new pairs; whether they are tokens is a cache miss away.  So a few pieces take turns, as those of BPE
do (_bpe_short.pyx): one step of a piece takes what it asked for in its last turn, merges once more and asks again.  That
a pair has the text of the token it was taken for is looked at when it is about to be merged.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._cuts cimport SPACE, character_size
from shimmytok._workspace cimport NONE, OK, push
from shimmytok.models._spm_tables cimport EMPTY, READABLE, find_slot, find_token, is_text_of, push_character, \
    slot_rank, slot_token, tag_is_shared, text_hash, to_plain

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

cdef enum:
    LANES = 8                      # pieces that take turns
    FEW = 32                       # characters of a short piece
    PLACE_BITS = 5                 # a merge that waits is rank << PLACE_BITS | place: the least goes first
    PLACE_MASK = (1 << PLACE_BITS) - 1
    BLOCK = 8                      # orders that are compared at a time


cdef struct Ask:                   # for the token of the symbol at `place` and the next one
    uint64_t hash
    size_t place


cdef struct Lane:
    Missed* word
    size_t m                       # characters it began with
    size_t n_asks
    Ask[FEW] asks
    uint32_t[FEW + BLOCK] order    # of the merge with the next symbol; NONE: there is none
    uint32_t[FEW + 1] merged       # what they become
    uint32_t[FEW + 1] symbol       # NONE: a character
    uint8_t[FEW + 1] start         # byte of the text
    uint8_t[FEW + 1] next
    uint8_t[FEW + 1] previous
    uint8_t[4 * FEW + READABLE] text


cdef inline void settle(const SpmTables* t, Lane* lane, size_t place, uint32_t token, uint32_t rank) noexcept nogil:
    """The pair at a place seems to be this token, or NONE; without a branch, since nobody can foretell which."""
    cdef uint32_t none = 0 - <uint32_t>(token == NONE)
    SHIM_PREFETCH(&t.rows[token & ~none])
    lane.merged[place] = token
    lane.order[place] = rank << PLACE_BITS | <uint32_t>place | none


cdef inline uint32_t least(const uint32_t* order) noexcept nogil:
    """Of BLOCK orders; as a tree, since each comparison waits for its operands."""
    cdef uint32_t a = min(order[0], order[1]), b = min(order[2], order[3])
    cdef uint32_t c = min(order[4], order[5]), d = min(order[6], order[7])
    return min(min(a, b), min(c, d))


cdef inline void ask(const SpmTables* t, Lane* lane, size_t place, size_t end) noexcept nogil:
    """For the token whose text begins at a place and ends with byte `end`."""
    cdef Ask* wanted = &lane.asks[lane.n_asks]
    wanted.hash = text_hash(t, lane.text + lane.start[place], end - lane.start[place])
    wanted.place = place
    SHIM_PREFETCH(&t.slots[wanted.hash & t.slot_mask])
    lane.n_asks += 1


cdef inline void look_again(const SpmTables* t, Lane* lane, size_t place) noexcept nogil:
    """Find the token at a place by its text."""
    cdef size_t start = lane.start[place], end = lane.start[lane.next[lane.next[place]]]
    cdef uint32_t token = find_token(t, lane.text + start, end - start)
    settle(t, lane, place, token, 0 if token == NONE else t.ranks[token])


cdef inline void answer(const SpmTables* t, Lane* lane, const Ask* wanted) noexcept nogil:
    cdef uint64_t slot = find_slot(t, wanted.hash)
    # An empty slot has token NONE.
    settle(t, lane, wanted.place, slot_token(t, slot), slot_rank(t, slot))
    if tag_is_shared(t, slot):
        look_again(t, lane, wanted.place)


cdef inline size_t add_character(Lane* lane, size_t m, const uint8_t* p, size_t n) noexcept nogil:
    """Begin symbol number m with the next character of a piece; its bytes there."""
    cdef uint8_t* to = lane.text + lane.start[m]
    cdef size_t size = 1
    if p[0] < 0x80:
        to[0] = p[0]
        lane.start[m + 1] = lane.start[m] + 1
        return 1
    size = min(character_size(p[0]), n)
    lane.start[m + 1] = lane.start[m] + <uint8_t>to_plain(p, size, to)
    return size


cdef bint begin(const SpmTables* t, Missed* word, Lane* lane) noexcept nogil:
    """Set up the symbols of a piece; False when they are more than FEW."""
    cdef const uint8_t* p = word.p
    cdef size_t i, m = 0, at = 0
    cdef const uint8_t* text = lane.text
    lane.start[0] = 0
    lane.n_asks = 0
    while at < word.n:
        if m == FEW:
            return False
        at += add_character(lane, m, p + at, word.n - at)
        m += 1
    for i in range(m):
        lane.symbol[i] = NONE
        lane.next[i] = <uint8_t>(i + 1)
        lane.previous[i + 1] = <uint8_t>i
    for i in range(m - 1, (m + BLOCK - 1) & ~<size_t>(BLOCK - 1)):
        lane.order[i] = NONE
    for i in range(m - 1):
        if text[lane.start[i]] < 0x80 and text[lane.start[i + 1]] < 0x80:
            settle_ascii(t, lane, i, <size_t>text[lane.start[i]] << 7 | text[lane.start[i + 1]])
        else:
            ask(t, lane, i, lane.start[i + 2])
    lane.word = word
    lane.m = m
    return True


cdef inline void settle_ascii(const SpmTables* t, Lane* lane, size_t place, size_t pair) noexcept nogil:
    cdef uint32_t token = t.ascii_pairs[pair]
    settle(t, lane, place, token, 0 if token == NONE else t.ranks[token])


cdef inline bint step(const SpmTables* t, Lane* lane) noexcept nogil:
    """Merge once; False when nothing merges any more."""
    cdef size_t i, k, right
    cdef uint32_t best = NONE
    for i in range(lane.n_asks):
        answer(t, lane, &lane.asks[i])
    lane.n_asks = 0
    i = 0
    while i + 1 < lane.m:
        best = min(best, least(lane.order + i))
        i += BLOCK
    if best == NONE:
        return False
    k = best & PLACE_MASK
    right = lane.next[k]
    if not is_text_of(t, lane.merged[k], lane.text + lane.start[k], lane.start[lane.next[right]] - lane.start[k]):
        look_again(t, lane, k)
        return True
    lane.symbol[k] = lane.merged[k]
    lane.order[right] = NONE
    right = lane.next[right]
    lane.next[k] = <uint8_t>right
    lane.order[k] = NONE
    if right < lane.m:
        lane.previous[right] = <uint8_t>k
        ask(t, lane, k, lane.start[lane.next[right]])
    if k > 0:
        ask(t, lane, lane.previous[k], lane.start[right])
    return True


cdef int finish(const SpmTables* t, const Lane* lane, IdSink* found) noexcept nogil:
    """Push the ids of a piece."""
    cdef size_t i = 0, right
    cdef int status
    lane.word.first = found.n
    while i < lane.m:
        right = lane.next[i]
        if lane.symbol[i] != NONE:
            status = push(found, lane.symbol[i])
        else:
            status = push_character(t, lane.text + lane.start[i], lane.start[right] - lane.start[i], found)
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
