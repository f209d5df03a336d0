"""From text to ids."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t

from shimmytok._bundle cimport Bundle
from shimmytok._scratch cimport Scratch, ScratchPool
from shimmytok._specials cimport SpecialMatcher
from shimmytok._texts cimport View
from shimmytok._workspace cimport IdSink, Workspace
from shimmytok.models._model cimport Model

cdef enum:
    SHORT_TEXT = 1024              # bytes; handing the GIL over and back takes longer than encoding these

cdef object failure(int status)    # the exception for a Status


cdef class Encoder:
    cdef Model model
    cdef SpecialMatcher all_specials
    cdef SpecialMatcher user_defined
    cdef const uint32_t[::1] around    # ids to put before a text, and then those to put behind it
    cdef const uint32_t* first_prefix
    cdef const uint32_t* first_suffix
    cdef size_t n_prefix
    cdef size_t n_suffix
    cdef ScratchPool spare
    cdef int run(
        self, View view, bint add_special, bint parse_special, Scratch* scratch, IdSink* out
    ) noexcept nogil
    cdef int run_some(
        self, const View* views, size_t count, bint add_special, bint parse_special, Scratch* scratch, IdSink* out,
        int64_t* counts, size_t* done
    ) noexcept nogil
    cdef int bundle(
        self, View view, bint add_special, bint parse_special, Workspace* ws, Bundle* bundle
    ) noexcept nogil
    cdef int encode_uncut(self, View* view, Workspace* ws, IdSink* out) noexcept nogil
    cdef int bundle_segment(self, const View* view, size_t i, Workspace* ws, Bundle* bundle) noexcept nogil
    cdef int encode_segment(self, const View* view, size_t i, Workspace* ws, IdSink* out) noexcept nogil
    cdef int encode_bundled(
        self, const View* view, size_t first, size_t end, Scratch* scratch, IdSink* out
    ) noexcept nogil
    cdef int encode_segments(self, const View* view, Scratch* scratch, IdSink* out) noexcept nogil
    cdef Scratch* encode(self, object text, bint add_special, bint parse_special) except NULL
