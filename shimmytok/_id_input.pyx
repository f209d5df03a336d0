"""Token ids as they come from outside: any sequence or iterable of int, or a buffer of integers."""

from operator import index

import numpy as np

from cpython.object cimport PyObject
from libc.stdint cimport int64_t

from shimmytok._array_memory cimport ArrayView, look_at_array
from shimmytok._join cimport IdForm

from shimmytok.arguments import as_iterator, wrong_type
from shimmytok.errors import InvalidTokenError

cdef extern from *:
    """
    #if defined(Py_GIL_DISABLED)
    #define SHIM_LISTS_CHANGE 1
    #else
    #define SHIM_LISTS_CHANGE 0
    #endif
    """
    const bint SHIM_LISTS_CHANGE   # while we read them

cdef extern from "Python.h":
    bint PyList_CheckExact(object o) noexcept
    bint PyTuple_CheckExact(object o) noexcept
    PyObject** PySequence_Fast_ITEMS(object o) noexcept
    Py_ssize_t PySequence_Fast_GET_SIZE(object o) noexcept

cdef object Array = np.ndarray


cdef object look_at_ids(object ids, Ids* view):
    cdef ArrayView array
    if type(ids) is Array:
        if not look_at_array(ids, &array) or not (array.itemsize == 4 or array.itemsize == 8):
            return None
        view.items = array.data
        view.n = array.n
        view.form = IdForm.WORDS if array.itemsize == 4 else IdForm.LONG_WORDS  # what is negative is too large then
        return ids
    if SHIM_LISTS_CHANGE and PyList_CheckExact(ids):
        ids = tuple(ids)
    if not (PyList_CheckExact(ids) or PyTuple_CheckExact(ids)):
        return None
    view.items = PySequence_Fast_ITEMS(ids)
    view.n = <size_t>PySequence_Fast_GET_SIZE(ids)
    view.form = IdForm.OBJECTS
    return ids


cdef object wrong_id(Py_ssize_t i, object value, uint32_t count):
    return InvalidTokenError(f"ids[{i}] is {value}: the vocabulary has {count} tokens")


cdef object checked_array(object array, uint32_t count):
    if array.ndim != 1:
        raise TypeError(f"expected a one-dimensional array of token ids, not {array.ndim} dimensions")
    if array.dtype.kind not in "iu":
        if array.dtype.kind == "O":
            return checked_ids(array.tolist(), count)
        if array.size:
            raise TypeError(f"expected integer token ids, not {array.dtype}")
        return np.empty(0, np.uint32)
    array = np.array(array)                                # others may write to theirs while we look
    wrong = (array < 0) | (array >= count)
    if wrong.any():
        i = int(np.argmax(wrong))
        raise wrong_id(i, array[i], count)
    return array.astype(np.uint32)


cdef object checked_ids(object ids, uint32_t count):
    cdef Py_ssize_t i
    cdef int64_t value
    cdef uint32_t[::1] checked
    cdef list items
    if isinstance(ids, (str, bytes, bytearray)):           # whose characters or bytes are hardly meant
        raise wrong_type(ids, "token ids")
    if not isinstance(ids, (list, tuple)) and hasattr(ids, "__array__") or isinstance(ids, memoryview):
        return checked_array(np.asarray(ids), count)
    try:
        items = list(ids)
    except TypeError:
        as_iterator(ids, "token ids")
        raise
    result = np.empty(len(items), np.uint32)
    checked = result
    for i in range(len(items)):
        try:
            value = index(items[i])
        except OverflowError:
            value = -1
        except TypeError:
            raise TypeError(f"ids[{i}]: expected int, not {type(items[i]).__name__}") from None
        if value < 0 or value >= count:
            raise wrong_id(i, items[i], count)
        checked[i] = <uint32_t>value
    return result
