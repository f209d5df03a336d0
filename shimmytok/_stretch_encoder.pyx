"""Encoding the stretches of a text, each on its own: cut block by block, looked up or bundled."""

from libc.stdint cimport uint32_t

from shimmytok._bundle cimport bundle_pieces, bundle_text
from shimmytok._cached_pieces cimport Pieces, encode_pieces
from shimmytok._stretches cimport BLOCK, drop_ended, end_text, stretches_init
from shimmytok._workspace cimport OK, OUT_OF_MEMORY, reserve_ids

cdef struct Cutting:
    CutBlock cut
    void* cutting
    const uint8_t* text
    size_t n
    size_t at
    Stretches stretches


cdef int begin(
    Cutting* c, CutBlock cut, void* cutting, const uint8_t* text, size_t n, Workspace* ws
) noexcept nogil:
    c.cut, c.cutting, c.text, c.n, c.at = cut, cutting, text, n, 0
    return stretches_init(&c.stretches, &ws.pieces)


cdef bint next_block(Cutting* c) noexcept nogil:
    """List the stretches that end in the next block; False when there is none."""
    cdef size_t stop = c.at + BLOCK if c.n - c.at > BLOCK else c.n
    if c.at == c.n:
        return False
    drop_ended(&c.stretches)
    c.cut(c.cutting, c.text, c.n, c.at, stop, &c.stretches)
    c.at = stop
    if stop == c.n:
        end_text(&c.stretches, <uint32_t>stop)
    return True


cdef int encode_stretches(
    CutBlock cut, void* cutting, WordCacheTables* cache, EncodeMissed encode, const void* tables,
    const uint8_t* text, size_t n, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef Cutting c
    cdef Pieces pieces
    cdef int status = OK
    if begin(&c, cut, cutting, text, n, ws) != OK or reserve_ids(out, n // 4 + 1) != OK:
        return OUT_OF_MEMORY
    pieces.text = text
    pieces.readable = n
    pieces.start = 0
    pieces.inserts = NULL
    while status == OK and next_block(&c):
        pieces.starts = c.stretches.starts
        pieces.ends = c.stretches.ends
        pieces.count = c.stretches.n_ends
        status = encode_pieces(cache, encode, tables, &pieces, ws, out)
    return status


cdef int bundle_stretches(
    CutBlock cut, void* cutting, const uint8_t* text, size_t n, Workspace* ws, Bundle* bundle
) noexcept nogil:
    cdef Cutting c
    if begin(&c, cut, cutting, text, n, ws) != OK:
        return OUT_OF_MEMORY
    while next_block(&c):
        if bundle_pieces(bundle, c.stretches.starts, c.stretches.ends, c.stretches.n_ends) != OK:
            return OUT_OF_MEMORY
    return bundle_text(bundle, text, n)
