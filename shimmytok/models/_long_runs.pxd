"""What long runs become by merging."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from shimmytok._cached_pieces cimport Missed
from shimmytok._workspace cimport IdSink
from shimmytok.models._by_parts cimport PartRules
from shimmytok.models._runs cimport Run

cdef enum:
    LONG_RUN = 4096                # bytes, at least HEAD * PERIOD, and 2 * SHORTEST
    HEAD = 512                     # periods of a run that are merged,
    CONTEXT = 24                   # and bytes before them, about

cdef struct LongRun:
    Run run
    size_t begin                   # where its head begins, before it
    Missed known                   # what it was found to become, from `begin` on; of no bytes: nothing

# Where the head of a run begins, not before p[low].
cdef size_t head_begin(const uint8_t* p, const Run* run, size_t low) noexcept nogil

# Says what a run becomes, whose head was merged; a Status.
cdef int repeat(
    const PartRules* rules, const void* tables, LongRun* listed, const Missed* head, IdSink* found
) noexcept nogil


cdef inline size_t head_end(const Run* run) noexcept nogil:
    return run.first + HEAD * run.period
