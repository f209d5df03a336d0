"""One text as parts that are encoded side by side."""

from libc.stddef cimport size_t

from shimmytok._encoder cimport Encoder
from shimmytok._texts cimport Texts

# The parts of a text, of about `size` bytes each, or with 0 as so many threads want them, whose ids one after the other
# are those of the text: maybe only one.
cdef Texts parts_of(Encoder encoder, object text, bint parse_special, size_t size, size_t threads)
