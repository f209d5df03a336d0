"""Bytes as RWKV's vocabularies write them: with a backslash before t, n, r, xNN, or any other character.

Equal to llama_unescape_rwkv_token of llama.cpp, on texts that are not well written too: the two characters after
`\\x` count as digits whatever they are, and what ends in the middle of an escape loses it.
"""


cdef inline uint8_t digit(uint8_t c) noexcept nogil:
    # llama.cpp compares signed characters: what is not ASCII is below 'a', and wraps around.
    return <uint8_t>(c - 87) if 97 <= c < 128 else <uint8_t>(c - 48)


cdef size_t unescape(const uint8_t* p, size_t n, uint8_t* out) noexcept nogil:
    """Write the bytes a text stands for; their number (at most n).  `out` may be `p`."""
    cdef size_t i = 0, m = 0
    while i < n:
        if p[i] != 92:                                     # \
            out[m] = p[i]
            m += 1
            i += 1
            continue
        if n - i < 2:
            break
        if p[i + 1] == 120:                                # x
            if n - i < 4:
                break
            out[m] = <uint8_t>(digit(p[i + 2]) << 4) + digit(p[i + 3])
            i += 4
        else:
            out[m] = 9 if p[i + 1] == 116 else 10 if p[i + 1] == 110 else 13 if p[i + 1] == 114 else p[i + 1]
            i += 2
        m += 1
    return m


def unescape_text(bytes text not None):
    """The bytes that a token's text stands for."""
    cdef bytearray out = bytearray(len(text) + 1)
    return bytes(out[: unescape(text, len(text), out)])
