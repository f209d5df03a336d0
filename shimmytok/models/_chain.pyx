"""Merging a piece of any length: a chain of symbols, and a tree that knows the first of the best merges.

A merge changes three numbers of the tree, which takes O(log n).  Both kinds of BPE use it, for pieces that are too long
to be merged by scanning.  Merges of one rank, from the left, are the order; so a few of them are looked for at a time,
and their memory is asked for, before the first is done.
"""

from libc.stdint cimport int32_t

from shimmytok._workspace cimport NONE, OK, OUT_OF_MEMORY, reserve
from shimmytok.models._min_tree cimport SHIM_NO_NUMBER, SHIM_ORDERED, shim_min_tree_build, shim_min_tree_first, \
    shim_min_tree_lay, shim_min_tree_least, shim_min_tree_next, shim_min_tree_renew, shim_min_tree_size


cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

cdef enum:
    AHEAD = 16                     # merges whose memory is asked for at a time


cdef struct Merger:
    Chain* chain
    const ChainRules* rules
    const void* tables
    const void* text


cdef int chain_reserve(Chain* chain, size_t n, Workspace* ws) noexcept nogil:
    if reserve(&ws.nodes, (n + 1) * sizeof(Node)) != OK:
        return OUT_OF_MEMORY
    chain.nodes = <Node*>ws.nodes.data
    chain.m = 0
    return OK


cdef void chain_add(Chain* chain, uint32_t symbol, size_t start) noexcept nogil:
    cdef Node* node = &chain.nodes[chain.m]
    node.symbol = symbol
    node.start = <uint32_t>start
    node.previous = chain.m - 1 if chain.m else 0
    chain.m += 1
    node.next = chain.m


cdef inline int32_t settle(const Merger* g, uint32_t left) noexcept nogil:
    """Find what a node and the next one become; the number that the tree has for it then."""
    cdef Node* node = &g.chain.nodes[left]
    # NONE becomes SHIM_NO_NUMBER.
    cdef uint32_t rank = NONE if node.next == g.chain.m else g.rules.rank_of(g.tables, g.text, g.chain, node)
    g.chain.tree.levels[0][left] = SHIM_ORDERED(rank)
    return SHIM_ORDERED(rank)


cdef inline bint merge_at(const Merger* g, uint32_t left, int32_t number) noexcept nogil:
    """Merge a node with the next one; True when a merge that it made possible comes before the next place with the
    same number."""
    cdef Chain* chain = g.chain
    cdef Node* node = &chain.nodes[left]
    cdef uint32_t right = node.next
    cdef bint sooner
    node.symbol = node.merged
    node.next = chain.nodes[right].next
    chain.nodes[node.next].previous = left
    chain.tree.levels[0][right] = SHIM_NO_NUMBER
    if right >> 4 != left >> 4:
        shim_min_tree_renew(&chain.tree, right)
    sooner = settle(g, left) <= number
    if left:
        sooner |= settle(g, node.previous) <= number
        if node.previous >> 4 != left >> 4:
            shim_min_tree_renew(&chain.tree, node.previous)
    return sooner


cdef size_t look_ahead(const Merger* g, int32_t number, size_t most, size_t* places) noexcept nogil:
    """The first places, at most `most`, with the least number, without those whose symbol another one of them takes;
    the memory of their merges is asked for."""
    cdef const shim_min_tree* tree = &g.chain.tree
    cdef const Node* nodes = g.chain.nodes
    cdef size_t place = shim_min_tree_first(tree, number), n = 1, i
    places[0] = place
    while n < most and shim_min_tree_next(tree, &place, number):
        if place == nodes[places[n - 1]].next:
            continue
        SHIM_PREFETCH(&nodes[place])
        places[n] = place
        n += 1
    if n == 1 or g.rules.ask_for == NULL:                  # nothing would be done meanwhile
        return n
    if nodes[nodes[places[0]].next].next == places[1]:     # a run of one symbol: its memory is at hand
        return n
    for i in range(n):
        SHIM_PREFETCH(&nodes[nodes[nodes[places[i]].next].next])
        SHIM_PREFETCH(&nodes[nodes[places[i]].previous])
    for i in range(n):
        g.rules.ask_for(g.tables, g.chain, &nodes[places[i]])
    return n


cdef void merge_all(const Merger* g) noexcept nogil:
    cdef shim_min_tree* tree = &g.chain.tree
    cdef size_t[AHEAD] places
    cdef size_t n, i, merged, most = AHEAD
    cdef int32_t number
    while True:
        number = shim_min_tree_least(tree)
        if number == SHIM_NO_NUMBER:
            return
        n = look_ahead(g, number, most, places)
        most = min(2 * most, <size_t>AHEAD)
        merged = places[0]
        for i in range(n):
            if places[i] >> 4 != merged >> 4:              # else the tree above these 16 can wait
                shim_min_tree_renew(tree, merged)
            merged = places[i]
            if merge_at(g, <uint32_t>merged, number):
                most = i + 1                               # so it may go on, in runs of spaces
                break
        shim_min_tree_renew(tree, merged)


cdef int chain_merge(
    Chain* chain, size_t end, const ChainRules* rules, const void* tables, const void* text, Workspace* ws
) noexcept nogil:
    cdef Merger g
    cdef uint32_t i, rank
    if reserve(&ws.ranks, shim_min_tree_size(chain.m)) != OK:
        return OUT_OF_MEMORY
    chain.nodes[chain.m].start = <uint32_t>end
    shim_min_tree_lay(&chain.tree, ws.ranks.data, chain.m)
    g.chain = chain
    g.rules = rules
    g.tables = tables
    g.text = text
    for i in range(chain.m):
        rank = NONE if i + 1 == chain.m else rules.first_rank_of(tables, text, chain, &chain.nodes[i])
        chain.tree.levels[0][i] = SHIM_ORDERED(rank)
    shim_min_tree_build(&chain.tree, chain.m)
    merge_all(&g)
    return OK
