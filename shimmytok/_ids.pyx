"""Token ids as numpy arrays: many by handing their memory over, few by a copy, which is cheaper then."""

import numpy as np

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_ND, PyBUF_STRIDES
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy

from shimmytok._array_memory cimport data_of

cdef enum:
    FEW = 4096                     # ids

cdef object empty = np.empty
cdef object uint32 = np.dtype(np.uint32)


cdef class IdBuffer:
    """Token ids, uint32[n], through the buffer protocol."""

    def __dealloc__(self):
        free(self.sink.ids)

    def __len__(self):
        return self.sink.n

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        self._shape = <Py_ssize_t>self.sink.n
        self._stride = sizeof(uint32_t)
        buffer.buf = <char*>self.sink.ids if self.sink.ids != NULL else <char*>&self._stride
        buffer.obj = self
        buffer.len = self._shape * sizeof(uint32_t)
        buffer.itemsize = sizeof(uint32_t)
        buffer.readonly = 0
        buffer.ndim = 1
        buffer.format = <char*>"I" if flags & PyBUF_FORMAT else NULL
        buffer.shape = &self._shape if flags & PyBUF_ND else NULL
        buffer.strides = &self._stride if (flags & PyBUF_STRIDES) == PyBUF_STRIDES else NULL
        buffer.suboffsets = NULL
        buffer.internal = NULL


cdef object copied(const uint32_t* ids, size_t n):
    array = empty(n, uint32)
    if n:
        memcpy(data_of(array), ids, n * sizeof(uint32_t))
    return array


cdef object as_array(IdSink* sink):
    """The ids as a numpy array of their own.  Of the memory it takes over, a fifth at most is not used."""
    cdef IdBuffer buffer
    cdef uint32_t* ids
    if sink.n <= FEW:
        return copied(sink.ids, sink.n)
    buffer = IdBuffer.__new__(IdBuffer)
    buffer.sink = sink[0]
    sink.ids = NULL
    sink.n = sink.cap = 0
    if buffer.sink.cap - buffer.sink.n > buffer.sink.n // 4:
        ids = <uint32_t*>realloc(buffer.sink.ids, buffer.sink.n * sizeof(uint32_t))
        if ids != NULL:
            buffer.sink.ids = ids
            buffer.sink.cap = buffer.sink.n
    return np.frombuffer(buffer, dtype=uint32)
