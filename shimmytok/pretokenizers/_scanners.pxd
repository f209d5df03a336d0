"""The splitters that no regular expression over symbol classes can say. Each pushes the ends of one piece's parts.

`members[class]` is 1 for the characters it is about; classes[end] is END_OF_PIECE. Returns 0, or -1 out of memory.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from shimmytok.pretokenizers._scratch cimport SplitScratch

cdef int group_ends(const uint8_t* members, const uint8_t* classes, size_t begin, size_t end,
                    SplitScratch* s) noexcept nogil
cdef int group_starts(const uint8_t* members, const uint8_t* classes, size_t begin, size_t end,
                      SplitScratch* s) noexcept nogil
