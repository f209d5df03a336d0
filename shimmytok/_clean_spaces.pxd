"""The clean-up of spaces in decoded text."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

cdef extern from "space_pairs.h":
    enum:
        SHIM_PAIRS

# Take out the spaces that llama_detokenize takes out with clean_spaces, in place; the new length.  SHIM_PAIRS bytes
# after the text may be written.
cdef size_t clean_up(uint8_t* text, size_t n) noexcept nogil
