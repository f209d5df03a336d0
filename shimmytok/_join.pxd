"""Joining the pieces of tokens: a table of rows, and the loop over ids."""

from cpython.object cimport PyObject
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._workspace cimport Buffer

cdef extern from "int_read.h":
    uint64_t shim_small_int(PyObject* o) noexcept nogil

cdef enum:
    ROW = 16                       # bytes of a row
    SHORT_PIECE = 15               # of a piece that lies in its row
    HIDDEN = 0x40                  # in the last byte of a row: not written when special tokens are skipped
    IN_ARENA = 0x80                # the row holds a place in the arena: uint32 start, uint32 size

cdef struct Rows:                  # const
    const uint8_t* rows            # the last byte of each: the size of the piece and flags
    const uint8_t* arena
    uint32_t count

cdef enum IdForm:
    OBJECTS                        # PyObject*: ints
    WORDS                          # uint32
    LONG_WORDS                     # uint64

cdef struct Ids:                   # from outside: unchecked
    const void* items
    size_t n
    IdForm form

cdef struct Text:                  # text.data[0:n]
    Buffer data
    size_t n

# The piece of a token that is one.
cdef inline const uint8_t* piece_of(const Rows* t, uint32_t token, size_t* n) noexcept nogil:
    cdef const uint8_t* row = t.rows + <size_t>token * ROW
    cdef const uint32_t* place = <const uint32_t*>row
    if row[SHORT_PIECE] & IN_ARENA:
        n[0] = place[1]
        return t.arena + place[0]
    n[0] = row[SHORT_PIECE] & SHORT_PIECE
    return row


cdef inline uint64_t id_at(const Ids* ids, size_t i) noexcept nogil:
    if ids.form == OBJECTS:
        return shim_small_int((<PyObject**>ids.items)[i])
    if ids.form == WORDS:
        return (<const uint32_t*>ids.items)[i]
    return (<const uint64_t*>ids.items)[i]


cdef inline size_t size_of(IdForm form) noexcept nogil:
    """Bytes of an item."""
    if form == OBJECTS:
        return sizeof(PyObject*)
    return sizeof(uint32_t) if form == WORDS else sizeof(uint64_t)


# Append the pieces of ids; a Status.  It stops at the first id that is not in the table: done[0] < ids.n.
cdef int append_pieces(const Rows* t, const Ids* ids, bint skip_special, Text* out, size_t* done) noexcept nogil
