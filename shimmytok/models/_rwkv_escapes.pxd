"""Bytes as RWKV's vocabularies write them."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

cdef size_t unescape(const uint8_t* p, size_t n, uint8_t* out) noexcept nogil
