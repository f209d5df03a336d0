"""Lists of ids out of shared int objects: an id's int is made when it is first asked for, and kept.

Taking one more reference to an int costs an eighth of making it.  Without a GIL references that many threads share
cost more than that, and every list gets ints of its own.
"""

cdef extern from *:
    """
    #if defined(Py_GIL_DISABLED)
    #define SHIM_SHARE_INTS 0
    #else
    #define SHIM_SHARE_INTS 1
    #endif
    """
    const bint SHIM_SHARE_INTS

cdef extern from "Python.h":
    PyObject* new_list "PyList_New"(Py_ssize_t n) except NULL
    PyObject* new_int "PyLong_FromUnsignedLong"(unsigned long value) except NULL
    void set_item "PyList_SET_ITEM"(PyObject* items, Py_ssize_t i, PyObject* item) noexcept
    void take_reference "Py_INCREF"(PyObject* o) noexcept
    void drop_reference "Py_DECREF"(PyObject* o) noexcept


cdef extern from "pages.h":
    void* shim_sparse_pages_new(size_t size) noexcept nogil
    void shim_pages_free(void* p, size_t size) noexcept nogil

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

cdef enum:
    NEAR = 8                       # ints whose memory is asked for before they are referred to, if there are a few,
    FAR = 48                       # or many: reading them takes as long as referring to dozens that are at hand


cdef inline PyObject* int_of(PyObject** ints, size_t count, uint32_t token) except NULL:
    """A new reference to the int of an id; `ints` has those below `count`."""
    cdef PyObject* item = ints[token] if token < count else NULL
    if item == NULL:
        item = new_int(token)
        if token >= count:
            return item
        ints[token] = item
    take_reference(item)
    return item


cdef inline int fill(
    PyObject** ints, size_t count, PyObject* items, const uint32_t* ids, size_t n, size_t known, const size_t ahead
) except -1:
    """Put the ints of n ids into a new list; `ahead` of each one another's memory is asked for."""
    cdef size_t i, asked = min(n, known - min(known, 2 * ahead))
    for i in range(asked):
        if ids[i + 2 * ahead] < count:
            SHIM_PREFETCH(&ints[ids[i + 2 * ahead]])
        if ids[i + ahead] < count:
            SHIM_PREFETCH(ints[ids[i + ahead]])
        set_item(items, <Py_ssize_t>i, int_of(ints, count, ids[i]))
    for i in range(asked, n):
        set_item(items, <Py_ssize_t>i, int_of(ints, count, ids[i]))
    return 0


cdef class IntPool:
    """Room for the ints of the ids below `count`; the memory is taken as they are used."""

    def __cinit__(self, size_t count):
        if SHIM_SHARE_INTS:
            self._ints = <PyObject**>shim_sparse_pages_new((count + 1) * sizeof(PyObject*))
            if self._ints == NULL:
                raise MemoryError
            self._count = count

    def __dealloc__(self):
        cdef size_t i
        for i in range(self._count):
            if self._ints[i] != NULL:
                drop_reference(self._ints[i])
        shim_pages_free(self._ints, (self._count + 1) * sizeof(PyObject*))

    cdef list make_list(self, const uint32_t* ids, size_t n, size_t known):
        cdef PyObject* items = new_list(<Py_ssize_t>n)
        cdef list result = <list>items
        drop_reference(items)                              # `result` holds it
        if known > 3 * FAR:
            fill(self._ints, self._count, items, ids, n, known, FAR)
        else:
            fill(self._ints, self._count, items, ids, n, known, NEAR)
        return result
