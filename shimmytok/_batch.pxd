"""Many texts at once."""

from shimmytok._encoder cimport Encoder
from shimmytok._int_pool cimport IntPool
from shimmytok._texts cimport Texts

cdef list encode_lists(Encoder encoder, Texts texts, bint add_special, bint parse_special, size_t threads,
                       IntPool ints)
cdef tuple encode_flat(Encoder encoder, Texts texts, bint add_special, bint parse_special, size_t threads)
