"""The memory of numpy arrays, without numpy's headers."""

from libc.stddef cimport size_t

cdef struct ArrayView:             # a one-dimensional array of native, aligned, adjacent integers
    void* data
    size_t n
    size_t itemsize

# The memory of an array of numpy's own type, to write to.
cdef void* data_of(object array) except NULL

# Look at an array of numpy's own type, without its being checked for changes; False for any other kind of array.
cdef bint look_at_array(object array, ArrayView* view) except -1
