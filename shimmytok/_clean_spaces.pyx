"""The clean-up of spaces in decoded text: the three passes of llama_vocab::impl::detokenize of llama.cpp.

Each pass moves a block as it is when nothing in it can be taken out, which is nearly always so.
"""

from libc.string cimport memmove, memset

cdef extern from "space_pairs.h":
    enum:
        SHIM_STOP
        SHIM_APOSTROPHE
    int shim_after_spaces(const uint8_t* p) noexcept nogil


cdef inline void move_block(uint8_t* text, size_t n, size_t* i, size_t* m) noexcept nogil:
    cdef size_t size = min(n - i[0], <size_t>SHIM_PAIRS)
    if m[0] != i[0]:
        memmove(text + m[0], text + i[0], size)
    i[0] += size
    m[0] += size


cdef size_t before_stops(uint8_t* text, size_t n, int* seen) noexcept nogil:
    """" ?", " !", " .", " ,"; `seen`: what follows spaces."""
    cdef size_t i = 1, m = 1, end
    cdef uint8_t x
    cdef int here
    while i < n:
        here = shim_after_spaces(text + i)
        seen[0] |= here
        if not here & SHIM_STOP:
            move_block(text, n, &i, &m)
            continue
        end = i + min(n - i, <size_t>SHIM_PAIRS)
        while i < end:
            x = text[i]
            if text[i - 1] == 32 and (x == 63 or x == 33 or x == 46 or x == 44):
                m -= 1
            text[m] = x
            m += 1
            i += 1
    return m


cdef size_t around_apostrophes(uint8_t* text, size_t n) noexcept nogil:
    """" ' "."""
    cdef size_t i = 1, m = 1, end
    cdef uint8_t x
    while i < n:
        if not shim_after_spaces(text + i) & SHIM_APOSTROPHE:
            move_block(text, n, &i, &m)
            continue
        end = i + min(n - i, <size_t>SHIM_PAIRS)
        while i < end:
            x = text[i]
            if x == 39 and i + 1 < n and text[i - 1] == 32 and text[i + 1] == 32:
                m -= 1
                i += 1
                text[i] = 0                                # no longer a space for the next apostrophe
            text[m] = x
            m += 1
            i += 1
    return m


cdef size_t before_endings(uint8_t* text, size_t n) noexcept nogil:
    """" 's", " 'm", " 're", " 've"."""
    cdef size_t i = 1, m = 1, end
    cdef uint8_t x
    while i < n:
        if not shim_after_spaces(text + i) & SHIM_APOSTROPHE:
            move_block(text, n, &i, &m)
            continue
        end = i + min(n - i, <size_t>SHIM_PAIRS)
        while i < end:
            x = text[i]
            if text[i - 1] == 32 and x == 39 and i + 1 < n:
                if text[i + 1] == 115 or text[i + 1] == 109:
                    m -= 1
                elif i + 2 < n and (text[i + 1] == 114 or text[i + 1] == 118) and text[i + 2] == 101:
                    m -= 1
            text[m] = x
            m += 1
            i += 1
    return m


cdef size_t clean_up(uint8_t* text, size_t n) noexcept nogil:
    cdef int seen = 0
    if n == 0:
        return 0
    memset(text + n, 0, SHIM_PAIRS)
    n = before_stops(text, n, &seen)
    if seen & SHIM_APOSTROPHE:
        n = before_endings(text, around_apostrophes(text, n))
    return n
