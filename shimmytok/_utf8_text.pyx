"""UTF-8 as str: ASCII is copied, the rest is Python's to decode."""

from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.string cimport memcpy

cdef extern from "Python.h":
    str PyUnicode_New(Py_ssize_t size, unsigned long largest)
    void* PyUnicode_DATA(object text) noexcept


cdef bint is_ascii(const uint8_t* p, size_t n) noexcept nogil:
    cdef size_t i
    cdef uint8_t all_bits = 0
    for i in range(n):
        all_bits |= p[i]
    return all_bits < 128


cdef str as_str(const uint8_t* p, size_t n, object errors):
    cdef str text
    if errors != "replace":
        return p[:n].decode("utf-8", errors)
    if n < 2 or not is_ascii(p, n):
        return PyUnicode_DecodeUTF8(<const char*>p, <Py_ssize_t>n, b"replace")
    text = PyUnicode_New(<Py_ssize_t>n, 127)
    memcpy(PyUnicode_DATA(text), p, n)
    return text
