"""SPM's merging of a piece of any length."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._cuts cimport character_size
from shimmytok._workspace cimport NONE, OK, OUT_OF_MEMORY, push
from shimmytok.models._chain cimport Chain, ChainRules, Node, chain_add, chain_merge, chain_reserve, node_end
from shimmytok.models._spm_tables cimport EMPTY, find_text, push_character, slot_rank, slot_token


cdef uint32_t rank_of(const void* tables, const void* text, const Chain* chain, Node* node) noexcept nogil:
    cdef const SpmTables* t = <const SpmTables*>tables
    cdef size_t end = node_end(chain, &chain.nodes[node.next])
    cdef uint64_t slot = find_text(t, <const uint8_t*>text + node.start, end - node.start)
    node.merged = slot_token(slot)
    return slot_rank(slot) if slot != EMPTY else NONE


cdef ChainRules rules

rules.first_rank_of = rules.rank_of = rank_of
rules.ask_for = NULL


cdef int merge_long(const SpmTables* t, const uint8_t* p, size_t n, Workspace* ws, IdSink* out) noexcept nogil:
    cdef Chain chain
    cdef const Node* node
    cdef size_t at = 0
    cdef int status
    if chain_reserve(&chain, n, ws) != OK:
        return OUT_OF_MEMORY
    while at < n:
        chain_add(&chain, NONE, at)
        at += min(character_size(p[at]), n - at)
    if chain_merge(&chain, n, &rules, t, p, ws) != OK:
        return OUT_OF_MEMORY
    node = chain.nodes
    while True:
        if node.symbol != NONE:
            status = push(out, node.symbol)
        else:
            status = push_character(t, p + node.start, node_end(&chain, node) - node.start, out)
        if status != OK or node.next == chain.m:
            return status
        node = &chain.nodes[node.next]


cdef int merge_rest(const SpmTables* t, Missed* words, size_t count, Workspace* ws, IdSink* found) noexcept nogil:
    cdef size_t k
    cdef int status
    for k in range(count):
        if words[k].count == 0:
            words[k].first = found.n
            status = merge_long(t, words[k].p, words[k].n, ws, found)
            if status != OK:
                return status
            words[k].count = <uint32_t>(found.n - words[k].first)
    return OK
