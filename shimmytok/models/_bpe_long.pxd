"""BPE's merging of a piece of any length."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from shimmytok._workspace cimport IdSink, Workspace
from shimmytok.models._bpe_tables cimport BpeTables

# Pushes the ids of a piece, n >= 1; a Status.
cdef int merge_long(const BpeTables* t, const uint8_t* p, size_t n, Workspace* ws, IdSink* out) noexcept nogil
