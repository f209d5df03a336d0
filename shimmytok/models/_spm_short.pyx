"""SPM's merging of short pieces, several at a time.

A merge makes two new pairs; whether they are tokens is a cache miss away.  So a few pieces take turns, as those of BPE
do (_bpe_short.pyx): one step of a piece takes what it asked for in its last turn, merges once more and asks again.
That a pair has the text of the token it was taken for is looked at when it is about to be merged.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from shimmytok._cuts cimport character_size
from shimmytok._workspace cimport NONE, OK, push
from shimmytok.models._spm_tables cimport ASCII, EMPTY, READABLE, SHORT_TEXT, Row, find_slot, find_token, \
    is_shared, is_text_of, make_slot, push_character, shim_short_hash, shim_short_key, slot_rank, slot_token, \
    text_hash, to_plain

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

cdef enum:
    LANES = 8                      # pieces that take turns
    FEW = 32                       # characters of a short piece
    ASIDE = FEW + 1                # a place for what is beyond the ends of a piece: nobody looks there
    PLACE_BITS = 5                 # a merge that waits is rank << PLACE_BITS | place: the least goes first
    PLACE_MASK = (1 << PLACE_BITS) - 1
    BLOCK = 8                      # orders that are compared at a time
    NO_HIGH = 0                    # no row of a short text has it


cdef struct Lane:
    Missed* word
    size_t m                       # characters it began with
    size_t n_asked
    uint8_t[FEW] asked             # places whose pairs were asked for
    uint64_t[FEW + 2] hash         # of the text of the symbol at a place and the next one
    uint64_t[FEW + 2] low          # the row which their token must have; NO_HIGH: the text is too long for one
    uint64_t[FEW + 2] high
    uint32_t[FEW + BLOCK] order    # of their merge; NONE: there is none
    uint32_t[FEW + 2] merged       # what they seem to become
    uint32_t[FEW + 2] symbol       # NONE: a character
    uint8_t[FEW + 2] start         # byte of the text
    uint8_t[FEW + 2] next
    uint8_t[FEW + 2] previous
    uint8_t[4 * FEW + READABLE] text


cdef uint8_t[FEW + 2] counting     # 0, 1, 2, ...

for _k in range(FEW + 2):
    counting[_k] = <uint8_t>_k


cdef inline void settle(const SpmTables* t, Lane* lane, size_t place, uint64_t slot) noexcept nogil:
    """The pair at a place seems to be this token, or none; without a branch, since nobody can foretell which."""
    cdef uint32_t none = 0 - <uint32_t>(slot == EMPTY)
    cdef uint32_t token = slot_token(slot)
    SHIM_PREFETCH(&t.rows[token & ~none])
    lane.merged[place] = token
    lane.order[place] = slot_rank(slot) << PLACE_BITS | <uint32_t>place | none


cdef inline uint32_t least(const uint32_t* order) noexcept nogil:
    """Of BLOCK orders; as a tree, since each comparison waits for its operands."""
    cdef uint32_t a = min(order[0], order[1]), b = min(order[2], order[3])
    cdef uint32_t c = min(order[4], order[5]), d = min(order[6], order[7])
    return min(min(a, b), min(c, d))


cdef inline void ask(const SpmTables* t, Lane* lane, size_t place, size_t start, size_t end) noexcept nogil:
    """For the token whose text is text[start:end], as the merge at a place."""
    cdef const uint8_t* p = lane.text + start
    if end - start <= SHORT_TEXT:
        shim_short_key(p, end - start, &lane.low[place], &lane.high[place])
        lane.hash[place] = shim_short_hash(lane.low[place], lane.high[place], t.seed)
    else:
        lane.high[place] = NO_HIGH
        lane.hash[place] = text_hash(t, p, end - start)
    SHIM_PREFETCH(&t.slots[lane.hash[place] & t.slot_mask])
    lane.asked[lane.n_asked] = <uint8_t>place
    lane.n_asked += 1


cdef inline void look_again(const SpmTables* t, Lane* lane, size_t place) noexcept nogil:
    """Find the token at a place by its text."""
    cdef size_t start = lane.start[place], end = lane.start[lane.next[lane.next[place]]]
    settle(t, lane, place, make_slot(t, find_token(t, lane.text + start, end - start)))


cdef inline void answer(const SpmTables* t, Lane* lane, size_t place) noexcept nogil:
    cdef uint64_t slot = find_slot(t, lane.hash[place])
    settle(t, lane, place, slot)
    if is_shared(slot) and place != ASIDE:
        look_again(t, lane, place)


cdef inline bint is_sure(const SpmTables* t, Lane* lane, size_t place) noexcept nogil:
    """Does the pair at a place have the text of the token that it is to become?  Else it is looked for anew."""
    cdef const Row* row = &t.rows[lane.merged[place]]
    cdef size_t start, end
    if (row.low == lane.low[place]) & (row.high == lane.high[place]):
        return True
    start, end = lane.start[place], lane.start[lane.next[lane.next[place]]]
    if end - start > SHORT_TEXT and is_text_of(t, lane.merged[place], lane.text + start, end - start):
        return True
    look_again(t, lane, place)
    return False


cdef size_t set_characters(Lane* lane, const uint8_t* p, size_t n) noexcept nogil:
    """Lay out the characters of a piece; their number, or 0 when they are more than FEW."""
    cdef size_t at = 0, m = 0, size
    cdef uint8_t high = 0
    if n <= FEW:
        for at in range(n):
            high |= p[at]
        if high < ASCII:
            memcpy(lane.text, p, n)
            memcpy(lane.start, counting, FEW + 1)
            return n
    at = 0
    lane.start[0] = 0
    while at < n:
        if m == FEW:
            return 0
        size = min(character_size(p[at]), n - at)
        lane.start[m + 1] = lane.start[m] + <uint8_t>to_plain(p + at, size, lane.text + lane.start[m])
        at += size
        m += 1
    return m


cdef bint begin(const SpmTables* t, Missed* word, Lane* lane) noexcept nogil:
    """Set up the symbols of a piece; False when they are more than FEW."""
    cdef size_t i, m = set_characters(lane, word.p, word.n)
    cdef const uint8_t* text = lane.text
    cdef uint8_t left, right
    if m == 0:
        return False
    memset(lane.symbol, 0xFF, sizeof(lane.symbol))
    memset(lane.order, 0xFF, sizeof(lane.order))
    memcpy(lane.next, counting + 1, FEW + 1)
    memcpy(lane.previous + 1, counting, FEW)
    lane.previous[0] = ASIDE
    lane.next[m] = <uint8_t>m
    lane.start[ASIDE] = 0
    lane.word = word
    lane.m = m
    lane.n_asked = 0
    for i in range(m - 1):
        left = text[lane.start[i]]
        right = text[lane.start[i + 1]]
        if (left | right) < ASCII:
            lane.low[i] = left | <uint64_t>right << 8
            lane.high[i] = <uint64_t>2 << 56
            settle(t, lane, i, t.ascii_pairs[<size_t>left * ASCII + right])
        else:
            ask(t, lane, i, lane.start[i], lane.start[i + 2])
    return True


cdef inline bint step(const SpmTables* t, Lane* lane) noexcept nogil:
    """Merge once; False when nothing merges any more."""
    cdef size_t i, k, right
    cdef uint32_t best = NONE
    for i in range(lane.n_asked):
        answer(t, lane, lane.asked[i])
    lane.n_asked = 0
    i = 0
    while i + 1 < lane.m:
        best = min(best, least(lane.order + i))
        i += BLOCK
    if best == NONE:
        return False
    k = best & PLACE_MASK
    if not is_sure(t, lane, k):
        return True
    right = lane.next[k]
    lane.symbol[k] = lane.merged[k]
    lane.order[right] = NONE
    right = lane.next[right]
    lane.next[k] = <uint8_t>right
    lane.previous[right] = <uint8_t>k
    lane.order[k] = NONE
    # At the ends of the piece what is asked for is put aside: quicker than a branch.
    ask(t, lane, k + (ASIDE - k) * (right == lane.m), lane.start[k], lane.start[lane.next[right]])
    ask(t, lane, lane.previous[k], lane.start[lane.previous[k]], lane.start[right])
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
            if words[following].count == 0 and begin(t, &words[following], active[n_active]):
                n_active += 1
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
