"""Many texts at once."""

from shimmytok._encoder cimport Encoder
from shimmytok._ids cimport IdBuffer
from shimmytok._int_pool cimport IntPool
from shimmytok._texts cimport Texts

cdef list encode_lists(Encoder encoder, Texts texts, bint add_special, bint parse_special, size_t threads,
                       IntPool ints)
cdef tuple encode_flat(Encoder encoder, Texts texts, bint add_special, bint parse_special, size_t threads)

# Encodes one text by several threads; `size`: about the bytes of each part, 0: as the threads want.  None: that is not
# worth while, or the text has no place to cut it.
cdef IdBuffer encode_by_parts(Encoder encoder, object text, bint add_special, bint parse_special, size_t threads,
                              size_t size)
