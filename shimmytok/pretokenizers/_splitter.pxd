"""The compiled tables of a pre-tokenizer."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t

from shimmytok.pretokenizers._walk cimport SplitTables, shim_likely, shim_restart

cdef class Splitter:
    cdef SplitTables tables
    cdef shim_restart restart
    cdef shim_likely likely
    cdef uint32_t* entries         # what `restart` points into
    cdef const uint8_t[::1] ascii
    cdef const uint16_t[::1] page_of
    cdef const uint8_t[::1] pages
    cdef const uint8_t[::1] guessed
    cdef list owned                # what the stages point into
    cdef size_t n_classes          # all of them are in every table of the stages
    cdef int add_stage(self, int kind, int shift, rows, loops, members) except -1
    cdef int check_rows(self, int shift, const uint16_t[::1] rows, const uint8_t[::1] loops) except -1
    cdef int check_classes(self) except -1
    cdef int add_restart(self, size_t n_symbols, const uint32_t[::1] entries, const uint32_t[::1] ends,
                         const uint8_t[::1] guessed) except -1
    cdef int check_restart(self, const uint32_t[::1] entries, const uint32_t[::1] ends) except -1
    cdef int add_likely(self) except -1
    cdef int add_scanner(self) except -1
