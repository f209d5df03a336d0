"""A small memory of what pairs of symbols become, shared by all threads.

Owns the memory; include/pair_memo.h reads and writes it.  A pair takes the place of the last one that had it.
"""

cdef extern from "pages.h":
    void* shim_pages_new(size_t size) noexcept nogil
    void shim_pages_free(void* p, size_t size) noexcept nogil

cdef enum:
    FEWEST = 10                    # bits of the number of places: what fits the words of include/pair_memo.h
    MOST = 17                      # 1 MiB


cdef class PairMemo:
    """For symbols below `n_symbols`, about two pairs each.  With too many of them there is none."""

    def __cinit__(self, uint32_t n_symbols):
        self.t.bits = FEWEST
        if n_symbols >= SHIM_MEMO_SYMBOLS:
            return
        while self.t.bits < MOST and <uint32_t>1 << self.t.bits < 2 * n_symbols:
            self.t.bits += 1
        self._size = sizeof(uint64_t) << self.t.bits
        self.t.places = <uint64_t*>shim_pages_new(self._size)
        if self.t.places == NULL:
            raise MemoryError

    def __dealloc__(self):
        shim_pages_free(self.t.places, self._size)
