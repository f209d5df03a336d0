cdef class LargeMemory:
    cdef void* data
    cdef Py_ssize_t count
    cdef Py_ssize_t stride
