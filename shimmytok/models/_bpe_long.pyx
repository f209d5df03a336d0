"""BPE's merging of a piece of any length."""

from libc.stdint cimport uint32_t

from shimmytok._workspace cimport NONE, OK, OUT_OF_MEMORY
from shimmytok.models._bpe_symbols cimport first_symbol, push_symbol, rank_of
from shimmytok.models._chain cimport Chain, Node, chain_add, chain_merge, chain_reserve, node_end


cdef uint32_t rank_of_node(const void* tables, const void* text, const Chain* chain, Node* node) noexcept nogil:
    cdef const BpeTables* t = <const BpeTables*>tables
    cdef uint32_t rank = rank_of(t, node.symbol, chain.nodes[node.next].symbol)
    if rank != NONE:
        node.merged = t.merges.merged[rank]
    return rank


cdef int merge_long(const BpeTables* t, const uint8_t* p, size_t n, Workspace* ws, IdSink* out) noexcept nogil:
    cdef Chain chain
    cdef const Node* node
    cdef size_t at = 0, size = 0
    cdef int status
    if chain_reserve(&chain, n, ws) != OK:
        return OUT_OF_MEMORY
    while at < n:
        chain_add(&chain, first_symbol(t, p + at, n - at, &size), at)
        at += size
    if chain_merge(&chain, n, rank_of_node, t, p, ws) != OK:
        return OUT_OF_MEMORY
    node = chain.nodes
    while True:
        status = push_symbol(t, node.symbol, p + node.start, node_end(&chain, node) - node.start, out)
        if status != OK or node.next == chain.m:
            return status
        node = &chain.nodes[node.next]
