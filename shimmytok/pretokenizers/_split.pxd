"""Splitting a text into pieces by tables, all at once or block by block."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from shimmytok.pretokenizers._scratch cimport BLOCK, SHORT_TEXT, SplitScratch
from shimmytok.pretokenizers._walk cimport SplitTables

cdef void split_scratch_init(SplitScratch* s) noexcept nogil
cdef void split_scratch_free(SplitScratch* s) noexcept nogil
cdef size_t split_scratch_size(const SplitScratch* s) noexcept nogil    # bytes it holds

# Block by block: `split_begin`, then `split_more` until it returns 0 (all is told) or -1 (out of memory); 1: there is
# more.  Each call leaves in s.ends[0:s.n_ends] the ends found since the one before, maybe none; the last one of all is
# n.  The text is clean, has n < 2**31 bytes, and stays where it is.
cdef void split_begin(const SplitTables* t, const uint8_t* text, size_t n, SplitScratch* s) noexcept nogil
cdef int split_more(const SplitTables* t, const uint8_t* text, size_t n, SplitScratch* s) noexcept nogil

# Where t.restart is not NULL, a text may come piecemeal: it may grow between two calls of `split_more`, each of which
# sees as much as it wants, or all there is.  Bytes of pieces whose ends were told may be dropped from its beginning;
# then all offsets count from what is left.
cdef inline size_t split_wants(const SplitScratch* s) noexcept nogil:
    """Bytes of text that the next call wants to see: a block, and more, or else that is taken for the last one."""
    return s.progress.at + BLOCK + 2 * SHORT_TEXT

cdef void split_forget(SplitScratch* s, size_t n) noexcept nogil    # the first n bytes are dropped

# All ends at once in s.ends[0:s.n_ends]; 0, or -1 out of memory.
cdef int split(const SplitTables* t, const uint8_t* text, size_t n, SplitScratch* s) noexcept nogil
