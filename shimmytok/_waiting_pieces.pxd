"""Pieces that are not in their short line: they wait until there are many."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from shimmytok._cached_pieces cimport EncodeMissed, Insert, Missed
from shimmytok._word_cache cimport WordCacheTables
from shimmytok._workspace cimport OK, OUT_OF_MEMORY, IdSink, Workspace, reserve_ids

cdef extern from "word_batch.h":
    ctypedef struct ShimBatch "shim_batch":
        uint64_t* lines
        uint64_t n_lines
        uint64_t seed
        const uint8_t* text
        size_t readable
        const uint32_t* ends
        const uint32_t* starts
        size_t begin
        size_t count
        uint64_t (*keys)[2]
        uint64_t** places
    ctypedef uint64_t Absent "shim_absent"

cdef enum:
    BATCH = 256                    # pieces that are looked up at a time, and may come to wait
    ENOUGH = 128                   # pieces that wait before they are encoded
    MOST = ENOUGH + BATCH          # and that may wait
    BUCKETS = 512                  # by which pieces that wait twice are found

ctypedef uint64_t[2] ShortKey

cdef struct Waiting:               # a piece that is not in its short line, or, with no bytes, an Insert
    ShortKey key
    uint64_t* line
    uint64_t* other                # the place to look at next; NULL: it is nowhere
    uint32_t gap                   # where its ids belong, among those of the others
    uint32_t told                  # what its short entry said; the number of an Insert

cdef struct WaitingPieces:
    Waiting[MOST] waiting
    Missed[MOST] missed            # the same pieces, in order
    Missed[MOST] unknown           # those of them that no entry has, each once
    uint16_t[MOST] number          # of each of these in `missed`
    uint16_t[MOST] again           # the numbers of those that are the same as an earlier one,
    uint16_t[MOST] first           # and of that one
    uint16_t[BUCKETS] last         # the last unknown piece of each bucket
    size_t n_waiting
    size_t n_unknown
    size_t n_again
    size_t base                    # the ids that were there before
    Insert* inserts                # NULL: there are none
    size_t n_inserts               # that stand before the last piece that waits

# Lets pieces of a batch wait, and asks for the memory of the other places where they may be.
cdef void wait(
    const WordCacheTables* c, const ShimBatch* job, const Absent* absent, size_t count, WaitingPieces* w
) noexcept nogil

# Gives the pieces that wait their ids, at the places of `out` where they belong; a Status.
cdef int encode_waiting(
    const WordCacheTables* c, EncodeMissed encode, const void* tables, WaitingPieces* w, Workspace* ws, IdSink* out
) noexcept nogil


cdef inline int find_inserted(const Insert* insert, Missed* word, IdSink* found) noexcept nogil:
    """Push the ids of an Insert, and note where they are."""
    word.first = found.n
    word.count = insert.n
    if reserve_ids(found, insert.n) != OK:
        return OUT_OF_MEMORY
    memcpy(found.ids + found.n, insert.ids if insert.ids != NULL else &insert.token, insert.n * sizeof(uint32_t))
    found.n += insert.n
    return OK
