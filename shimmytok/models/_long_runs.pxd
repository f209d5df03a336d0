"""What long runs become by merging."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from shimmytok._cached_pieces cimport Missed
from shimmytok._workspace cimport IdSink
from shimmytok.models._by_parts cimport PartRules
from shimmytok.models._runs cimport Run

cdef enum:
    LONG_RUN = 4096                # bytes, at least HEAD * PERIOD, and 2 * SHORTEST
    HEAD = 512                     # periods of a run that are merged, or, where it is long and that does not tell,
    LONGER_HEAD = 4096             # so many: some vocabularies have tokens of 512 spaces
    SHARE = 4                      # of a run that is long enough for that the head is no more than one part in so many
    CONTEXT = 24                   # bytes before a head that are merged with it, about

cdef struct LongRun:
    Run run
    const uint8_t* piece           # which it is in
    size_t begin                   # where its head begins, before it
    Missed known                   # what it was found to become, from `begin` on; of no bytes: nothing

# Where the head of a run begins, not before p[low].
cdef size_t head_begin(const uint8_t* p, const Run* run, size_t low) noexcept nogil

# Says what a run becomes, whose head was merged; a Status.
cdef int repeat(
    const PartRules* rules, const void* tables, LongRun* listed, const Missed* head, IdSink* found
) noexcept nogil


cdef inline bint is_wanted(const LongRun* listed, size_t periods) noexcept nogil:
    """Is a head of so many periods to be merged?"""
    cdef size_t size = listed.run.end - listed.run.first
    return listed.known.n == 0 and (periods == HEAD or size >= SHARE * periods * listed.run.period)
