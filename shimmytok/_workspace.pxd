"""Scratch memory of one encoding thread, and the sink that ids are pushed into."""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t
from libc.stdlib cimport realloc

from shimmytok.pretokenizers._split cimport SplitScratch

cdef extern from *:
    """
    #define SHIM_NONE UINT32_MAX
    """
    const uint32_t NONE "SHIM_NONE"    # no id, no symbol

cdef enum:
    LONGEST_TEXT = 0x7FFFFFFF      # bytes: llama.cpp counts them in an int32, and offsets into texts are 32 bits wide
    MOST_WALKED = 256              # bytes, for each byte of a text, that walks through a charsmap may look at

cdef enum:                         # what is known of a text
    CLEAN = 1                      # it is valid UTF-8
    ASCII_ONLY = 2

cdef enum Status:
    OK = 0
    OUT_OF_MEMORY = -1
    NOT_ENCODABLE = -2             # the vocabulary has no token for a byte, and no unknown token
    TOO_LONG = -3                  # a text is too long once it is normalised
    NOT_BUNDLED = -4               # a text has to be encoded alone
    TOO_SLOW = -5                  # a text makes walks through the charsmap too long

cdef struct IdSink:                # the ids of one text or of many, in order
    uint32_t* ids
    size_t n
    size_t cap

cdef struct Buffer:                # memory that only grows
    void* data
    size_t cap                     # bytes

cdef struct Segment:               # a stretch of text, or a special token found in it
    uint32_t start                 # bytes of the text
    uint32_t end
    uint32_t token                 # NONE for a stretch of text

cdef struct PartsScratch:          # of long pieces that are merged part by part
    Buffer pieces
    Buffer runs
    Buffer words                   # what is merged
    Buffer regions
    Buffer doubts
    Buffer[2] tokens

cdef struct Workspace:
    SplitScratch split
    Buffer fragment                # the beginning of a fragment, behind a space
    Buffer utf8                    # the UTF-8 of a str
    Buffer escaped                 # a fragment with its spaces escaped
    Buffer plain                   # long words as plain texts,
    Buffer longs                   # and where these are
    Buffer repaired                # a fragment with its invalid UTF-8 replaced
    Buffer pieces                  # where the words of a block of text start and end
    Buffer walks                   # down a trie
    Buffer places                  # of a text, and what ends there
    Buffer matches                 # tokens in it
    Buffer lowered                 # words in lower case
    Buffer ends                    # of pieces that have been cut
    Buffer nodes                   # the symbols of a merge
    Buffer ranks                   # the tree over those of its pairs
    PartsScratch parts
    Buffer candidates              # special tokens that may be cut out
    Buffer batch                   # pieces that are looked up in the word cache
    Buffer moved                   # ids that make room for others between them
    Buffer marks                   # a byte for each byte of text: taken by a special token?
    Buffer segments                # the cut: Segment[n_segments]
    size_t n_segments
    int clean                      # what is known of the fragment to encode: CLEAN, ASCII_ONLY, or nothing: 0
    IdSink found                   # ids of pieces that the word cache did not know


cdef inline int reserve(Buffer* buffer, size_t size) noexcept nogil:
    """Make room for `size` bytes; what was there is kept."""
    cdef size_t cap
    cdef void* data
    if size <= buffer.cap:
        return OK
    cap = buffer.cap + buffer.cap // 2
    if cap < size:
        cap = size
    if cap < 256:
        cap = 256
    data = realloc(buffer.data, cap)
    if data == NULL:
        return OUT_OF_MEMORY
    buffer.data = data
    buffer.cap = cap
    return OK


cdef inline int reserve_ids(IdSink* sink, size_t more) noexcept nogil:
    """Make room for `more` further ids."""
    cdef size_t cap
    cdef uint32_t* ids
    if more <= sink.cap - sink.n:
        return OK
    cap = sink.cap + sink.cap // 2
    if cap < sink.n + more:
        cap = sink.n + more
    if cap < 64:
        cap = 64
    ids = <uint32_t*>realloc(sink.ids, cap * sizeof(uint32_t))
    if ids == NULL:
        return OUT_OF_MEMORY
    sink.ids = ids
    sink.cap = cap
    return OK


cdef inline int push(IdSink* sink, uint32_t token) noexcept nogil:
    if sink.n == sink.cap and reserve_ids(sink, 1) != OK:
        return OUT_OF_MEMORY
    sink.ids[sink.n] = token
    sink.n += 1
    return OK


cdef void workspace_init(Workspace* ws) noexcept nogil
cdef void workspace_free(Workspace* ws) noexcept nogil
cdef size_t workspace_size(const Workspace* ws) noexcept nogil
