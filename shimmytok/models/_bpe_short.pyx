"""Merging short pieces, several at a time.

A merge changes two pairs, whose ranks are each a cache miss away.  So a few pieces take turns (include/bpe_turns.h).
"""

from libc.stdint cimport uint8_t, uint32_t

from shimmytok._simd cimport simd_level
from shimmytok._workspace cimport OK, OUT_OF_MEMORY
from shimmytok.models._bpe_symbols cimport first_rank, first_symbol, push_symbol

cdef extern from "bpe_turns.h":
    const uint32_t FEW "SHIM_TURN_SYMBOLS"
    ctypedef struct Turn "shim_turn":
        Missed* word
        uint32_t m
        uint32_t* symbol           # from place 1 on
        uint32_t* order
        uint8_t* next
        uint8_t* start
    uint32_t shim_order(uint32_t rank, uint32_t place) noexcept nogil
    void shim_turn_begin(const Merges* t, Turn* turn, Missed* word, uint32_t m) noexcept nogil
    void shim_turn_begin_bytes(const Merges* t, Turn* turn, Missed* word) noexcept nogil
    size_t shim_take_turns(const Merges* t, int level, Turn** turns, size_t n) noexcept nogil

cdef enum:
    LANES = 32                     # pieces that take turns


cdef bint begin(const BpeTables* t, Missed* word, Turn* turn) noexcept nogil:
    """Set up the symbols of a piece; False when they are more than FEW."""
    cdef const uint8_t* p = word.p
    cdef uint32_t i, n = word.n, m = 0, at = 0
    cdef size_t size
    if t.byte_level:
        if n > FEW:
            return False
        shim_turn_begin_bytes(&t.merges, turn, word)
        return True
    while at < n:
        if m == FEW:
            return False
        m += 1
        turn.symbol[m] = first_symbol(t, p + at, n - at, &size)
        turn.start[m] = <uint8_t>at
        at += <uint32_t>size
    shim_turn_begin(&t.merges, turn, word, m)
    for i in range(1, m):
        at = turn.start[i]
        turn.order[i] = shim_order(
            first_rank(t, p + at, turn.start[i + 2] - at, turn.symbol[i], turn.symbol[i + 1]), i
        )
    return True


cdef int finish(const BpeTables* t, const Turn* turn, IdSink* found) noexcept nogil:
    """Push the ids of a piece."""
    cdef size_t i = 1, right
    turn.word.first = found.n
    while i <= turn.m:
        right = turn.next[i]
        if push_symbol(t, turn.symbol[i], turn.word.p + turn.start[i], turn.start[right] - turn.start[i], found) != OK:
            return OUT_OF_MEMORY
        i = right
    turn.word.count = <uint32_t>(found.n - turn.word.first)
    return OK


cdef int merge_short(const BpeTables* t, Missed* words, size_t count, IdSink* found) noexcept nogil:
    cdef Turn[LANES] turns
    cdef Turn* active[LANES]
    cdef size_t n_active = 0, following = 0, left, i
    cdef bint waits
    cdef int level = simd_level
    for i in range(LANES):
        active[i] = &turns[i]
    while True:
        while n_active < LANES and following < count:
            waits = words[following].count == 0 and words[following].n != NOT_KEPT
            if waits and begin(t, &words[following], active[n_active]):
                n_active += 1
            following += 1
        if n_active == 0:
            return OK
        left = shim_take_turns(&t.merges, level, active, n_active)
        for i in range(left, n_active):
            if finish(t, active[i], found) != OK:
                return OUT_OF_MEMORY
        n_active = left
