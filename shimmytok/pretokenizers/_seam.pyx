"""Where a text can be cut in two that are split as the whole is: tried out with the one table (include/split_seam.h).

A list that no table can say, which is run stage by stage, has no such places.
"""

from shimmytok.pretokenizers._walk cimport shim_restart

cdef extern from "split_seam.h" nogil:
    size_t shim_find_seam(const shim_restart* t, const uint8_t* text, size_t n, bint escapes)


cdef size_t split_seam(const SplitTables* t, const uint8_t* stretch, size_t n, bint escapes) noexcept nogil:
    return 0 if t.restart == NULL else shim_find_seam(t.restart, stretch, n, escapes)
