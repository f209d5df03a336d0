"""Spaces as SentencePiece writes them.  Equal to llama_escape_whitespace of llama.cpp."""

from libc.string cimport memcpy

from shimmytok._character_marks cimport shim_character_marks, shim_find_characters, shim_lowest
from shimmytok._simd cimport simd_level

cdef enum:
    CHUNK = 64                     # bytes that are looked at together
    COPIED = 16                    # bytes that are copied at a time


cdef inline size_t copy_run(uint8_t* out, const uint8_t* p, size_t n) noexcept nogil:
    """Copy n bytes, and some behind them."""
    cdef size_t i = 0
    memcpy(out, p, COPIED)                                 # whatever n is: most runs are short
    while n - i > COPIED:
        i += COPIED
        memcpy(out + i, p + i, COPIED)
    return n


cdef size_t escape_spaces(const uint8_t* p, size_t n, uint8_t* out) noexcept nogil:
    """Write U+2581 for each space; the number of bytes written (at most 3 n)."""
    cdef shim_character_marks marks
    cdef size_t at = 0, chunk, space, m = 0
    while n - at >= CHUNK + COPIED:                        # so that what is copied is text, and has its room
        chunk = at
        shim_find_characters(p + chunk, CHUNK, simd_level, &marks)
        while marks.space:
            space = chunk + shim_lowest(marks.space)
            marks.space &= marks.space - 1
            m += copy_run(out + m, p + at, space - at)
            memcpy(out + m, b"\xe2\x96\x81", 3)
            m += 3
            at = space + 1
        m += copy_run(out + m, p + at, chunk + CHUNK - at)
        at = chunk + CHUNK
    while at < n:
        if p[at] == 32:
            memcpy(out + m, b"\xe2\x96\x81", 3)
            m += 3
        else:
            out[m] = p[at]
            m += 1
        at += 1
    return m
