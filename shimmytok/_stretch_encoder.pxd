"""Encoding the stretches of a text, each on its own."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from shimmytok._bundle cimport Bundle
from shimmytok._cached_pieces cimport EncodeMissed
from shimmytok._stretches cimport Stretches
from shimmytok._word_cache cimport WordCacheTables
from shimmytok._workspace cimport IdSink, Workspace

# Lists the stretches of text[at:stop], `at` a multiple of 64, `stop` too or the text's end, n.
ctypedef void (*CutBlock)(
    void* cutting, const uint8_t* text, size_t n, size_t at, size_t stop, Stretches* s
) noexcept nogil

# Pushes the ids of the stretches: from the cache, or encoded; a Status.
cdef int encode_stretches(
    CutBlock cut, void* cutting, WordCacheTables* cache, EncodeMissed encode, const void* tables,
    const uint8_t* text, size_t n, Workspace* ws, IdSink* out
) noexcept nogil

# Appends the text and its stretches to a bundle; a Status.
cdef int bundle_stretches(
    CutBlock cut, void* cutting, const uint8_t* text, size_t n, Workspace* ws, Bundle* bundle
) noexcept nogil
