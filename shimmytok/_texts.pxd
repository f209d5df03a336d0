"""Texts as encoding sees them: their UTF-8 bytes, where they lie."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from shimmytok._workspace cimport LONGEST_TEXT

cdef extern from "Python.h":
    bint PyUnicode_Check(object o) noexcept
    bint PyUnicode_IS_COMPACT_ASCII(object text) noexcept
    void* PyUnicode_DATA(object text) noexcept
    Py_ssize_t PyUnicode_GET_LENGTH(object text) noexcept

cdef struct View:                  # a text; its owner keeps it alive and unchanged
    const uint8_t* text
    size_t n

# An object whose bytes stay as they are while it is held: str, or bytes.
cdef object as_owner(object text)

cdef object look_closer(object text, View* view)


cdef inline object look_at(object text, View* view):
    """Look at a text (str, bytes, or a buffer of bytes); returns what has to be kept alive."""
    if PyUnicode_Check(text) and PyUnicode_IS_COMPACT_ASCII(text) and PyUnicode_GET_LENGTH(text) <= LONGEST_TEXT:
        view.text = <const uint8_t*>PyUnicode_DATA(text)
        view.n = <size_t>PyUnicode_GET_LENGTH(text)
        return text
    return look_closer(text, view)


cdef class Texts:                  # many texts, ready to be encoded without the GIL
    cdef View* views
    cdef readonly Py_ssize_t count
    cdef readonly size_t total     # bytes of all
    cdef list owners               # what they are held by: str or bytes, which do not change
