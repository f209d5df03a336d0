"""From text to ids."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

from shimmytok._ids cimport IdBuffer
from shimmytok._specials cimport SpecialMatcher
from shimmytok._workspace cimport IdSink, Workspace
from shimmytok.models._model cimport Model

cdef struct View:                  # a text; its owner keeps it alive and unchanged
    const uint8_t* text
    size_t n

cdef class Scratch:
    cdef Workspace ws

cdef class Texts:                  # many texts, ready to be encoded without the GIL
    cdef View* views
    cdef readonly Py_ssize_t count
    cdef list _owners

cdef class Encoder:
    cdef Model model
    cdef SpecialMatcher all_specials
    cdef SpecialMatcher user_defined
    cdef const uint32_t[::1] prefix
    cdef const uint32_t[::1] suffix
    cdef list _spare
    cdef int run(self, View view, bint add_special, bint parse_special, Workspace* ws, IdSink* out) noexcept nogil
    cdef Scratch borrow(self)
    cdef void give_back(self, Scratch scratch)
    cdef IdBuffer encode_view(self, View view, bint add_special, bint parse_special)
