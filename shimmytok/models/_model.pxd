"""What every tokenizer model is to the encoder: a function over tables."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from shimmytok._bundle cimport Bundle
from shimmytok._texts cimport View
from shimmytok._workspace cimport IdSink, Workspace

# Encodes one fragment (text between special tokens; any bytes, n < 2**31).  `after_special`: the fragment is the first
# of the text or follows a special token.  Returns a Status.
ctypedef int (*EncodeFragment)(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, IdSink* out
) noexcept nogil

# Encodes a whole text that is given as a str (view.kind is not 0) and has no special tokens in it.  Returns a Status.
ctypedef int (*EncodeView)(const void* tables, const View* view, Workspace* ws, IdSink* out) noexcept nogil

# Appends a fragment and its pieces to a bundle, or says NOT_BUNDLED.  Returns a Status.
ctypedef int (*BundleFragment)(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, Bundle* bundle
) noexcept nogil

# Encodes a bundle.  Returns a Status.
ctypedef int (*EncodeBundle)(const void* tables, const Bundle* bundle, Workspace* ws, IdSink* out) noexcept nogil

# Finds a place in a stretch of a clean text where it can be cut in two that have the ids of the whole, the second one
# encoded not `after_special`.  The stretch is part of one fragment; it has n <= SEAM_STRETCH bytes of whole characters,
# and no white space at its ends.  The place is behind a byte that is no white space.  0: there is none.
ctypedef size_t (*FindSeam)(const void* tables, const uint8_t* stretch, size_t n) noexcept nogil

cdef enum:
    SEAM_STRETCH = 256             # SHIM_SEAM_STRETCH, beyond which tables have no seams

cdef class Model:
    cdef EncodeFragment encode_fragment
    cdef EncodeView encode_view    # NULL: there is no such way
    cdef BundleFragment bundle_fragment    # NULL: texts are encoded alone
    cdef EncodeBundle encode_bundle
    cdef FindSeam find_seam        # NULL: texts are encoded as a whole
    cdef const void* tables        # owned by the subclass
