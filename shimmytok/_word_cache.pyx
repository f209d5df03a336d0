"""A bounded memory of the ids of words, shared by all threads of a tokenizer: how large it is, and where its parts are.

Words of up to 62 bytes with up to 16 ids are kept; a new one takes the place of an old one beside it.  The memory never
grows.  Where words lie is in include/word_cache.h, how an entry is read and written in include/word_entry.h, how pieces
are looked up in _cached_pieces.pyx.
"""

import os

from libc.string cimport memset

from shimmytok.arguments import as_int

cdef extern from "word_cache.h":
    const int SHIM_LONG_WORDS
    const int SHIM_WIDE_WORDS
    void shim_publish(uint64_t* entry, const uint64_t* key, const uint64_t* ids, int n_words) noexcept nogil

cdef extern from "pages.h":
    void* shim_pages_new(size_t size) noexcept nogil
    void shim_pages_free(void* p, size_t size) noexcept nogil

cdef enum:
    LINE = 8                       # words
    SMALLEST = 4096                # bytes; a smaller cache is none

LARGEST = 1 << 37                  # bytes: lines are counted in 32 bits


cdef class WordCache:
    """Owns at most `size` bytes, which the system gives as they are touched; under 4 KiB there is no cache."""

    def __cinit__(self, size):
        cdef size_t lines
        self.size = as_int(size, name="cache_bytes")
        if not 0 <= self.size <= LARGEST:
            raise ValueError(f"cache_bytes is {self.size}: it must be from 0 to {LARGEST}")
        if self.size < SMALLEST:
            return
        # A quarter is for long words, an eighth for wide ones; each kind has whole groups of four lines.
        lines = <size_t>self.size // (LINE * 8) // 4 * 4
        self.t.n_long = lines // 16 * 4
        self.t.n_wide = lines // 32 * 2
        self.t.n_short = lines - self.t.n_long - 2 * self.t.n_wide
        self.t.seed = int.from_bytes(os.urandom(8), "little")
        self._reserved = lines * LINE * 8
        self.t.short_lines = <uint64_t*>shim_pages_new(self._reserved)
        if self.t.short_lines == NULL:
            raise MemoryError(f"no memory for words: cache_bytes is {self.size}")
        self.t.wide_lines = self.t.short_lines + LINE * self.t.n_short
        self.t.long_lines = self.t.wide_lines + 2 * LINE * self.t.n_wide

    def __dealloc__(self):
        shim_pages_free(self.t.short_lines, self._reserved)

    def clear(self):
        """Forget all words, while other threads may be reading and writing; the memory is kept."""
        cdef uint64_t[8] nothing
        cdef size_t i
        memset(nothing, 0, sizeof(nothing))
        with nogil:
            for i in range(2 * self.t.n_short):
                shim_publish(self.t.short_lines + LINE // 2 * i, nothing, nothing, 2)
            for i in range(self.t.n_long):
                shim_publish(self.t.long_lines + LINE * i, nothing, nothing, SHIM_LONG_WORDS)
            for i in range(self.t.n_wide):
                shim_publish(self.t.wide_lines + 2 * LINE * i, nothing, nothing, SHIM_WIDE_WORDS)
