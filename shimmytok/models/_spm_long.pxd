"""SPM's merging of a piece of any length."""

from libc.stddef cimport size_t

from shimmytok._cached_pieces cimport Missed
from shimmytok._workspace cimport IdSink, Workspace
from shimmytok.models._spm_tables cimport SpmTables

# Merges the words that have no ids yet (count 0): plain texts (_spm_tables.pxd), behind which READABLE bytes can be
# read.  A Status.
cdef int merge_rest(const SpmTables* t, Missed* words, size_t count, Workspace* ws, IdSink* found) noexcept nogil
