"""SPM's merging of a piece of any length."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from shimmytok._workspace cimport IdSink, Workspace
from shimmytok.models._spm_tables cimport SpmTables

# Pushes the ids of a plain text (_spm_tables.pxd) of 1 byte or more; p[n:n + READABLE] can be read too.  A Status.
cdef int merge_long(const SpmTables* t, const uint8_t* p, size_t n, Workspace* ws, IdSink* out) noexcept nogil
