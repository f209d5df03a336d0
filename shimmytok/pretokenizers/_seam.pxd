"""Where a text can be cut in two that are split as the whole is."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from shimmytok.pretokenizers._walk cimport SplitTables

# A place in a stretch of a clean text where it can be cut in two whose pieces are those of the whole, or 0.  With
# `escapes` the text's spaces become U+2581 before it is split.
cdef size_t split_seam(const SplitTables* t, const uint8_t* stretch, size_t n, bint escapes) noexcept nogil
