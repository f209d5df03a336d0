"""What long runs become by merging.

A long run, a few bytes again and again, is not merged at all but for its head, and what stands before. Where this
becomes a token twice in a row, T T, the place between them is right (_by_parts.pyx). If T begins in the run, and has
as many bytes as some of its periods, then the run goes on behind T as it does behind the next: so T can be repeated as
often as the run has room for, and each place between two of them is right for the same reason. Else nothing is known;
then, of a run that is long enough, a longer head is merged: some vocabularies have tokens of 512 spaces.
"""

from libc.stdint cimport uint32_t
from libc.string cimport memcpy

from shimmytok._workspace cimport OK, OUT_OF_MEMORY, reserve, reserve_ids
from shimmytok.models._runs cimport find_run

cdef enum:
    LONG_RUN = 4096                # bytes, at least HEAD * PERIOD, and 2 * SHORTEST
    HEAD = 512                     # periods of a run that are merged,
    LONGER_HEAD = 4096             # or so many,
    SHARE = 4                      # where that is no more than one part in so many of it
    CONTEXT = 24                   # bytes before a head that are merged with it, about


cdef size_t head_begin(const uint8_t* p, const Run* run, size_t low) noexcept nogil:
    """Where the head of a run begins, not before p[low]."""
    cdef size_t begin = run.first - min(run.first - low, <size_t>CONTEXT)
    while begin < run.first and p[begin] & 0xC0 == 0x80:   # characters stay whole
        begin += 1
    return begin


cdef int list_long_runs(LongRuns* listed, Buffer* buffer, const Missed* piece) noexcept nogil:
    cdef LongRun* added
    cdef Run run
    cdef size_t at = 0, low = 0
    while at + LONG_RUN // 2 <= piece.n:                   # a long run has one of these places, and the bytes behind
        if at >= low and find_run(piece.p, piece.n, at, low, &run):
            if run.end - run.first >= LONG_RUN:
                if reserve(buffer, (listed.n + 1) * sizeof(LongRun)) != OK:
                    return OUT_OF_MEMORY
                listed.runs = <LongRun*>buffer.data
                added = &listed.runs[listed.n]
                listed.n += 1
                added.run = run
                added.piece = piece.p
                added.begin = head_begin(piece.p, &run, low)
                added.known.n = 0
            low = run.end
        at += LONG_RUN // 2
    return OK


cdef inline bint is_wanted(const LongRun* listed, size_t periods) noexcept nogil:
    """Is a head of so many periods to be merged?"""
    cdef size_t size = listed.run.end - listed.run.first
    return listed.known.n == 0 and (periods == HEAD or size >= SHARE * periods * listed.run.period)


cdef int repeat(
    const PartRules* rules, const void* tables, LongRun* listed, const Missed* head, IdSink* found
) noexcept nogil:
    """Say what a run becomes, whose head was merged."""
    cdef const Run* run = &listed.run
    cdef size_t at = listed.begin, k, i, size, times
    cdef uint32_t token
    for k in range(1, head.count):
        token = found.ids[head.first + k - 1]
        size = rules.size_of(tables, token)
        at += size
        if token != found.ids[head.first + k] or at - size < run.first or size % run.period:
            continue
        times = (run.end - at) // size
        if reserve_ids(found, k + times) != OK:
            return OUT_OF_MEMORY
        listed.known.p = head.p
        listed.known.n = <uint32_t>(at + times * size - listed.begin)
        listed.known.first = found.n
        listed.known.count = <uint32_t>(k + times)
        memcpy(found.ids + found.n, found.ids + head.first, k * sizeof(uint32_t))
        for i in range(k, k + times):
            found.ids[found.n + i] = token
        found.n += k + times
        break
    return OK


cdef int merge_heads(
    LongRuns* listed, size_t periods, const PartRules* rules, const void* tables, Buffer* words, Workspace* ws,
    IdSink* found, size_t* merged
) noexcept nogil:
    """Merge heads of so many periods of those that want it."""
    cdef LongRun* run
    cdef Missed* heads
    cdef size_t k, n = 0
    if reserve(words, listed.n * sizeof(Missed)) != OK:
        return OUT_OF_MEMORY
    heads = <Missed*>words.data
    for k in range(listed.n):
        run = &listed.runs[k]
        if is_wanted(run, periods):
            heads[n].p = run.piece + run.begin
            heads[n].n = <uint32_t>(run.run.first + periods * run.run.period - run.begin)
            heads[n].count = 0
            merged[0] += heads[n].n
            n += 1
    if n and rules.merge(tables, heads, n, ws, found) != OK:
        return OUT_OF_MEMORY
    n = 0
    for k in range(listed.n):
        run = &listed.runs[k]
        if is_wanted(run, periods):
            if repeat(rules, tables, run, &heads[n], found) != OK:
                return OUT_OF_MEMORY
            n += 1
    return OK


cdef int merge_long_runs(
    LongRuns* listed, const PartRules* rules, const void* tables, Buffer* words, Workspace* ws, IdSink* found,
    size_t* merged
) noexcept nogil:
    cdef int status = OK
    if listed.n:
        status = merge_heads(listed, HEAD, rules, tables, words, ws, found, merged)
    if listed.n and status == OK:
        status = merge_heads(listed, LONGER_HEAD, rules, tables, words, ws, found, merged)
    return status
