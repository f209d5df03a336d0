"""Lists of ids out of shared int objects."""

from cpython.object cimport PyObject
from libc.stddef cimport size_t
from libc.stdint cimport uint32_t

cdef class IntPool:
    cdef PyObject** _ints          # NULL: not made yet
    cdef size_t _count
    # A list of n ids, behind which those of the next lists stand: `known` are there.
    cdef list make_list(self, const uint32_t* ids, size_t n, size_t known)
