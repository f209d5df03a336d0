"""Cutting a text at its special tokens.  Equal to llama_vocab::impl::tokenizer_st_partition of llama.cpp.

llama.cpp looks for one token after the other, the longest first, in what the earlier ones left of the text.  Here one
pass of an Aho-Corasick automaton finds, for each place, the longest token that ends there.  These candidates are then
taken in the same order; one that meets text already taken makes room for the next shorter token with the same end.
Candidates that do not meet, nor through others, have nothing to do with each other, unless a token strips what is
beside it; so each cluster of them is decided alone.  Mostly one candidate covers all others of its cluster.  Else they
are put in order, but where the best one is the first: once it is taken, the rest is a cluster of its own, as if the
text began there; and in a run the best is the same one again.
"""

import numpy as np

from libc.stdint cimport uint64_t
from libc.stdlib cimport qsort
from libc.string cimport memmove, memset

from shimmytok._automaton cimport advance
from shimmytok._simd cimport simd_level
from shimmytok._workspace cimport NONE, OK, OUT_OF_MEMORY, Buffer, Segment, reserve, workspace_free, workspace_init

cdef extern from "byte_set.h":
    void shim_byte_set_add(ByteSet* set, uint8_t c) noexcept nogil
    uint64_t shim_byte_set_mask(const ByteSet* set, const uint8_t* p, size_t n, int level) noexcept nogil

cdef extern from "bits.h":
    uint32_t shim_lowest(uint64_t mask) noexcept nogil

cdef enum:
    STRIPS_LEFT = 1
    STRIPS_RIGHT = 2
    MOST_TURNS = 4                 # in which the first of a cluster are taken; then the others are put in order


cdef extern from *:
    """
    #define SHIM_BEGINS_CLUSTER ((uint64_t)1 << 31)
    #define SHIM_TAKEN (~(uint64_t)0)
    """
    const uint64_t BEGINS "SHIM_BEGINS_CLUSTER"  # of a candidate: texts have fewer than 2**31 bytes
    const uint64_t TAKEN "SHIM_TAKEN"  # no candidate: their numbers are lower


cdef inline bint is_space(uint8_t c) noexcept nogil:
    """C's isspace in the C locale."""
    return c == 32 or 9 <= c <= 13


cdef struct Starts:                # the places where a pattern may begin, 64 bytes at a time
    size_t base
    uint64_t mask


cdef inline size_t next_start(
    const SpecialTables* t, const uint8_t* text, size_t i, size_t n, Starts* starts, int level
) noexcept nogil:
    """The first place from i on where a pattern may begin, by its first two bytes; n when there is none."""
    cdef size_t pair
    if i >= starts.base + 64:
        starts.base = i
        starts.mask = shim_byte_set_mask(&t.firsts, text + i, n - i, level)
    else:
        starts.mask &= ~<uint64_t>0 << (i - starts.base)
    while True:
        while starts.mask:
            i = starts.base + shim_lowest(starts.mask)
            pair = <size_t>text[i] << 8 | (text[i + 1] if i + 1 < n else 0)
            if t.pairs[pair >> 3] >> (pair & 7) & 1 or i + 1 == n:
                return i
            starts.mask &= starts.mask - 1
        starts.base += 64
        if starts.base >= n:
            return n
        starts.mask = shim_byte_set_mask(&t.firsts, text + starts.base, n - starts.base, level)


cdef inline void begin_starts(
    const SpecialTables* t, const uint8_t* text, size_t n, Starts* starts, int level
) noexcept nogil:
    starts.base = 0
    starts.mask = shim_byte_set_mask(&t.firsts, text, n, level)


cdef uint32_t first_match(const SpecialTables* t, const uint8_t* text, size_t n, size_t* end) noexcept nogil:
    cdef size_t i = 0
    cdef uint32_t state = 0
    cdef Starts starts
    begin_starts(t, text, n, &starts, simd_level)
    while i < n:
        if state == 0:
            i = next_start(t, text, i, n, &starts, simd_level)
            if i == n:
                break
        state = advance(&t.automaton, state, text[i])
        i += 1
        if t.automaton.states[state].longest != NONE:
            end[0] = i
            return t.automaton.states[state].longest
    return NONE


# A candidate is rank << 32 | start: the lowest is the first that llama.cpp would take.  What was chosen is
# start << 32 | rank.

cdef void sink(uint64_t* heap, size_t n, size_t i) noexcept nogil:
    cdef uint64_t item = heap[i]
    cdef size_t child
    while True:
        child = 2 * i + 1
        if child >= n:
            break
        if child + 1 < n and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= item:
            break
        heap[i] = heap[child]
        i = child
    heap[i] = item


cdef void take(const SpecialTables* t, const uint8_t* text, size_t n, uint32_t pattern, size_t start,
               uint8_t* marks) noexcept nogil:
    """Mark what a token covers, and the white space it strips from the text around it."""
    cdef size_t i, end = start + t.automaton.lengths[pattern]
    memset(marks + start, 1, end - start)
    if t.strips[pattern] & STRIPS_LEFT:
        i = start
        while i > 0 and not marks[i - 1] and is_space(text[i - 1]):
            i -= 1
            marks[i] = 1
    if t.strips[pattern] & STRIPS_RIGHT:
        i = end
        while i < n and not marks[i] and is_space(text[i]):
            marks[i] = 1
            i += 1


cdef size_t choose(const SpecialTables* t, const uint8_t* text, size_t n, uint64_t* items, size_t m,
                   uint8_t* marks) noexcept nogil:
    """Take candidates by priority.  The chosen ones, as start << 32 | rank, fill items[result:m] in any order.

    Whatever is taken is at least as long as the candidate, so that where they meet, one of its two ends is taken.
    """
    cdef size_t queued = m, tail = m, start, end
    cdef uint32_t pattern
    cdef size_t i = m // 2
    while i:
        i -= 1
        sink(items, m, i)
    while queued:
        pattern = <uint32_t>(items[0] >> 32)
        start = <uint32_t>items[0]
        end = start + t.automaton.lengths[pattern]
        if marks[end - 1] == 0 and marks[start] != 0:
            while pattern != NONE and marks[end - t.automaton.lengths[pattern]] != 0:
                pattern = t.automaton.shorter[pattern]
            if pattern != NONE:
                items[0] = <uint64_t>pattern << 32 | (end - t.automaton.lengths[pattern])
                sink(items, queued, 0)
                continue
        queued -= 1
        items[0] = items[queued]
        if queued:
            sink(items, queued, 0)
        if marks[end - 1] == 0 and marks[start] == 0:
            take(t, text, n, pattern, start, marks)
            tail -= 1
            items[tail] = <uint64_t>start << 32 | pattern
    return tail


cdef int compare(const void* a, const void* b) noexcept nogil:
    cdef uint64_t x = (<const uint64_t*>a)[0], y = (<const uint64_t*>b)[0]
    return (x > y) - (x < y)


cdef inline size_t end_of(const SpecialTables* t, uint64_t candidate) noexcept nogil:
    return <uint32_t>candidate + t.automaton.lengths[candidate >> 32]


cdef uint64_t shortened(const SpecialTables* t, uint64_t candidate, size_t begin) noexcept nogil:
    """The longest token with the end of a candidate that does not start before `begin`; TAKEN: there is none."""
    cdef size_t end = end_of(t, candidate)
    cdef uint32_t pattern = <uint32_t>(candidate >> 32)
    while pattern != NONE and end - t.automaton.lengths[pattern] < begin:
        pattern = t.automaton.shorter[pattern]
    return TAKEN if pattern == NONE else <uint64_t>pattern << 32 | (end - t.automaton.lengths[pattern])


cdef size_t take_first(
    const SpecialTables* t, uint64_t* items, size_t m, size_t* first, uint64_t* chosen
) noexcept nogil:
    """Take the best of the candidates items[first:m], if none starts before it, and the same token again where that
    follows, as in a long run: how many were chosen, each at a place before that of its candidate.  What they leave to
    the others is items[first:m] then, as if the text began there."""
    cdef uint64_t best = items[first[0]]
    cdef size_t i, k, n = 0, begin = <uint32_t>best, end, length
    for i in range(first[0], m):
        best = min(best, items[i])
        begin = min(begin, <size_t><uint32_t>items[i])
    if <uint32_t>best != begin:
        return 0
    best >>= 32
    length = t.automaton.lengths[best]
    end = begin
    k = first[0]
    while end_of(t, items[k]) < begin + length:
        k += 1
    while k < m and items[k] == (best << 32 | end):
        chosen[n] = end << 32 | best
        n += 1
        end += length
        i = k = k + 1
        while k < m and end_of(t, items[k]) < end + length:
            k += 1
    # No candidate is longer: only items[i:k] can reach over the end.
    first[0] = k
    while k > i:
        k -= 1
        items[first[0] - 1] = shortened(t, items[k], end)
        first[0] -= items[first[0] - 1] != TAKEN
    return n


cdef int decide(const SpecialTables* t, const uint8_t* text, size_t n, uint64_t* items, size_t* count,
                Workspace* ws) noexcept nogil:
    """Choose among candidates.  The chosen ones come first then, in order; `count` becomes how many they are."""
    cdef size_t begin = 0, end = n, m = count[0], chosen = 0, first = 0, i, some
    cdef int _turn
    cdef uint8_t* marks
    if not t.any_strips:
        for _turn in range(MOST_TURNS):
            some = take_first(t, items, m, &first, items + chosen)
            chosen += some
            if first == m:
                count[0] = chosen
                return OK
            if some == 0:
                break
        begin = n
        for i in range(first, m):
            begin = min(begin, <size_t><uint32_t>items[i])
        end = end_of(t, items[m - 1])
    if reserve(&ws.marks, n) != OK:
        return OUT_OF_MEMORY
    marks = <uint8_t*>ws.marks.data
    memset(marks + begin, 0, end - begin)
    some = choose(t, text, n, items + first, m - first, marks)
    first += some
    qsort(items + first, m - first, sizeof(uint64_t), compare)
    memmove(items + chosen, items + first, (m - first) * sizeof(uint64_t))
    count[0] = chosen + m - first
    return OK


cdef int decide_all(const SpecialTables* t, const uint8_t* text, size_t n, Workspace* ws, size_t kept,
                    size_t* count) noexcept nogil:
    """Choose among the candidates from number `kept` on, which none that may yet come can meet."""
    cdef uint64_t* items = <uint64_t*>ws.candidates.data
    cdef size_t k, size, low = n, first = kept, m = count[0]
    if m == kept:
        return OK
    for k in range(m - 1, kept, -1):                       # mark those that begin a cluster
        low = min(low, <size_t><uint32_t>items[k])
        if low >= end_of(t, items[k - 1]) and not t.any_strips:
            items[k] |= BEGINS
    while first < m:
        items[first] &= ~BEGINS
        low = <uint32_t>items[first]
        k = first + 1
        while k < m and not items[k] & BEGINS:
            low = min(low, <size_t><uint32_t>items[k])
            k += 1
        if <uint32_t>items[k - 1] == low and not t.any_strips:   # it covers all the others
            items[kept] = items[k - 1] << 32 | items[k - 1] >> 32
            kept += 1
        else:
            size = k - first
            if decide(t, text, n, items + first, &size, ws) != OK:
                return OUT_OF_MEMORY
            memmove(items + kept, items + first, size * sizeof(uint64_t))
            kept += size
        first = k
    count[0] = kept
    return OK


cdef int collect(const SpecialTables* t, const uint8_t* text, size_t n, Workspace* ws, size_t* count) noexcept nogil:
    """Put the tokens of a text into the candidates, in order; their number into `count`."""
    cdef Buffer* found = &ws.candidates
    cdef size_t i = 0, kept = 0, m = 0
    cdef uint32_t state = 0, pattern
    cdef Starts starts
    begin_starts(t, text, n, &starts, simd_level)
    while i < n:
        if state == 0:                                     # what comes begins here, or behind
            if not t.any_strips and decide_all(t, text, n, ws, kept, &m) != OK:
                return OUT_OF_MEMORY
            kept = m
            i = next_start(t, text, i, n, &starts, simd_level)
            if i == n:
                break
        state = advance(&t.automaton, state, text[i])
        i += 1
        pattern = t.automaton.states[state].longest
        if pattern != NONE:
            if reserve(found, (m + 1) * sizeof(uint64_t)) != OK:
                return OUT_OF_MEMORY
            (<uint64_t*>found.data)[m] = <uint64_t>pattern << 32 | (i - t.automaton.lengths[pattern])
            m += 1
    count[0] = m
    return decide_all(t, text, n, ws, 0 if t.any_strips else kept, count)


cdef int add_segment(Workspace* ws, size_t start, size_t end, uint32_t token) noexcept nogil:
    cdef Segment* segment
    if reserve(&ws.segments, (ws.n_segments + 1) * sizeof(Segment)) != OK:
        return OUT_OF_MEMORY
    segment = <Segment*>ws.segments.data + ws.n_segments
    segment.start = <uint32_t>start
    segment.end = <uint32_t>end
    segment.token = token
    ws.n_segments += 1
    return OK


cdef int add_text(Workspace* ws, size_t start, size_t end, const uint8_t* marks) noexcept nogil:
    """Add a stretch between tokens, without what was stripped from its ends."""
    if marks != NULL:
        while start < end and marks[start]:
            start += 1
        while start < end and marks[end - 1]:
            end -= 1
    return add_segment(ws, start, end, NONE) if start < end else OK


cdef int cut(const SpecialTables* t, const uint8_t* text, size_t n, Workspace* ws) noexcept nogil:
    cdef size_t i, count = 0, at = 0, start
    cdef uint64_t item
    cdef const uint8_t* marks = NULL
    cdef uint32_t pattern
    ws.n_segments = 0
    if t.automaton.count and collect(t, text, n, ws, &count) != OK:
        return OUT_OF_MEMORY
    if count and t.any_strips:
        marks = <const uint8_t*>ws.marks.data
    for i in range(count):
        item = (<uint64_t*>ws.candidates.data)[i]
        pattern = <uint32_t>item
        start = item >> 32
        if add_text(ws, at, start, marks) != OK:
            return OUT_OF_MEMORY
        at = start + t.automaton.lengths[pattern]
        if add_segment(ws, start, at, t.tokens[pattern]) != OK:
            return OUT_OF_MEMORY
    return add_text(ws, at, n, marks)


cdef class SpecialMatcher:
    """Cuts texts at given tokens: an iterable of (text, id, strips left?, strips right?), the longest texts first.

    Texts of equal length are looked for in the order in which they come.  Of equal texts the last one counts.
    """

    def __init__(self, tokens):
        rows = {}
        for text, token, left, right in tokens:
            rows.pop(text, None)                           # to stand where the last one stands
            rows[text] = token, left, right
        ordered = sorted(rows, key=len, reverse=True)      # stable
        self._patterns = PatternSet(ordered)
        self._tokens = np.array([rows[text][0] for text in ordered] + [0], np.uint32)
        self._strips = np.array(
            [STRIPS_LEFT * rows[text][1] | STRIPS_RIGHT * rows[text][2] for text in ordered] + [0], np.uint8
        )
        self.t.automaton = self._patterns.automaton
        self.t.tokens = &self._tokens[0]
        self.t.strips = &self._strips[0]
        self._mark_starts(ordered)
        self.t.any_strips = bool(np.any(self._strips))

    cdef int _mark_starts(self, ordered) except -1:
        cdef uint32_t pair
        cdef uint8_t first
        self._pairs = np.zeros(1 << 13, np.uint8)
        for text in ordered:
            first = text[0]
            shim_byte_set_add(&self.t.firsts, first)
            if len(text) == 1:
                self._pairs[<size_t>first << 5 : (<size_t>first + 1) << 5] = 255
            else:
                pair = <uint32_t>first << 8 | <uint32_t>text[1]
                self._pairs[pair >> 3] |= <uint8_t>(1 << (pair & 7))
        self.t.pairs = &self._pairs[0]
        return 0

    def __len__(self):
        return self.t.automaton.count

    def cut(self, bytes text not None):
        """[(start, end, id or None for text between tokens), ...] in bytes."""
        cdef Workspace ws
        cdef size_t i
        cdef Segment* segments
        if len(text) > 0x7FFFFFFF:
            raise ValueError("text too long")
        workspace_init(&ws)
        try:
            if cut(&self.t, text, len(text), &ws) != OK:
                raise MemoryError
            segments = <Segment*>ws.segments.data
            return [
                (segments[i].start, segments[i].end, None if segments[i].token == NONE else segments[i].token)
                for i in range(ws.n_segments)
            ]
        finally:
            workspace_free(&ws)
