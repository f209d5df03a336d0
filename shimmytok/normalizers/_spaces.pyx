"""Spaces as SentencePiece writes them.  Equal to llama_escape_whitespace of llama.cpp."""


cdef size_t escape_spaces(const uint8_t* p, size_t n, uint8_t* out) noexcept nogil:
    """Write U+2581 for each space; the number of bytes written (at most 3 n)."""
    cdef size_t i, m = 0
    for i in range(n):
        if p[i] == 32:
            out[m] = 0xE2
            out[m + 1] = 0x96
            out[m + 2] = 0x81
            m += 3
        else:
            out[m] = p[i]
            m += 1
    return m
