"""Token ids as numpy arrays."""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t

from shimmytok._workspace cimport IdSink

cdef class IdBuffer:               # uint32 ids that others may look at without a copy
    cdef IdSink sink
    cdef Py_ssize_t _shape
    cdef Py_ssize_t _stride

cdef object as_array(IdSink* sink)     # takes the sink's memory, or leaves it
cdef object copied(const uint32_t* ids, size_t n)
