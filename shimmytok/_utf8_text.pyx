"""UTF-8 as str.  What is not clean is Python's to decode, and short texts that are not ASCII."""

from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport uint16_t, uint32_t
from libc.string cimport memcpy

from shimmytok._simd cimport AVX2, simd_level
from shimmytok.unicode._utf8 cimport decode_clean, is_clean

cdef extern from "ascii.h":
    bint shim_is_ascii(const uint8_t* p, size_t n) noexcept nogil

cdef extern from "utf8_count.h":
    size_t shim_count_characters(const uint8_t* p, size_t n, uint8_t* greatest) noexcept nogil

cdef extern from "utf8_read.h":
    size_t shim_utf8_read_1(const uint8_t* p, size_t n, uint8_t* out, size_t room, size_t* at) noexcept nogil
    size_t shim_utf8_read_2(const uint8_t* p, size_t n, uint16_t* out, size_t room, size_t* at) noexcept nogil
    size_t shim_utf8_read_4(const uint8_t* p, size_t n, uint32_t* out, size_t room, size_t* at) noexcept nogil

cdef extern from "Python.h":
    str PyUnicode_New(Py_ssize_t size, unsigned long largest)
    void* PyUnicode_DATA(object text) noexcept

cdef enum:
    LONG = 256                     # bytes: a text that is worth reading three times
    CHUNK = 16                     # bytes that are looked at together

cdef fused Unit:                   # of a str
    uint8_t
    uint16_t
    uint32_t


cdef inline size_t read_blocks(const uint8_t* p, size_t n, Unit* out, size_t room, size_t* at) noexcept nogil:
    if Unit is uint8_t:
        return shim_utf8_read_1(p, n, out, room, at)
    elif Unit is uint16_t:
        return shim_utf8_read_2(p, n, out, room, at)
    else:
        return shim_utf8_read_4(p, n, out, room, at)


cdef void read(const uint8_t* p, size_t n, Unit* out, size_t room) noexcept nogil:
    """Write the characters of a clean text, which are `room`."""
    cdef size_t at = 0, stop, i
    cdef uint32_t cp
    if simd_level >= AVX2:
        out += read_blocks(p, n, out, room, &at)
        while at < n and p[at] & 0xC0 == 0x80:             # of a character that is written already
            at += 1
    while at < n:
        stop = min(at + CHUNK, n)
        if stop - at == CHUNK and shim_is_ascii(p + at, CHUNK):
            for i in range(CHUNK):
                out[i] = p[at + i]
            out += CHUNK
            at = stop
            continue
        while at < stop:
            at += decode_clean(p + at, &cp)
            out[0] = <Unit>cp
            out += 1


cdef str read_clean(const uint8_t* p, size_t n):
    """A clean text; None when a surrogate is in it.  Python would make it anew at the first wide character."""
    cdef uint8_t greatest
    cdef size_t size = shim_count_characters(p, n, &greatest)
    cdef str text
    if size == 0:
        return None
    if greatest < 0xC4:                                    # lead bytes of what is below U+0100 are C2 and C3
        text = PyUnicode_New(<Py_ssize_t>size, 0xFF)
        read(p, n, <uint8_t*>PyUnicode_DATA(text), size)
    elif greatest < 0xF0:
        text = PyUnicode_New(<Py_ssize_t>size, 0xFFFF)
        read(p, n, <uint16_t*>PyUnicode_DATA(text), size)
    else:
        text = PyUnicode_New(<Py_ssize_t>size, 0x10FFFF)
        read(p, n, <uint32_t*>PyUnicode_DATA(text), size)
    return text


cdef str as_str(const uint8_t* p, size_t n, object errors):
    cdef str text
    if errors != "replace":
        return p[:n].decode("utf-8", errors)
    if n >= 2 and shim_is_ascii(p, n):
        text = PyUnicode_New(<Py_ssize_t>n, 127)
        memcpy(PyUnicode_DATA(text), p, n)
        return text
    if n >= LONG and is_clean(p, n):
        text = read_clean(p, n)
        if text is not None:
            return text
    return PyUnicode_DecodeUTF8(<const char*>p, <Py_ssize_t>n, b"replace")


def text_of(bytes utf8 not None):
    """`as_str`; for tests."""
    return as_str(utf8, len(utf8), "replace")
