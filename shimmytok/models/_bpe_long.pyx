"""BPE's merging of a piece of any length."""

from libc.stdint cimport uint8_t, uint32_t

from shimmytok._cached_pieces cimport NOT_KEPT
from shimmytok._workspace cimport NONE, OK, OUT_OF_MEMORY
from shimmytok.models._bpe_symbols cimport first_rank, first_symbol, merged, pair_bucket, pair_key, push_symbol, rank_of
from shimmytok.models._chain cimport Chain, ChainRules, Node, chain_add, chain_merge, chain_reserve, node_end

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil


cdef uint32_t rank_of_node(const void* tables, const void* text, const Chain* chain, Node* node) noexcept nogil:
    cdef const BpeTables* t = <const BpeTables*>tables
    cdef uint32_t rank = rank_of(t, node.symbol, chain.nodes[node.next].symbol)
    if rank != NONE:
        node.merged = merged(&t.merges, rank)
    return rank


cdef uint32_t first_rank_of_node(const void* tables, const void* text, const Chain* chain, Node* node) noexcept nogil:
    cdef const BpeTables* t = <const BpeTables*>tables
    cdef const Node* right = &chain.nodes[node.next]
    cdef const uint8_t* p = <const uint8_t*>text + node.start
    cdef uint32_t rank = first_rank(t, p, node_end(chain, right) - node.start, node.symbol, right.symbol)
    if rank != NONE:
        node.merged = merged(&t.merges, rank)
    return rank


cdef void ask_for(const void* tables, const Chain* chain, const Node* node) noexcept nogil:
    """Before the first node the first is taken, and what is behind the last has any symbol: this is a hint."""
    cdef const BpeTables* t = <const BpeTables*>tables
    cdef const Node* right = &chain.nodes[chain.nodes[node.next].next]
    cdef const Node* left = &chain.nodes[node.previous]
    SHIM_PREFETCH(pair_bucket(&t.merges, pair_key(&t.merges, node.merged, right.symbol)))
    SHIM_PREFETCH(pair_bucket(&t.merges, pair_key(&t.merges, left.symbol, node.merged)))


cdef ChainRules rules

rules.first_rank_of, rules.rank_of, rules.ask_for = first_rank_of_node, rank_of_node, ask_for


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
    if chain_merge(&chain, n, &rules, t, p, ws) != OK:
        return OUT_OF_MEMORY
    node = chain.nodes
    while True:
        status = push_symbol(t, node.symbol, p + node.start, node_end(&chain, node) - node.start, out)
        if status != OK or node.next == chain.m:
            return status
        node = &chain.nodes[node.next]


cdef int merge_rest(const BpeTables* t, Missed* words, size_t count, Workspace* ws, IdSink* found) noexcept nogil:
    cdef size_t k
    for k in range(count):
        if words[k].count == 0 and words[k].n != NOT_KEPT:     # a piece that has no ids is done
            words[k].first = found.n
            if merge_long(t, words[k].p, words[k].n, ws, found) != OK:
                return OUT_OF_MEMORY
            words[k].count = <uint32_t>(found.n - words[k].first)
    return OK
