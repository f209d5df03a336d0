"""llama.cpp's lenient UTF-8: is a text clean, repair it, read one character of a clean text.

Clean: decoding and encoding again gives the same bytes. Surrogates are clean; overlong forms are not.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

cdef enum:
    MAX_CODE_POINT = 0x10FFFF

cdef bint is_clean(const uint8_t* text, size_t n) noexcept nogil
cdef size_t repair(const uint8_t* text, size_t n, uint8_t* out) noexcept nogil   # out has 3 * n bytes; returns how many
cdef size_t decode_unlimited(const uint8_t* p, size_t left, uint32_t* cp) noexcept nogil


cdef inline size_t decode_clean(const uint8_t* p, uint32_t* cp) noexcept nogil:
    """Read the character at `p` of a clean text into `cp`; returns its bytes, 1 to 4."""
    cdef uint32_t lead = p[0]
    if lead < 0x80:
        cp[0] = lead
        return 1
    if lead < 0xE0:
        cp[0] = (lead & 0x1F) << 6 | (p[1] & 0x3F)
        return 2
    if lead < 0xF0:
        cp[0] = (lead & 0x0F) << 12 | <uint32_t>(p[1] & 0x3F) << 6 | (p[2] & 0x3F)
        return 3
    cp[0] = (lead & 0x07) << 18 | <uint32_t>(p[1] & 0x3F) << 12 | <uint32_t>(p[2] & 0x3F) << 6 | (p[3] & 0x3F)
    return 4


cdef inline bint continues(const uint8_t* p) noexcept nogil:
    return p[0] & 0xC0 == 0x80


cdef inline size_t decode_lenient(const uint8_t* p, size_t left, uint32_t* cp) noexcept nogil:
    """Read one character of `left` > 0 bytes of any text at `p`; returns its bytes, 0 when the first byte is
    invalid."""
    cdef uint32_t lead = p[0]
    cdef size_t length
    if lead < 0x80:
        cp[0] = lead
        return 1
    if lead < 0xC0 or lead >= 0xF8:
        return 0
    length = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if length > left or not continues(p + 1):
        return 0
    if length > 2 and not continues(p + 2):
        return 0
    if length > 3 and not continues(p + 3):
        return 0
    decode_clean(p, cp)
    return length if cp[0] <= MAX_CODE_POINT else 0


cdef inline size_t encoded_length(uint32_t cp) noexcept nogil:
    return 1 if cp < 0x80 else 2 if cp < 0x800 else 3 if cp < 0x10000 else 4


cdef inline size_t encode(uint32_t cp, uint8_t* out) noexcept nogil:
    """Write a code point's UTF-8; returns its bytes, 1 to 4."""
    cdef size_t length = encoded_length(cp)
    if length == 1:
        out[0] = <uint8_t>cp
    elif length == 2:
        out[0] = <uint8_t>(0xC0 | cp >> 6)
        out[1] = <uint8_t>(0x80 | cp & 0x3F)
    elif length == 3:
        out[0] = <uint8_t>(0xE0 | cp >> 12)
        out[1] = <uint8_t>(0x80 | cp >> 6 & 0x3F)
        out[2] = <uint8_t>(0x80 | cp & 0x3F)
    else:
        out[0] = <uint8_t>(0xF0 | cp >> 18)
        out[1] = <uint8_t>(0x80 | cp >> 12 & 0x3F)
        out[2] = <uint8_t>(0x80 | cp >> 6 & 0x3F)
        out[3] = <uint8_t>(0x80 | cp & 0x3F)
    return length
