"""Merging a piece of any length: a chain of symbols, and a tree that knows the first of the best merges."""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t

from shimmytok._workspace cimport Workspace
from shimmytok.models._min_tree cimport shim_min_tree

cdef struct Node:                  # a symbol
    uint32_t symbol
    uint32_t merged                # what it and the next one become
    uint32_t start                 # byte of the piece
    uint32_t previous              # of the first: itself
    uint32_t next

cdef struct Chain:
    Node* nodes                    # and one more at the end, of which there is but the start
    uint32_t m                     # nodes that it begins with
    shim_min_tree tree             # of the ranks of merges

# The rank of the merge of a node with the next one, or NONE; `merged` is set by it.
ctypedef uint32_t (*RankOf)(const void* tables, const void* text, const Chain* chain, Node* node) noexcept nogil

# Asks for the memory that `rank_of` will read once a node was merged with the next one.
ctypedef void (*AskFor)(const void* tables, const Chain* chain, const Node* node) noexcept nogil

cdef struct ChainRules:
    RankOf first_rank_of           # of two symbols that it begins with
    RankOf rank_of
    AskFor ask_for                 # or NULL

# Room for the nodes of n bytes; a Status.
cdef int chain_reserve(Chain* chain, size_t n, Workspace* ws) noexcept nogil

# Appends a node.
cdef void chain_add(Chain* chain, uint32_t symbol, size_t start) noexcept nogil

# Merges, once m >= 1 nodes are there and `end` is told; the chain from nodes[0] to m is what is left.  A Status.
cdef int chain_merge(
    Chain* chain, size_t end, const ChainRules* rules, const void* tables, const void* text, Workspace* ws
) noexcept nogil


cdef inline size_t node_end(const Chain* chain, const Node* node) noexcept nogil:
    return chain.nodes[node.next].start
