"""Joining the pieces of tokens: a table of rows, and the loop over ids.

A row is 16 bytes: a piece of up to 15, and its size.  Sixteen bytes are copied whatever the size is; the next piece
overwrites what is too much.
"""

from libc.string cimport memcpy

from shimmytok._workspace cimport OK, OUT_OF_MEMORY, reserve

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

ctypedef fused Item:
    uint32_t
    uint64_t

cdef enum:
    BLOCK = 1024                   # ids that room is made for at a time
    AHEAD = 64                     # rows, or ints, whose memory is asked for before they are read


cdef int append_odd(const Rows* t, const uint8_t* row, bint skip_special, size_t more, Text* out) noexcept nogil:
    """Append a piece that is long or hidden, and leave room for `more` bytes."""
    cdef const uint32_t* place = <const uint32_t*>row
    cdef size_t n = row[SHORT_PIECE] & SHORT_PIECE
    if skip_special and row[SHORT_PIECE] & HIDDEN:
        return OK
    if row[SHORT_PIECE] & IN_ARENA:
        n = place[1]
        row = t.arena + place[0]
        if reserve(&out.data, out.n + n + more) != OK:
            return OUT_OF_MEMORY
    memcpy(<uint8_t*>out.data.data + out.n, row, n)
    out.n += n
    return OK


cdef int append_items(const Rows* t, const Item* items, size_t n, bint skip_special, Text* out,
                      size_t* done) noexcept nogil:
    cdef size_t i = 0, end
    cdef uint64_t token
    cdef const uint8_t* row
    cdef uint8_t* to
    while i < n:
        end = i + min(n - i, <size_t>BLOCK)
        if reserve(&out.data, out.n + (end - i) * ROW) != OK:
            return OUT_OF_MEMORY
        to = <uint8_t*>out.data.data + out.n
        while i < end:
            if i + AHEAD < n:
                SHIM_PREFETCH(t.rows + min(<uint64_t>items[i + AHEAD], <uint64_t>t.count) * ROW)
            token = items[i]
            if token >= t.count:
                done[0] = i
                return OK
            row = t.rows + token * ROW
            i += 1
            if row[SHORT_PIECE] <= SHORT_PIECE:
                memcpy(to, row, ROW)
                to += row[SHORT_PIECE]
                continue
            out.n = to - <uint8_t*>out.data.data
            if append_odd(t, row, skip_special, (end - i) * ROW, out) != OK:
                return OUT_OF_MEMORY
            to = <uint8_t*>out.data.data + out.n
        out.n = to - <uint8_t*>out.data.data
    done[0] = n
    return OK


cdef int append_ints(const Rows* t, PyObject** items, size_t n, bint skip_special, Text* out,
                     size_t* done) noexcept nogil:
    cdef uint64_t[BLOCK] values
    cdef size_t begin = 0, i, m
    done[0] = 0
    while done[0] == begin and begin < n:
        m = min(n - begin, <size_t>BLOCK)
        for i in range(m):
            if begin + i + AHEAD < n:
                SHIM_PREFETCH(items[begin + i + AHEAD])
            values[i] = shim_small_int(items[begin + i])
            if i < AHEAD:                                  # for the rows behind them append_items asks
                SHIM_PREFETCH(t.rows + min(values[i], <uint64_t>t.count) * ROW)
        if append_items(t, <const uint64_t*>values, m, skip_special, out, done) != OK:
            return OUT_OF_MEMORY
        done[0] += begin
        begin += m
    return OK


cdef int append_pieces(const Rows* t, const Ids* ids, bint skip_special, Text* out, size_t* done) noexcept nogil:
    if ids.form == OBJECTS:
        return append_ints(t, <PyObject**>ids.items, ids.n, skip_special, out, done)
    if ids.form == WORDS:
        return append_items(t, <const uint32_t*>ids.items, ids.n, skip_special, out, done)
    return append_items(t, <const uint64_t*>ids.items, ids.n, skip_special, out, done)
