"""UTF-8 as str: ASCII is copied, the rest is Python's to decode."""

from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.string cimport memcpy

cdef extern from "ascii.h":
    bint shim_is_ascii(const uint8_t* p, size_t n) noexcept nogil

cdef extern from "Python.h":
    str PyUnicode_New(Py_ssize_t size, unsigned long largest)
    void* PyUnicode_DATA(object text) noexcept


cdef str as_str(const uint8_t* p, size_t n, object errors):
    cdef str text
    if errors != "replace":
        return p[:n].decode("utf-8", errors)
    if n < 2 or not shim_is_ascii(p, n):
        return PyUnicode_DecodeUTF8(<const char*>p, <Py_ssize_t>n, b"replace")
    text = PyUnicode_New(<Py_ssize_t>n, 127)
    memcpy(PyUnicode_DATA(text), p, n)
    return text
