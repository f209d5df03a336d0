"""Short texts one after the other, of a batch or between the special tokens of one text, so that their pieces are
looked up and encoded together.

A cache miss of one piece overlaps with those of others only if they are looked up at the same time, and a short text
has few.  What stands between the pieces, special tokens and the ids around a text, is in the bundle as Inserts: each
has a piece of its own, which is too long for a short entry of the word cache.  Where it is one id, that piece is found
like a word all the same, by an entry in the Insert.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memset

from shimmytok._cached_pieces cimport Insert, Pieces
from shimmytok._workspace cimport NONE, OK, OUT_OF_MEMORY, Buffer, reserve

cdef extern from "word_batch.h":
    void shim_stand_in(uint64_t* entry, uint32_t id, bint is_one) noexcept nogil

cdef enum:
    STAND_IN = 16                  # bytes, all 0, of the piece that stands for an Insert: more than a short entry has
    SLACK = 16                     # bytes that may be read behind the text

cdef struct BundleSize:
    size_t n                       # bytes of text
    size_t n_ends
    size_t n_inserts

cdef struct Bundle:
    Buffer text
    Buffer starts                  # of the pieces: uint32_t[n_ends], where they do not follow one another
    Buffer ends                    # of the pieces: uint32_t[n_ends]
    Buffer inserts                 # Insert[n_inserts], in order
    size_t n                       # bytes of text
    size_t n_ends
    size_t n_inserts


cdef inline size_t bundle_memory(const Bundle* b) noexcept nogil:
    """The bytes it holds."""
    return b.text.cap + b.starts.cap + b.ends.cap + b.inserts.cap


cdef inline void bundle_free(Bundle* b) noexcept nogil:
    free(b.text.data)
    free(b.starts.data)
    free(b.ends.data)
    free(b.inserts.data)
    memset(b, 0, sizeof(Bundle))


cdef inline void bundle_begin(Bundle* b) noexcept nogil:
    b.n = b.n_ends = b.n_inserts = 0


cdef inline BundleSize bundle_now(const Bundle* b) noexcept nogil:
    cdef BundleSize size
    size.n, size.n_ends, size.n_inserts = b.n, b.n_ends, b.n_inserts
    return size


cdef inline void bundle_drop(Bundle* b, BundleSize size) noexcept nogil:
    """Take back what was appended since it had this size."""
    b.n, b.n_ends, b.n_inserts = size.n, size.n_ends, size.n_inserts
    if b.inserts.data != NULL:
        (<Insert*>b.inserts.data)[size.n_inserts].at = NONE


cdef inline uint8_t* bundle_room(Bundle* b, size_t n) noexcept nogil:
    """Where n bytes of text are to be written, or NULL; they belong to it once `n` has grown."""
    return NULL if reserve(&b.text, b.n + n + SLACK) != OK else <uint8_t*>b.text.data + b.n


cdef inline int bundle_text(Bundle* b, const uint8_t* text, size_t n) noexcept nogil:
    cdef uint8_t* room = bundle_room(b, n)
    if room == NULL:
        return OUT_OF_MEMORY
    memcpy(room, text, n)
    b.n += n
    return OK


cdef inline void append_places(
    Buffer* buffer, size_t at, const uint32_t* places, size_t count, size_t base
) noexcept nogil:
    cdef uint32_t* to = <uint32_t*>buffer.data + at
    cdef size_t i
    for i in range(count):
        to[i] = <uint32_t>base + places[i]


cdef inline int bundle_pieces(
    Bundle* b, const uint32_t* starts, const uint32_t* ends, size_t count
) noexcept nogil:
    """Append pieces of the text that will be appended next; starts: NULL where they follow one another."""
    if reserve(&b.ends, (b.n_ends + count) * sizeof(uint32_t)) != OK:
        return OUT_OF_MEMORY
    append_places(&b.ends, b.n_ends, ends, count, b.n)
    if starts != NULL:
        if reserve(&b.starts, (b.n_ends + count) * sizeof(uint32_t)) != OK:
            return OUT_OF_MEMORY
        append_places(&b.starts, b.n_ends, starts, count, b.n)
    b.n_ends += count
    return OK


cdef inline int bundle_insert(
    Bundle* b, const uint32_t* ids, size_t n, uint32_t token, bint is_last
) noexcept nogil:
    """Append ids, which stay where they are, or with NULL a token."""
    cdef Insert* insert
    cdef uint8_t* room = bundle_room(b, STAND_IN)
    cdef uint32_t start = 0, end = STAND_IN
    if room == NULL or bundle_pieces(b, &start, &end, 1) != OK or \
            reserve(&b.inserts, (b.n_inserts + 2) * sizeof(Insert)) != OK:
        return OUT_OF_MEMORY
    memset(room, 0, STAND_IN + SLACK)
    insert = <Insert*>b.inserts.data + b.n_inserts
    insert.at = <uint32_t>b.n
    insert.ids = ids
    insert.n = <uint32_t>n
    insert.token = token
    insert.is_last = is_last
    insert.position = 0
    # Where a text ends among the ids is known of those only that wait.
    shim_stand_in(insert.entry, token if ids == NULL else ids[0], n == 1 and not is_last)
    insert[1].at = NONE
    b.n_inserts += 1
    b.n += STAND_IN
    return OK


cdef inline Pieces pieces_of(const Bundle* b, bint apart) noexcept nogil:
    """All pieces of a bundle; `apart`: they do not follow one another."""
    cdef Pieces pieces
    pieces.text = <const uint8_t*>b.text.data
    pieces.readable = b.n + SLACK
    pieces.start = 0
    pieces.starts = <const uint32_t*>b.starts.data if apart else NULL
    pieces.ends = <const uint32_t*>b.ends.data
    pieces.count = b.n_ends
    pieces.inserts = <Insert*>b.inserts.data if b.n_inserts else NULL
    return pieces
