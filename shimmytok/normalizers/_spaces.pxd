"""Spaces as SentencePiece writes them."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

cdef size_t escape_spaces(const uint8_t* p, size_t n, uint8_t* out) noexcept nogil
