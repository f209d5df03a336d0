"""Tokens by their bytes, one byte after the other: a trie in a double array."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._workspace cimport Buffer

cdef enum:
    OCCUPIED = 0x100               # with the label, the byte that leads to a node, in bits 0 to 8
    BASE_AT = 9                    # bit; the children of a node are the units of number base ^ label
    BASE_BITS = 28
    BASE_MASK = (1 << BASE_BITS) - 1
    TOKEN_AT = 37                  # bit; the token that ends at a node, plus 1; 0: none

cdef struct Trie:                  # borrowed: valid as long as the TokenTrie is
    const uint64_t* units
    uint64_t root

cdef class TokenTrie:
    cdef Trie trie
    cdef Buffer _units
    cdef size_t _n_nodes


cdef inline uint64_t child(const Trie* trie, uint64_t node, uint8_t c) noexcept nogil:
    """The node after one more byte, or 0."""
    cdef uint64_t unit = trie.units[(node >> BASE_AT & BASE_MASK) ^ c]
    return unit if (unit & 0x1FF) == (OCCUPIED | c) else 0


cdef inline uint32_t token_of(uint64_t node) noexcept nogil:
    """The token that ends at a node, or NONE."""
    return <uint32_t>(node >> TOKEN_AT) - 1
