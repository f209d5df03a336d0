"""UTF-8 as str.  What is not clean is Python's to decode, and short texts that are not ASCII."""

from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport uint16_t, uint32_t
from libc.string cimport memcpy

from shimmytok.unicode._utf8 cimport is_clean

cdef extern from "ascii.h":
    bint shim_is_ascii(const uint8_t* p, size_t n) noexcept nogil

cdef extern from "utf8_read.h":
    size_t shim_count_characters(const uint8_t* p, size_t n, uint8_t* greatest) noexcept nogil
    bint shim_read_latin1(const uint8_t* p, size_t n, uint8_t* out) noexcept nogil
    bint shim_read_ucs2(const uint8_t* p, size_t n, uint16_t* out) noexcept nogil
    bint shim_read_ucs4(const uint8_t* p, size_t n, uint32_t* out) noexcept nogil

cdef extern from "Python.h":
    str PyUnicode_New(Py_ssize_t size, unsigned long largest)
    void* PyUnicode_DATA(object text) noexcept

cdef enum:
    LONG = 256                     # bytes: a text that is worth to be read three times


cdef str read_clean(const uint8_t* p, size_t n):
    """A clean text; None when a surrogate is in it.  Python would make it anew at the first wide character."""
    cdef uint8_t greatest
    cdef size_t size = shim_count_characters(p, n, &greatest)
    cdef str text
    cdef bint done
    if greatest < 0xC4:                                    # lead bytes of what is below U+0100 are C2 and C3
        text = PyUnicode_New(<Py_ssize_t>size, 0xFF)
        done = shim_read_latin1(p, n, <uint8_t*>PyUnicode_DATA(text))
    elif greatest < 0xF0:
        text = PyUnicode_New(<Py_ssize_t>size, 0xFFFF)
        done = shim_read_ucs2(p, n, <uint16_t*>PyUnicode_DATA(text))
    else:
        text = PyUnicode_New(<Py_ssize_t>size, 0x10FFFF)
        done = shim_read_ucs4(p, n, <uint32_t*>PyUnicode_DATA(text))
    return text if done else None


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
