"""Texts as encoding sees them, where they lie.

ASCII is read out of the str itself.  Of any other str the encoding thread makes the UTF-8 (include/utf8_write.h),
unless the str keeps it already: that is many times quicker than Python does it, and leaves no copy in the str.
"""

from cpython.object cimport PyObject
from libc.stdlib cimport free, malloc

from shimmytok.arguments import as_iterator
from shimmytok.errors import LimitError

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL
    PyObject** PySequence_Fast_ITEMS(object o) noexcept

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

cdef enum:
    AHEAD = 16                     # texts whose memory is asked for before they are looked at: it may be anywhere


cdef object as_owner(object text):
    if isinstance(text, (str, bytes)):
        return text
    try:
        view = memoryview(text)
    except TypeError:
        view = None
    if view is None or view.itemsize != 1:
        raise TypeError(f"expected str or bytes, not {type(text).__name__}")
    return bytes(view)


cdef object look_at_utf8(object text, View* view):
    cdef Py_ssize_t n = 0
    view.kind = 0
    view.clean = 0
    view.part = 0
    owner = as_owner(text)
    if isinstance(owner, str):
        try:
            view.text = <const uint8_t*>PyUnicode_AsUTF8AndSize(owner, &n)
        except UnicodeEncodeError:
            owner = owner.encode("utf-8", "surrogatepass")  # a lone surrogate: three bytes, as llama.cpp writes it
    if isinstance(owner, bytes):
        n = len(<bytes>owner)
        view.text = <const uint8_t*><const char*><bytes>owner
    if n > LONGEST_TEXT:
        raise LimitError(f"text of {n} bytes: more than {LONGEST_TEXT}")
    view.n = <size_t>n
    return owner


cdef list listed(object texts):
    try:
        return list(texts)
    except TypeError:
        as_iterator(texts, "many texts")
        raise


cdef class Texts:
    """Views of many texts, in order."""

    def __cinit__(self, texts):
        cdef Py_ssize_t i
        cdef object text
        # A list of our own: nobody else can change it while we look at its items.
        self.owners = list(texts) if isinstance(texts, list) else listed(texts)
        self.views = <View*>malloc((len(self.owners) + 1) * sizeof(View))
        if self.views == NULL:
            raise MemoryError
        for i in range(len(self.owners)):
            if i + AHEAD < len(self.owners):
                SHIM_PREFETCH(PySequence_Fast_ITEMS(self.owners)[i + AHEAD])
            text = self.owners[i]
            try:
                owner = look_at(text, &self.views[i])
            except (TypeError, LimitError) as error:
                raise type(error)(f"texts[{i}]: {error}") from None
            except (ValueError, BufferError) as error:     # the text's own, when it is asked for its bytes
                kind = ValueError if isinstance(error, ValueError) else BufferError
                raise kind(f"texts[{i}]: {error}") from error
            if owner is not text:
                self.owners[i] = owner
            self.total += about_bytes(&self.views[i])
            self.count = i + 1

    def __dealloc__(self):
        free(self.views)
