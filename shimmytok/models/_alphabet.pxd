"""The byte-level alphabet: a printable character for each byte (GPT-2's bytes_to_unicode)."""

from libc.stddef cimport size_t
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t

cdef uint32_t[256] CHARACTER_OF_BYTE
cdef int32_t[0x144] BYTE_OF_CHARACTER          # -1: stands for none

cdef size_t write_character(uint32_t b, uint8_t* out) noexcept nogil
cdef int64_t to_bytes(const uint8_t* p, size_t n, uint8_t* out) noexcept nogil
