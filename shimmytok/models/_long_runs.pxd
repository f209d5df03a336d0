"""What long runs become by merging."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from shimmytok._cached_pieces cimport Missed
from shimmytok._workspace cimport Buffer, IdSink, Workspace
from shimmytok.models._by_parts cimport PartRules
from shimmytok.models._runs cimport Run

cdef struct LongRun:
    Run run
    const uint8_t* piece           # which it is in
    size_t begin                   # where its head begins, before it
    Missed known                   # what it was found to become, from `begin` on; of no bytes: nothing

cdef struct LongRuns:              # of some pieces, in order
    LongRun* runs
    size_t n

# Lists those of a piece, in memory of a buffer; a Status.
cdef int list_long_runs(LongRuns* listed, Buffer* buffer, const Missed* piece) noexcept nogil

# Finds out what they become, where their first bytes tell, and adds the bytes that were merged for that to `merged`.
# `words` is memory for what is merged.  A Status.
cdef int merge_long_runs(
    LongRuns* listed, const PartRules* rules, const void* tables, Buffer* words, Workspace* ws, IdSink* found,
    size_t* merged
) noexcept nogil
