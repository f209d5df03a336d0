"""Lines of merges, and the symbols that they speak of."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._vocab cimport Table, TokenTable
from shimmytok.gguf._strings cimport StringArray, StringsView

cdef enum:
    LINES = 64                     # that are read at a time, so that their cache misses overlap

cdef struct Side:                  # the left text of a line, the right one, or both
    const uint8_t* p
    size_t n
    uint64_t hash
    uint32_t symbol                # or NONE

cdef struct Line:                  # a merge as a file has it, its texts as pieces hold them
    bint applies
    Side left
    Side right
    Side both                      # lies there as a whole

cdef struct ShortSlot:
    uint64_t key                   # a text and its length; 0 is an empty slot
    uint64_t symbol

cdef struct ShortSymbols:          # those of at most 7 bytes, by their text
    const ShortSlot* slots         # by a hash of the key
    uint64_t mask                  # number of slots - 1
    uint64_t seed

cdef class LineReader:
    cdef const Table* texts        # tokens as the file writes them
    cdef const Table* symbols
    cdef ShortSymbols short
    cdef StringsView lines
    cdef const uint8_t* end        # up to here the lines can be read
    cdef bint byte_level
    cdef uint32_t expected         # the token that the next line's merge is likely to make, or the one after it
    cdef uint8_t[::1] _scratch
    cdef uint64_t[::1] _slots
    cdef uint8_t[::1] _held        # the texts of symbols, where the last lines read lie
    cdef TokenTable _texts
    cdef TokenTable _symbols
    cdef StringArray _lines
    cdef int _make_short(self) except -1
    cdef uint32_t read(self, size_t first, Line* lines) except? 0xFFFFFFFF
    cdef void _part(self, const uint8_t* p, size_t n, size_t* at, Line* line) noexcept nogil
