"""BPE's merging of long pieces, part by part."""

from libc.stddef cimport size_t

from shimmytok._cached_pieces cimport Missed
from shimmytok._workspace cimport IdSink, Workspace
from shimmytok.models._bpe_tables cimport BpeTables

# Encodes the words that have no ids yet (count 0), by tables that are `by_parts`, but for those with a byte that has no
# symbol; a Status.
cdef int merge_parts(
    const BpeTables* t, Missed* words, size_t count, Workspace* ws, IdSink* found
) noexcept nogil
