"""Texts as encoding sees them, where they lie."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from shimmytok._workspace cimport ASCII_ONLY, CLEAN, LONGEST_TEXT

cdef extern from "Python.h":
    bint PyUnicode_Check(object o) noexcept
    bint PyUnicode_IS_COMPACT_ASCII(object text) noexcept
    int PyUnicode_KIND(object text) noexcept
    void* PyUnicode_DATA(object text) noexcept
    Py_ssize_t PyUnicode_GET_LENGTH(object text) noexcept

cdef extern from *:
    """
    #if PY_VERSION_HEX < 0x030C0000
    #define SHIM_IS_READY(text) PyUnicode_IS_READY(text)
    #else
    #define SHIM_IS_READY(text) 1  /* every str is */
    #endif
    """
    bint SHIM_IS_READY(object text) noexcept

cdef extern from *:
    """
    /* The UTF-8 that a str keeps, once somebody has asked for it; or NULL.  Without a GIL another thread may be about
     * to write it down. */
    static inline const char *shim_kept_utf8(PyObject *text, Py_ssize_t *n) {
    #if defined(Py_GIL_DISABLED) || defined(PYPY_VERSION)
        (void)text;
        *n = 0;
        return NULL;
    #else
        const PyCompactUnicodeObject *compact = (const PyCompactUnicodeObject *)text;
        if (!PyUnicode_IS_COMPACT(text)) return NULL;
        *n = compact->utf8_length;
        return compact->utf8;
    #endif
    }
    """
    const char* shim_kept_utf8(object text, Py_ssize_t* n) noexcept

cdef enum:                         # of a part of a text
    NOT_FIRST = 1
    NOT_LAST = 2

cdef struct View:                  # a text; its owner keeps it alive and unchanged
    const uint8_t* text
    size_t n                       # bytes of UTF-8, or characters
    int kind                       # 0: UTF-8; else bytes a character, as a str has them
    int clean                      # what is known of its UTF-8: CLEAN, ASCII_ONLY, or nothing: 0
    int part                       # of a text: NOT_FIRST | NOT_LAST; 0: all of it

cdef inline size_t about_bytes(const View* view) noexcept nogil:
    """About how many bytes of UTF-8 a text has."""
    return 2 * view.n if view.kind > 1 else view.n

# An object whose bytes stay as they are while it is held: str, or bytes.
cdef object as_owner(object text)

# Looks at a text's UTF-8, which Python makes and keeps in a str that has none.
cdef object look_at_utf8(object text, View* view)


cdef inline object look_at(object text, View* view):
    """Look at a text (str, bytes, or a buffer of bytes); returns what has to be kept alive."""
    cdef Py_ssize_t n = 0
    cdef const char* kept
    view.part = 0
    if PyUnicode_Check(text) and SHIM_IS_READY(text) and PyUnicode_GET_LENGTH(text) <= LONGEST_TEXT:
        view.text = <const uint8_t*>PyUnicode_DATA(text)
        view.n = <size_t>PyUnicode_GET_LENGTH(text)
        view.clean = CLEAN
        if PyUnicode_IS_COMPACT_ASCII(text):
            view.clean = ASCII_ONLY
            view.kind = 0
            return text
        kept = shim_kept_utf8(text, &n)
        if kept == NULL:
            view.kind = PyUnicode_KIND(text)
            return text
        if n <= LONGEST_TEXT:
            view.text = <const uint8_t*>kept
            view.n = <size_t>n
            view.kind = 0
            return text
    return look_at_utf8(text, view)


cdef class Texts:                  # many texts, ready to be encoded without the GIL
    cdef View* views
    cdef readonly Py_ssize_t count
    cdef readonly size_t total     # about the bytes of all
    cdef list owners               # what they are held by: str or bytes, which do not change
    cdef bint are_parts            # of one text
