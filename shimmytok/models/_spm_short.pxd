"""SPM's merging of short pieces, several at a time."""

from libc.stddef cimport size_t

from shimmytok._cached_pieces cimport Missed
from shimmytok._workspace cimport IdSink
from shimmytok.models._spm_tables cimport SpmTables

# Encodes the words that are short enough; the others are left with count 0.  A Status.
cdef int merge_short(const SpmTables* t, Missed* words, size_t count, IdSink* found) noexcept nogil
