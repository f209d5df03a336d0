"""Zeroed memory for tables that are read at random: in large pages, where the system has them, and page-aligned."""

from cpython.pyport cimport PY_SSIZE_T_MAX

cdef extern from "pages.h":
    void* shim_pages_new(size_t size) noexcept nogil
    void shim_pages_free(void* p, size_t size) noexcept nogil


cdef class LargeMemory:
    """Room for `count` numbers of 64 bits, seen through the buffer protocol."""

    def __cinit__(self, size_t count):
        if count > PY_SSIZE_T_MAX // 8:
            raise MemoryError
        self.count = <Py_ssize_t>count
        self.stride = 8
        self.data = shim_pages_new(max(count * 8, <size_t>1))
        if self.data == NULL:
            raise MemoryError

    def __dealloc__(self):
        shim_pages_free(self.data, max(<size_t>self.count * 8, <size_t>1))

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        buffer.buf = self.data
        buffer.obj = self
        buffer.len = self.count * 8
        buffer.itemsize = 8
        buffer.readonly = 0
        buffer.ndim = 1
        buffer.format = b"Q"
        buffer.shape = &self.count
        buffer.strides = &self.stride
        buffer.suboffsets = NULL
        buffer.internal = NULL
