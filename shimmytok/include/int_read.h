/* Token ids out of Python's int objects. */
#ifndef SHIMMYTOK_INT_READ_H
#define SHIMMYTOK_INT_READ_H

#include <Python.h>
#include <stdint.h>

#define SHIM_NOT_SMALL UINT64_MAX

/* The value of an int that is not negative and small (below 2**30, or any that Python calls compact), else
 * SHIM_NOT_SMALL: also for what is no int. */
static inline uint64_t shim_small_int(PyObject *o) {
    if (!PyLong_CheckExact(o) && !PyLong_Check(o)) return SHIM_NOT_SMALL;
#if defined(PYPY_VERSION)
    return SHIM_NOT_SMALL;
#elif PY_VERSION_HEX >= 0x030C0000
    if (PyUnstable_Long_IsCompact((PyLongObject *)o)) {
        Py_ssize_t value = PyUnstable_Long_CompactValue((PyLongObject *)o);
        if (value >= 0) return (uint64_t)value;
    }
    return SHIM_NOT_SMALL;
#else
    if (Py_SIZE(o) == 1) return ((PyLongObject *)o)->ob_digit[0];
    return Py_SIZE(o) == 0 ? 0 : SHIM_NOT_SMALL;
#endif
}

#endif
