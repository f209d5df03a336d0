"""Many texts at once: lists of ids, or all ids in one array with offsets.

The calling thread encodes too.  Of what the others have done it takes over, in order, what is ready, before it takes
the next unit of texts.
"""

import numpy as np

from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t
from libc.stdlib cimport free
from libc.string cimport memcpy

from shimmytok._array_memory cimport data_of
from shimmytok._encoder cimport SHORT_TEXT
from shimmytok._ids cimport IdBuffer, as_array
from shimmytok._scratch cimport Scratch
from shimmytok._seams cimport parts_of
from shimmytok._work_queue cimport TORN, Unit, WorkQueue, named_failure
from shimmytok._workspace cimport OK, OUT_OF_MEMORY, IdSink, reserve_ids

cdef extern from *:
    """
    #if PY_VERSION_HEX < 0x030C0000
    #define SHIM_HIDE(list) PyObject_GC_UnTrack(list)
    #define SHIM_SHOW(list) PyObject_GC_Track(list)
    #else                                  /* these collect garbage between bytecodes only */
    #define SHIM_HIDE(list) (void)(list)
    #define SHIM_SHOW(list) (void)(list)
    #endif
    """
    void hide_from_collector "SHIM_HIDE"(list row) noexcept
    void show_to_collector "SHIM_SHOW"(list row) noexcept

cdef enum:
    UNIT = 64 * 1024               # bytes of text, with one thread
    SMALLEST_UNIT = 8 * 1024       # with several, so that they end together
    UNITS_EACH = 16
    BETWEEN_SIGNALS = 512 * 1024   # bytes encoded here before signals are looked at

cdef object int64 = np.dtype(np.int64)


cdef WorkQueue queue_of(Encoder encoder, Texts texts, bint add_special, bint parse_special, size_t threads):
    cdef size_t unit = UNIT
    if threads > 1:
        unit = min(max(texts.total // (threads * UNITS_EACH), <size_t>SMALLEST_UNIT), <size_t>UNIT)
    return WorkQueue(encoder, texts, add_special, parse_special, unit)


cdef int add_row(list rows, const IdSink* ids, size_t start, size_t n, IntPool ints) except -1:
    """Append a list of n ids.  Python collects garbage at every 700th list, and looks at all ints of all lists there
    are: until the batch is done it does not know of these."""
    cdef list row = ints.make_list(ids.ids + start, n, ids.n - start)
    hide_from_collector(row)
    rows.append(row)
    return 0


cdef object encode_few(Encoder encoder, Texts texts, bint add_special, bint parse_special, list rows, IntPool ints,
                       int64_t* ends):
    """Encode texts that are short all together, with the GIL: either to lists, or to an array and the ends in it."""
    cdef Scratch* scratch = encoder.spare.borrow()
    cdef IdSink* ids = &scratch.ids
    cdef int64_t[SHORT_TEXT] counts
    cdef Py_ssize_t i = 0
    cdef size_t start = 0, done
    cdef int status
    try:
        while i < texts.count:
            status = encoder.run_some(
                texts.views + i, <size_t>(texts.count - i), add_special, parse_special, scratch, ids, counts + i, &done
            )
            i += <Py_ssize_t>done
            if status != OK:
                raise named_failure(status, i)
        for i in range(texts.count):
            if ends == NULL:
                add_row(rows, ids, start, <size_t>counts[i], ints)
            else:
                ends[i] = <int64_t>start + counts[i]
            start += <size_t>counts[i]
        return None if ends == NULL else as_array(ids)
    finally:
        encoder.spare.give_back(scratch)


cdef object torn():
    return RuntimeError("the process forked while threads encoded for it: its child has no threads to go on with")


cdef int add_rows(list rows, WorkQueue queue, const Unit* unit, const IdSink* ids, IntPool ints) except -1:
    """Append a list for each text of a unit."""
    cdef Py_ssize_t i
    cdef size_t start = 0
    queue.check(unit)
    for i in range(unit.first, unit.end):
        add_row(rows, ids, start, <size_t>queue.shared.counts[i], ints)
        start += <size_t>queue.shared.counts[i]
    return 0


cdef int fill_rows(list rows, WorkQueue queue, IntPool ints) except -1:
    cdef IdSink* own = &queue.scratch.ids
    cdef Unit* unit
    cdef size_t given = 0
    cdef int status
    while given < queue.shared.n_units:
        if queue.is_done(given):
            unit = &queue.shared.units[given]
            add_rows(rows, queue, unit, &unit.ids, ints)
            free(unit.ids.ids)
            unit.ids.ids = NULL
            given += 1
            continue
        unit = queue.take()
        if unit == NULL:
            with nogil:
                status = queue.join()
            if status == TORN:
                raise torn()
        elif unit != &queue.shared.units[given]:
            with nogil:
                queue.encode(unit, &unit.ids)
        else:
            own.n = 0
            with nogil:
                queue.encode(unit, own)
            add_rows(rows, queue, unit, own, ints)
            given += 1
        PyErr_CheckSignals()
    return 0


cdef list encode_lists(Encoder encoder, Texts texts, bint add_special, bint parse_special, size_t threads,
                       IntPool ints):
    cdef WorkQueue queue
    cdef list row
    rows = []
    if texts.total <= SHORT_TEXT and texts.count <= SHORT_TEXT:
        encode_few(encoder, texts, add_special, parse_special, rows, ints, NULL)
    else:
        queue = queue_of(encoder, texts, add_special, parse_special, threads)
        try:
            queue.start(threads - 1)
            fill_rows(rows, queue, ints)
        finally:
            queue.close()
    for row in rows:
        show_to_collector(row)
    return rows


cdef int take_over(Unit* unit, IdSink* out) noexcept nogil:
    """Append the ids of a unit that another thread has encoded."""
    if unit.ids.n:
        if reserve_ids(out, unit.ids.n) != OK:
            return OUT_OF_MEMORY
        memcpy(out.ids + out.n, unit.ids.ids, unit.ids.n * sizeof(unit.ids.ids[0]))
        out.n += unit.ids.n
    free(unit.ids.ids)
    unit.ids.ids = NULL
    return unit.status


cdef int append_some(WorkQueue queue, IdSink* out, size_t* given) noexcept nogil:
    """Encode some units and append what is ready; a Status.  After a failure `given` is the number of the unit."""
    cdef Unit* unit
    cdef size_t encoded = 0
    cdef int status
    while given[0] < queue.shared.n_units and encoded < BETWEEN_SIGNALS:
        if queue.is_done(given[0]):
            status = take_over(&queue.shared.units[given[0]], out)
            if status != OK:
                return status
            given[0] += 1
            continue
        unit = queue.take()
        if unit == NULL:
            status = queue.join()
            if status != OK:
                return status
            continue
        # Ids that come next are appended without a copy.
        queue.encode(unit, out if unit == &queue.shared.units[given[0]] else &unit.ids)
        encoded += unit.size
    return OK


cdef IdBuffer append_all(WorkQueue queue):
    """The ids of all texts."""
    cdef IdBuffer ids = IdBuffer.__new__(IdBuffer)
    cdef size_t given = 0, units = 0
    cdef Py_ssize_t i
    cdef int status = OK
    for i in range(queue._texts.count):
        units += queue._texts.views[i].n // 4 + 1          # characters or bytes; more would be room that is not used
    if reserve_ids(&ids.sink, units) != OK:
        raise MemoryError
    while given < queue.shared.n_units:
        with nogil:
            status = append_some(queue, &ids.sink, &given)
        if status == TORN:
            raise torn()
        if status != OK:
            queue.check(&queue.shared.units[given])
            raise MemoryError
        PyErr_CheckSignals()
    return ids


cdef tuple encode_flat(Encoder encoder, Texts texts, bint add_special, bint parse_special, size_t threads):
    cdef WorkQueue queue
    cdef int64_t* offsets
    cdef Py_ssize_t i
    row_offsets = np.empty(texts.count + 1, int64)
    offsets = <int64_t*>data_of(row_offsets)
    offsets[0] = 0
    if texts.total <= SHORT_TEXT and texts.count <= SHORT_TEXT:
        return encode_few(encoder, texts, add_special, parse_special, None, None, offsets + 1), row_offsets
    queue = queue_of(encoder, texts, add_special, parse_special, threads)
    try:
        queue.start(threads - 1)
        ids = as_array(&append_all(queue).sink)
        for i in range(texts.count):
            offsets[i + 1] = offsets[i] + queue.shared.counts[i]
    finally:
        queue.close()
    return ids, row_offsets


cdef IdBuffer encode_by_parts(Encoder encoder, object text, bint add_special, bint parse_special, size_t threads,
                              size_t size):
    cdef Texts parts = parts_of(encoder, text, parse_special, size, threads)
    cdef WorkQueue queue
    if parts.count < 2:
        return None
    threads = min(threads, <size_t>parts.count)
    queue = WorkQueue(encoder, parts, add_special, parse_special, 1)  # each part is a unit of its own
    try:
        queue.start(threads - 1)
        return append_all(queue)
    finally:
        queue.close()


def ids_by_parts(Encoder encoder not None, text, bint add_special, bint parse_special, size_t threads, size_t size):
    """The ids of a text in parts of about `size` bytes, or None; for tests."""
    ids = encode_by_parts(encoder, text, add_special, parse_special, threads, size)
    return None if ids is None else as_array(&(<IdBuffer>ids).sink)
