"""BPE's merging of a piece of any length."""

from libc.stddef cimport size_t

from shimmytok._cached_pieces cimport Missed
from shimmytok._workspace cimport IdSink, Workspace
from shimmytok.models._bpe_tables cimport BpeTables

# Encodes the words that have no ids yet (count 0); a Status.
cdef int merge_rest(const BpeTables* t, Missed* words, size_t count, Workspace* ws, IdSink* found) noexcept nogil
