"""Merging a piece of any length: a chain of symbols, and a tree that knows the first of the best merges.

A merge changes three numbers of the tree, which takes O(log n).  Both kinds of BPE use it, for pieces that are too long
to be merged by scanning.
"""

from libc.stdint cimport int32_t

from shimmytok._workspace cimport NONE, OK, OUT_OF_MEMORY, reserve
from shimmytok.models._min_tree cimport SHIM_NO_NUMBER, SHIM_ORDERED, shim_min_tree_build, shim_min_tree_first, \
    shim_min_tree_lay, shim_min_tree_least, shim_min_tree_next, shim_min_tree_renew, shim_min_tree_size


cdef struct Merger:
    Chain* chain
    RankOf rank_of
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
    node.previous = chain.m - 1
    chain.m += 1
    node.next = chain.m


cdef inline int32_t settle(const Merger* g, uint32_t left) noexcept nogil:
    """Find what a node and the next one become; the number that the tree has for it then."""
    cdef Node* node = &g.chain.nodes[left]
    # NONE becomes SHIM_NO_NUMBER.
    cdef uint32_t rank = NONE if node.next == g.chain.m else g.rank_of(g.tables, g.text, g.chain, node)
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


cdef void merge_all(const Merger* g) noexcept nogil:
    cdef shim_min_tree* tree = &g.chain.tree
    cdef size_t place
    cdef int32_t number
    cdef bint again
    while True:
        number = shim_min_tree_least(tree)
        if number == SHIM_NO_NUMBER:
            return
        place = shim_min_tree_first(tree, number)
        # The other places of these 16 with the same number come next; the tree above them can wait.
        again = True
        while again:
            again = not merge_at(g, <uint32_t>place, number) and shim_min_tree_next(tree, &place, number)
        shim_min_tree_renew(tree, place)


cdef int chain_merge(
    Chain* chain, size_t end, RankOf rank_of, const void* tables, const void* text, Workspace* ws
) noexcept nogil:
    cdef Merger g
    cdef uint32_t i
    if reserve(&ws.ranks, shim_min_tree_size(chain.m)) != OK:
        return OUT_OF_MEMORY
    chain.nodes[chain.m].start = <uint32_t>end
    shim_min_tree_lay(&chain.tree, ws.ranks.data, chain.m)
    g.chain = chain
    g.rank_of = rank_of
    g.tables = tables
    g.text = text
    for i in range(chain.m):
        settle(&g, i)
    shim_min_tree_build(&chain.tree, chain.m)
    merge_all(&g)
    return OK
