"""Which of the special tokens that may be cut out of a text are."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

from shimmytok._specials cimport SpecialTables
from shimmytok._workspace cimport Workspace

cdef enum:                         # of SpecialTables.strips
    STRIPS_LEFT = 1
    STRIPS_RIGHT = 2

# Chooses among ws.candidates, those from number `kept` to `count`, which none that may yet come can meet.  The chosen
# ones are there then, in order, and `count` is where they end.  A Status.
cdef int choose_all(const SpecialTables* t, const uint8_t* text, size_t n, Workspace* ws, size_t kept,
                    size_t* count) noexcept nogil
