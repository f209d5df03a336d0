"""llama.cpp's lenient UTF-8.

Holds `is_clean` and `repair`, and `bytes` wrappers of both for the door utf8.py.
Must equal: unicode_cpt_to_utf8 over unicode_cpts_from_utf8. Where that aborts (four bytes above U+10FFFF), each
byte is invalid.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint64_t
from libc.string cimport memcpy

from shimmytok._simd cimport AVX2, simd_level

cdef extern from "utf8_check.h" nogil:
    bint shim_is_clean_avx2(const uint8_t* text, size_t n)

cdef enum:
    MIN_VECTOR = 32                # bytes of text that are worth it
    LONGEST = 4                    # bytes of a character
    BLOCK = 256                    # bytes that are copied together, if they are clean


cdef size_t decode_unlimited(const uint8_t* p, size_t left, uint32_t* cp) noexcept nogil:
    """Read one character of `left` > 0 bytes of any text, up to 0x1FFFFF; returns its bytes.

    An invalid byte is U+FFFD.  For callers that never write the characters as UTF-8: llama.cpp lets them have numbers
    above U+10FFFF.
    """
    if left >= 4 and p[0] & 0xF8 == 0xF0 and continues(p + 1) and continues(p + 2) and continues(p + 3):
        return decode_clean(p, cp)
    cdef size_t length = decode_lenient(p, left, cp)
    if length == 0:
        cp[0] = 0xFFFD
        return 1
    return length


cdef inline size_t skip_ascii(const uint8_t* text, size_t i, size_t n) noexcept nogil:
    """The first place from `i` on that may hold a byte that is not ASCII."""
    cdef uint64_t word
    while n - i >= 8:
        memcpy(&word, text + i, 8)
        if word & <uint64_t>0x8080808080808080ULL:
            break
        i += 8
    while i < n and text[i] < 0x80:
        i += 1
    return i


cdef bint is_clean(const uint8_t* text, size_t n) noexcept nogil:
    """True when decoding and encoding again gives the same bytes."""
    cdef size_t i, length
    cdef uint32_t cp = 0
    if n >= MIN_VECTOR and simd_level >= AVX2:
        return shim_is_clean_avx2(text, n)
    i = skip_ascii(text, 0, n)
    while i < n:
        length = decode_lenient(text + i, n - i, &cp)
        if length == 0 or length != encoded_length(cp):
            return False
        i += length
        if i < n and text[i] < 0x80:
            i = skip_ascii(text, i, n)
    return True


cdef size_t repair(const uint8_t* text, size_t n, uint8_t* out) noexcept nogil:
    """Write the text decoded and encoded again; an invalid byte becomes U+FFFD."""
    cdef size_t i = 0, written = 0, length, stop
    cdef uint32_t cp = 0
    while i < n:
        stop = i + BLOCK if n - i > BLOCK else n
        while n > stop > i + BLOCK - LONGEST and continues(text + stop):
            stop -= 1
        if is_clean(text + i, stop - i):                   # as most of a text is that has a few invalid bytes
            memcpy(out + written, text + i, stop - i)
            written += stop - i
            i = stop
        while i < stop:
            length = decode_lenient(text + i, n - i, &cp)
            if length == 0:
                cp = 0xFFFD
                length = 1
            written += encode(cp, out + written)
            i += length
    return written


def is_clean_bytes(bytes text not None):
    """Whether `text` decodes and encodes to itself."""
    cdef const uint8_t* data = <const uint8_t*>PyBytes_AS_STRING(text)
    cdef size_t n = <size_t>len(text)
    cdef bint clean
    with nogil:
        clean = is_clean(data, n)
    return bool(clean)


def repair_bytes(bytes text not None):
    """`text` decoded and encoded again."""
    cdef const uint8_t* data = <const uint8_t*>PyBytes_AS_STRING(text)
    cdef size_t n = <size_t>len(text), written
    cdef bytearray out = bytearray(3 * n)
    cdef uint8_t[::1] view = out
    if n == 0:
        return b""
    with nogil:
        written = repair(data, n, &view[0])
    return PyBytes_FromStringAndSize(<const char*>&view[0], <Py_ssize_t>written)


def decode_clean_bytes(bytes text not None):
    """The code points of a clean `text`; ValueError when it is not clean."""
    cdef const uint8_t* data = <const uint8_t*>PyBytes_AS_STRING(text)
    cdef size_t n = <size_t>len(text), i = 0
    cdef uint32_t cp = 0
    cdef list code_points = []
    if not is_clean(data, n):
        raise ValueError("the text is not clean UTF-8")
    while i < n:
        i += decode_clean(data + i, &cp)
        code_points.append(cp)
    return code_points
