"""The part of a tokenizer that encodes."""

from shimmytok._encoder cimport Encoder
from shimmytok._ids cimport IdBuffer
from shimmytok._int_pool cimport IntPool
from shimmytok._scratch cimport Scratch
from shimmytok._text_decoder cimport TextDecoder
from shimmytok._texts cimport Texts

cdef class TextEncoder(TextDecoder):
    cdef readonly Encoder _encoder     # None: there is no tokenizer
    cdef IntPool _ints
    cdef readonly object _disallowed
    cdef object check(self, object text, object disallowed)
    cdef Texts check_all(self, object texts, object disallowed)
    cdef IdBuffer by_parts(self, object text, bint add_special, bint parse_special, object num_threads)
