"""A bounded memory of the ids of words, shared by all threads of a tokenizer."""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

cdef extern from "word_cache.h":
    ctypedef struct WordCacheTables "shim_words_cache":  # written by many threads at a time: the header tells how
        uint64_t* short_lines      # 8 words each; NULL: there is no cache
        uint64_t* long_lines
        uint64_t* wide_lines       # 16 words each
        uint64_t n_short           # lines, < 2**32
        uint64_t n_long
        uint64_t n_wide
        uint64_t seed

cdef class WordCache:
    cdef WordCacheTables t
    cdef readonly object size      # bytes asked for
    cdef size_t _reserved
