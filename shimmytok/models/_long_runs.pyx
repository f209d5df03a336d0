"""What long runs become by merging.

A long run, a few bytes again and again, is not merged at all but for its head, and what stands before. Where this
becomes a token twice in a row, T T, the place between them is right (_by_parts.pyx). If T begins in the run, and has
as many bytes as some of its periods, then the run goes on behind T as it does behind the next: so T can be repeated as
often as the run has room for, and each place between two of them is right for the same reason. Else nothing is known.
"""

from libc.stdint cimport uint32_t
from libc.string cimport memcpy

from shimmytok._workspace cimport OK, OUT_OF_MEMORY, reserve_ids


cdef size_t head_begin(const uint8_t* p, const Run* run, size_t low) noexcept nogil:
    cdef size_t begin = run.first - min(run.first - low, <size_t>CONTEXT)
    while begin < run.first and p[begin] & 0xC0 == 0x80:   # characters stay whole
        begin += 1
    return begin


cdef int repeat(
    const PartRules* rules, const void* tables, LongRun* listed, const Missed* head, IdSink* found
) noexcept nogil:
    cdef const Run* run = &listed.run
    cdef size_t at = listed.begin, k, i, size, times
    cdef uint32_t token
    listed.known.n = 0
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
