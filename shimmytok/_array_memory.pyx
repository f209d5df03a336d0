"""The memory of numpy arrays, without numpy's headers.

An array begins with the fields below (numpy's PyArrayObject_fields), which all code compiled with numpy's headers reads
in place.  Whether they are there is tried out on a few arrays when this module is loaded; if not, the C side of the
array interface, version 3, is asked.  That takes 100 ns, the buffer protocol twice that.
"""

import numpy as np

from cpython.object cimport PyObject
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport intptr_t

cdef enum:                         # of flags
    CONTIGUOUS = 0x1
    ALIGNED = 0x100
    NATIVE = 0x200                 # not byte-swapped; in the interface only

cdef struct ArrayFields:
    PyObject head
    void* data
    int nd
    intptr_t* shape
    intptr_t* strides              # bytes
    PyObject* base
    PyObject* dtype
    int flags

cdef struct ArrayInterface:        # numpy's PyArrayInterface
    int two
    int nd
    char typekind
    int itemsize
    int flags
    intptr_t* shape
    intptr_t* strides
    void* data
    void* descr

# One object stands for a native type in all arrays; others of the same kind take the long way.
cdef tuple WORDS = (np.dtype(np.uint32), np.dtype(np.int32))
cdef tuple LONG_WORDS = (np.dtype(np.int64), np.dtype(np.uint64))


cdef bint has_fields(object array) except -1:
    """Does this array begin with the fields?"""
    cdef ArrayFields* a = <ArrayFields*><PyObject*>array
    expected = array.__array_interface__
    return (
        <size_t>a.data == expected["data"][0]
        and a.nd == array.ndim == 1
        and a.shape[0] == array.shape[0]
        and a.strides[0] == array.strides[0]
        and a.dtype == <PyObject*>array.dtype
        and a.flags & 0xFFFF == array.flags.num & 0xFFFF
    )


cdef bint all_have_fields() except -1:
    arrays = [np.zeros(7, dtype)[start::step] for dtype in WORDS + LONG_WORDS for start in (0, 3) for step in (1, 2)]
    return np.ndarray.__basicsize__ >= <Py_ssize_t>sizeof(ArrayFields) and all([has_fields(a) for a in arrays])


cdef bint FIELDS_KNOWN = all_have_fields()


def read_fields(bint wanted):
    """Have the fields read, if they are there, or not; were they?  For tests of both ways."""
    global FIELDS_KNOWN
    before = FIELDS_KNOWN
    FIELDS_KNOWN = wanted and all_have_fields()
    return before


cdef void* data_of(object array) except NULL:
    if FIELDS_KNOWN:
        return (<ArrayFields*><PyObject*>array).data
    capsule = array.__array_struct__
    return (<ArrayInterface*>PyCapsule_GetPointer(capsule, NULL)).data


cdef bint look_at_fields(object array, ArrayView* view):
    cdef ArrayFields* a = <ArrayFields*><PyObject*>array
    if a.nd != 1 or a.flags & (CONTIGUOUS | ALIGNED) != CONTIGUOUS | ALIGNED:
        return False
    if a.dtype == <PyObject*>WORDS[0] or a.dtype == <PyObject*>WORDS[1]:
        view.itemsize = 4
    elif a.dtype == <PyObject*>LONG_WORDS[0] or a.dtype == <PyObject*>LONG_WORDS[1]:
        view.itemsize = 8
    else:
        return False
    view.data = a.data
    view.n = <size_t>a.shape[0]
    return True


cdef bint look_at_array(object array, ArrayView* view) except -1:
    cdef const ArrayInterface* a
    if FIELDS_KNOWN and look_at_fields(array, view):
        return True
    capsule = array.__array_struct__                       # it refers to the memory that the array itself holds
    a = <const ArrayInterface*>PyCapsule_GetPointer(capsule, NULL)
    if a.nd != 1 or not (a.typekind == b"i" or a.typekind == b"u") or a.flags & (ALIGNED | NATIVE) != ALIGNED | NATIVE:
        return False
    if a.shape[0] > 1 and a.strides[0] != a.itemsize:      # of one or none the stride may be anything
        return False
    view.data = a.data
    view.n = <size_t>a.shape[0]
    view.itemsize = <size_t>a.itemsize
    return True
