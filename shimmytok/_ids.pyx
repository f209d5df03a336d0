"""Token ids as encoding leaves them: memory that becomes a list, or a numpy array without a copy."""

import numpy as np

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_ND, PyBUF_STRIDES
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.long cimport PyLong_FromLong
from cpython.ref cimport Py_INCREF
from libc.stdint cimport int64_t, uint32_t
from libc.stdlib cimport free, realloc


cdef class IdBuffer:
    """Token ids, uint32[n], through the buffer protocol; `tolist()` makes a list of int."""

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

    cdef object slice_list(self, size_t start, size_t end):
        cdef list result = PyList_New(<Py_ssize_t>(end - start))
        cdef size_t i
        cdef object item
        for i in range(start, end):
            item = PyLong_FromLong(<long>self.sink.ids[i])
            Py_INCREF(item)
            PyList_SET_ITEM(result, <Py_ssize_t>(i - start), item)
        return result

    def tolist(self):
        return self.slice_list(0, self.sink.n)

    def rows(self, const int64_t[::1] offsets not None):
        """Lists of the ids between neighbouring offsets."""
        cdef Py_ssize_t i
        if offsets.shape[0] == 0 or offsets[offsets.shape[0] - 1] > <int64_t>self.sink.n:
            raise ValueError("offsets beyond the ids")
        return [self.slice_list(offsets[i], offsets[i + 1]) for i in range(offsets.shape[0] - 1)]

    def numpy(self):
        """The ids as a numpy array that owns this memory; spare room is given back first."""
        cdef uint32_t* ids
        if self.sink.n < self.sink.cap and self.sink.n:
            ids = <uint32_t*>realloc(self.sink.ids, self.sink.n * sizeof(uint32_t))
            if ids != NULL:
                self.sink.ids = ids
                self.sink.cap = self.sink.n
        return np.frombuffer(self, dtype=np.uint32) if self.sink.n else np.empty(0, np.uint32)
