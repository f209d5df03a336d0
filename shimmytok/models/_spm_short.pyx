"""SPM's merging of short pieces, several at a time.

A merge makes two new pairs; whether they are tokens is a cache miss away.  So a few pieces take turns, as those of BPE
do (_bpe_short.pyx): one step of a piece takes what it asked for in its last turn, merges once more and asks again.
That the pair it merges has the text of the token it was taken for is looked at in the next turn, when that text is
there, too.  Where it has another, one piece in thousands, nothing of the piece is kept, and it is merged as long ones
are.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from shimmytok._cuts cimport character_size
from shimmytok._simd cimport simd_level
from shimmytok._workspace cimport NONE, OK, push
from shimmytok.models._spm_tables cimport ASCII, EMPTY, READABLE, SHORT_TEXT, Row, find_slot, find_text, is_shared, \
    is_text_of, push_character, shim_short_hash, shim_short_key, slot_rank, slot_token, text_hash, to_plain

cdef extern from "least.h":
    uint32_t shim_least(int level, const uint32_t* numbers) noexcept nogil

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

cdef enum:
    LANES = 8                      # pieces that take turns
    FEW = 32                       # characters of a short piece
    ASIDE = FEW + 1                # a place for what is beyond the ends of a piece: nobody looks there
    PLACE_BITS = 5                 # a merge that waits is rank << PLACE_BITS | place: the least goes first
    PLACE_MASK = (1 << PLACE_BITS) - 1
    BLOCK = 16                     # orders that shim_least compares: those of most pieces
    NO_HIGH = 0                    # no row of a short text has it


cdef enum Turn:
    GOES_ON
    ENDS
    FAILS                          # a token was taken for another


cdef struct Lane:
    Missed* word
    const Row* due                 # of the token that was merged last, and what it should be
    uint64_t due_low
    uint64_t due_high
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


cdef Row nothing                   # zeros

cdef uint8_t[FEW + 2] counting     # 0, 1, 2, ...

for _k in range(FEW + 2):
    counting[_k] = <uint8_t>_k


cdef inline uint32_t settle(const SpmTables* t, Lane* lane, size_t place, uint64_t slot) noexcept nogil:
    """The pair at a place seems to be this token, or none; without a branch, since nobody can foretell which.  Returns
    its order."""
    cdef uint32_t none = 0 - <uint32_t>(slot == EMPTY)
    lane.merged[place] = slot_token(slot)
    lane.order[place] = slot_rank(slot) << PLACE_BITS | <uint32_t>place | none
    return lane.order[place]


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


cdef inline uint32_t look_again(const SpmTables* t, Lane* lane, size_t place) noexcept nogil:
    """Find the token at a place by its text; returns the order."""
    cdef size_t start = lane.start[place], end = lane.start[lane.next[lane.next[place]]]
    return settle(t, lane, place, find_text(t, lane.text + start, end - start))


cdef inline uint32_t answer(const SpmTables* t, Lane* lane, size_t place) noexcept nogil:
    """Returns the order of the merge at a place whose pair was asked for."""
    cdef uint64_t slot = find_slot(t, lane.hash[place])
    if is_shared(slot) and place != ASIDE:
        return look_again(t, lane, place)
    return settle(t, lane, place, slot)


cdef inline bint is_sure(const SpmTables* t, Lane* lane, size_t place) noexcept nogil:
    """Does the pair at a place have the text of the token that it is to become, as far as can be told now?  Else it is
    looked for anew."""
    cdef size_t start, end
    if lane.high[place] != NO_HIGH:
        lane.due = &t.rows[lane.merged[place]]
        SHIM_PREFETCH(lane.due)
        lane.due_low = lane.low[place]
        lane.due_high = lane.high[place]
        return True
    start, end = lane.start[place], lane.start[lane.next[lane.next[place]]]
    if is_text_of(t, lane.merged[place], lane.text + start, end - start):
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
    lane.due = &nothing
    lane.due_low = lane.due_high = 0
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


cdef inline Turn step(const SpmTables* t, Lane* lane, int level) noexcept nogil:
    """Merge once, if anything merges."""
    cdef size_t i = 0, k, right
    cdef uint32_t best = NONE
    if (lane.due.low != lane.due_low) | (lane.due.high != lane.due_high):
        return FAILS
    while i + 1 < lane.m:                                  # before the answers: they would be read back at once
        best = min(best, shim_least(level, lane.order + i))
        i += BLOCK
    for i in range(lane.n_asked):
        best = min(best, answer(t, lane, lane.asked[i]) | (0 - <uint32_t>(lane.asked[i] == ASIDE)))
    lane.n_asked = 0
    if best == NONE:
        return ENDS
    k = best & PLACE_MASK
    if not is_sure(t, lane, k):
        return GOES_ON
    right = lane.next[k]
    lane.symbol[k] = lane.merged[k]
    lane.order[right] = lane.order[k] = lane.order[lane.previous[k]] = NONE
    right = lane.next[right]
    lane.next[k] = <uint8_t>right
    lane.previous[right] = <uint8_t>k
    # At the ends of the piece what is asked for is put aside: quicker than a branch.
    ask(t, lane, k + (ASIDE - k) * (right == lane.m), lane.start[k], lane.start[lane.next[right]])
    ask(t, lane, lane.previous[k], lane.start[lane.previous[k]], lane.start[right])
    return GOES_ON


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
    cdef int status, level = simd_level
    cdef Turn turn
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
            turn = step(t, active[i], level)
            if turn == GOES_ON:
                i += 1
                continue
            if turn == ENDS:
                status = finish(t, active[i], found)
                if status != OK:
                    return status
            n_active -= 1
            active[i], active[n_active] = active[n_active], active[i]
