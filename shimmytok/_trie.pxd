"""Tokens by their bytes, one byte after the other: a trie in a double array."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef enum:
    OCCUPIED = 0x100               # with the label, the byte that leads to a node, in bits 0 to 8
    BASE_AT = 9                    # bit; the children of a node are the units of number base ^ label
    BASE_BITS = 28
    BASE_MASK = (1 << BASE_BITS) - 1
    LEAF_AT = 37                   # bit; the leaf of a node where a token ends, plus 1; 0: none

cdef struct Trie:                  # borrowed: valid as long as the TokenTrie is
    const uint64_t* units
    uint64_t root
    const uint32_t* tokens         # of each leaf; leaves are near one another where their texts begin alike

cdef class TokenTrie:
    cdef Trie trie
    cdef void* _pages
    cdef size_t _reserved
    cdef uint32_t[::1] _tokens
    cdef size_t _n_nodes
    cdef size_t _n_leaves
    cdef size_t _most_nested       # tokens, at most, of which each is a start of the next


cdef inline uint64_t child(const Trie* trie, uint64_t node, uint8_t c) noexcept nogil:
    """The node after one more byte, or 0."""
    cdef uint64_t unit = trie.units[(node >> BASE_AT & BASE_MASK) ^ c]
    return unit if (unit & 0x1FF) == (OCCUPIED | c) else 0


cdef inline uint32_t leaf_of(uint64_t node) noexcept nogil:
    """The leaf of a node, or NONE where no token ends."""
    return <uint32_t>(node >> LEAF_AT) - 1
