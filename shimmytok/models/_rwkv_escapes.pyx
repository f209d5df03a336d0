"""Bytes as RWKV's vocabularies write them: with a backslash before t, n, r, xNN, or any other character.

Equal to llama_unescape_rwkv_token of llama.cpp, on texts that are not well written too: the two characters after
`\\x` count as digits whatever they are, and what ends in the middle of an escape loses it.
"""

import numpy as np

from libc.stdint cimport uint32_t

from shimmytok._vocab cimport SLACK, Table, TokenTable


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


def unescape_all(TokenTable texts not None):
    """A table of the bytes that token texts stand for."""
    cdef const Table* table = &texts.table
    cdef TokenTable result = TokenTable.__new__(TokenTable)
    cdef uint8_t[::1] text = np.empty(table.starts[table.count] + SLACK, np.uint8)
    cdef uint32_t[::1] starts = np.empty(table.count + 1, np.uint32)
    cdef uint32_t k, at = 0, start
    with nogil:
        for k in range(table.count):
            starts[k] = at
            start = table.starts[k]
            at += <uint32_t>unescape(table.text + start, table.starts[k + 1] - start, &text[at])
        starts[table.count] = at
    result._text, result._starts = text, starts
    result._borrow()
    result.table.count = table.count
    return result
