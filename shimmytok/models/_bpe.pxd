"""Byte pair encoding: the merge loop."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from shimmytok._cached_pieces cimport Pieces
from shimmytok._workspace cimport IdSink, Workspace
from shimmytok.models._bpe_tables cimport BpeTables

cdef int escape(const BpeTables* t, const uint8_t** text, size_t* n, Workspace* ws) noexcept nogil

# A text whose spaces are escaped; `clean`: what is known of it, as in a Workspace, before they were.
cdef int encode_escaped(
    const BpeTables* t, const uint8_t* text, size_t n, int clean, Workspace* ws, IdSink* out
) noexcept nogil

# Pieces of a clean text; `ascii`: it is known to be that.
cdef int encode_whole(const BpeTables* t, Pieces* pieces, bint ascii, Workspace* ws, IdSink* out) noexcept nogil
