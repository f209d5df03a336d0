"""The piece of one token."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

cdef enum:
    LONGEST_ID = 8                 # hexadecimal digits

cdef struct Token:
    uint32_t id
    uint32_t attr                  # llama.h's llama_token_attr bits
    const uint8_t* text
    size_t n

# Writes at most max(n, LONGEST_ID) bytes; False for a text of the byte-level alphabet that holds anything else.
ctypedef bint (*WritePiece)(const Token* token, uint8_t* out, size_t* size) noexcept nogil

cdef WritePiece piece_writer(object rule) except NULL
cdef bytes with_unknown_bytes(bytes text, size_t most)
