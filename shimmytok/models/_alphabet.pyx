"""The byte-level alphabet: a printable character for each byte (GPT-2's bytes_to_unicode).

Equal to unicode_byte_to_utf8 and unicode_utf8_to_byte of llama.cpp.
"""


cdef inline bint stands_for_itself(uint32_t b) noexcept nogil:
    return 0x21 <= b <= 0x7E or 0xA1 <= b <= 0xAC or 0xAE <= b <= 0xFF


cdef void fill_alphabet() noexcept:
    cdef uint32_t b, spare = 0x100
    for b in range(0x144):
        BYTE_OF_CHARACTER[b] = -1
    for b in range(256):
        if stands_for_itself(b):
            CHARACTER_OF_BYTE[b] = b
        else:
            CHARACTER_OF_BYTE[b] = spare
            spare += 1
        BYTE_OF_CHARACTER[CHARACTER_OF_BYTE[b]] = <int32_t>b


fill_alphabet()


cdef size_t write_character(uint32_t b, uint8_t* out) noexcept nogil:
    """The UTF-8 of the character that stands for byte b; 1 or 2 bytes."""
    cdef uint32_t cp = CHARACTER_OF_BYTE[b]
    if cp < 0x80:
        out[0] = <uint8_t>cp
        return 1
    out[0] = <uint8_t>(0xC0 | (cp >> 6))
    out[1] = <uint8_t>(0x80 | (cp & 0x3F))
    return 2


cdef int64_t to_bytes(const uint8_t* p, size_t n, uint8_t* out) noexcept nogil:
    """Turn a text of the alphabet into the bytes it stands for; their number, or -1 when it holds anything else."""
    cdef size_t i = 0
    cdef int64_t m = 0
    cdef uint32_t cp
    while i < n:
        cp = p[i]
        i += 1
        if 0x21 <= cp <= 0x7E:
            out[m] = <uint8_t>cp
            m += 1
            continue
        if cp >= 0x80:
            if not (0xC2 <= cp <= 0xC5) or i == n or (p[i] & 0xC0) != 0x80:
                return -1
            cp = (cp & 0x1F) << 6 | (p[i] & 0x3F)
            i += 1
            if cp >= 0x144:
                return -1
        if BYTE_OF_CHARACTER[cp] < 0:
            return -1
        out[m] = <uint8_t>BYTE_OF_CHARACTER[cp]
        m += 1
    return m
