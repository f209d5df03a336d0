"""Which of the special tokens that may be cut out of a text are.

They are taken in llama.cpp's order; one that meets text already taken makes room for the next shorter token with the
same end.  Candidates that do not meet, nor through others, have nothing to do with each other, unless a token strips
what is beside it; so each cluster of them is decided alone.  Mostly one candidate covers all others of its cluster.
Else they are put in order, but where the best one is the first: once it is taken, the rest is a cluster of its own, as
if the text began there; and in a run the best is the same one again.

A candidate is rank << 32 | start: the lowest is the first that llama.cpp would take.  What was chosen is
start << 32 | rank.
"""

from libc.stdint cimport uint64_t
from libc.stdlib cimport qsort
from libc.string cimport memmove, memset

from shimmytok._workspace cimport NONE, OK, OUT_OF_MEMORY, reserve

cdef enum:
    MOST_TURNS = 4                 # in which the first of a cluster are taken; then the others are put in order

cdef extern from *:
    """
    #define SHIM_BEGINS_CLUSTER ((uint64_t)1 << 31)
    #define SHIM_TAKEN (~(uint64_t)0)
    """
    const uint64_t BEGINS "SHIM_BEGINS_CLUSTER"  # of a candidate: texts have fewer than 2**31 bytes
    const uint64_t TAKEN "SHIM_TAKEN"  # no candidate: their numbers are lower


cdef inline size_t end_of(const SpecialTables* t, uint64_t candidate) noexcept nogil:
    return <uint32_t>candidate + t.automaton.lengths[candidate >> 32]


cdef inline bint is_space(uint8_t c) noexcept nogil:
    """C's isspace in the C locale."""
    return c == 32 or 9 <= c <= 13


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


cdef int choose_all(const SpecialTables* t, const uint8_t* text, size_t n, Workspace* ws, size_t kept,
                    size_t* count) noexcept nogil:
    cdef uint64_t* items = <uint64_t*>ws.candidates.data
    cdef size_t k, size, low = n, first = kept, m = count[0]
    if m == kept:
        return OK
    if m - kept == 1 and not t.any_strips:                 # as is common
        items[kept] = items[kept] << 32 | items[kept] >> 32
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
