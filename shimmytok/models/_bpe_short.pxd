"""Merging short pieces, several at a time."""

from libc.stddef cimport size_t

from shimmytok._cached_pieces cimport NOT_KEPT, Missed
from shimmytok._workspace cimport IdSink
from shimmytok.models._bpe_tables cimport BpeTables, Merges

# Encodes the words that are short enough and have no ids yet (count 0); a Status.
cdef int merge_short(const BpeTables* t, Missed* words, size_t count, IdSink* found) noexcept nogil
