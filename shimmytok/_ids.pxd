"""Token ids as encoding leaves them."""

from libc.stddef cimport size_t

from shimmytok._workspace cimport IdSink

cdef class IdBuffer:               # uint32 ids that others may look at without a copy
    cdef IdSink sink
    cdef Py_ssize_t _shape
    cdef Py_ssize_t _stride
    cdef object slice_list(self, size_t start, size_t end)
