"""SPM's merging of a piece of any length: a chain of symbols, and a tree that knows the first of the best merges.

A merge changes three numbers of the tree, which takes O(log n).
"""

from libc.stdint cimport int32_t, uint32_t

from shimmytok._cuts cimport character_size
from shimmytok._vocab cimport find
from shimmytok._workspace cimport LONGEST_TEXT, NONE, OK, OUT_OF_MEMORY, TOO_LONG, reserve
from shimmytok.models._min_tree cimport SHIM_NO_NUMBER, SHIM_ORDERED, shim_min_tree, shim_min_tree_build, \
    shim_min_tree_first, shim_min_tree_lay, shim_min_tree_least, shim_min_tree_renew, shim_min_tree_size
from shimmytok.models._spm_tables cimport joint, push_symbol
from shimmytok.normalizers._spaces cimport escape_spaces


cdef struct Node:                  # a symbol
    uint32_t symbol
    uint32_t merged                # with the next one; NONE: nothing
    uint32_t start                 # byte of the piece
    uint32_t previous
    uint32_t next


cdef struct Chain:
    const uint8_t* p
    Node* nodes                    # and one more, at the end
    uint32_t m
    shim_min_tree tree             # of the ranks of merges


cdef uint32_t make_nodes(const SpmTables* t, const uint8_t* p, size_t n, Node* nodes) noexcept nogil:
    """One node a character; the number of them."""
    cdef size_t at = 0, size
    cdef uint32_t m = 0
    while at < n:
        size = min(character_size(p[at]), n - at)
        nodes[m].symbol = find(&t.texts, p + at, size)
        nodes[m].start = <uint32_t>at
        nodes[m].previous = m - 1
        nodes[m].next = m + 1
        at += size
        m += 1
    nodes[m].start = <uint32_t>n
    return m


cdef inline void settle(const SpmTables* t, Chain* chain, uint32_t left) noexcept nogil:
    """Find what a symbol and the next one become."""
    cdef Node* node = &chain.nodes[left]
    cdef Node* right = &chain.nodes[node.next]
    node.merged = NONE
    if node.next != chain.m:
        node.merged = joint(t, node.symbol, right.symbol, chain.p + node.start,
                            chain.nodes[right.next].start - node.start)
    chain.tree.levels[0][left] = SHIM_NO_NUMBER if node.merged == NONE else SHIM_ORDERED(t.ranks[node.merged])


cdef inline void merge_at(const SpmTables* t, Chain* chain, uint32_t left) noexcept nogil:
    cdef Node* node = &chain.nodes[left]
    cdef uint32_t right = node.next
    node.symbol = node.merged
    node.next = chain.nodes[right].next
    chain.nodes[node.next].previous = left
    chain.tree.levels[0][right] = SHIM_NO_NUMBER
    settle(t, chain, left)
    shim_min_tree_renew(&chain.tree, left)
    if right >> 4 != left >> 4:
        shim_min_tree_renew(&chain.tree, right)
    if left:
        settle(t, chain, node.previous)
        shim_min_tree_renew(&chain.tree, node.previous)


cdef int merge_long(const SpmTables* t, const uint8_t* p, size_t n, Workspace* ws, IdSink* out) noexcept nogil:
    cdef Chain chain
    cdef uint32_t i
    cdef int32_t least
    cdef int status
    if reserve(&ws.nodes, (n + 1) * sizeof(Node)) != OK:
        return OUT_OF_MEMORY
    chain.p = p
    chain.nodes = <Node*>ws.nodes.data
    chain.m = make_nodes(t, p, n, chain.nodes)
    if reserve(&ws.heap, shim_min_tree_size(chain.m)) != OK:
        return OUT_OF_MEMORY
    shim_min_tree_lay(&chain.tree, ws.heap.data, chain.m)
    for i in range(chain.m):
        settle(t, &chain, i)
    shim_min_tree_build(&chain.tree, chain.m)
    while True:
        least = shim_min_tree_least(&chain.tree)
        if least == SHIM_NO_NUMBER:
            break
        merge_at(t, &chain, <uint32_t>shim_min_tree_first(&chain.tree, least))
    i = 0
    while i < chain.m:
        status = push_symbol(t, chain.nodes[i].symbol, p + chain.nodes[i].start,
                             chain.nodes[chain.nodes[i].next].start - chain.nodes[i].start, out)
        if status != OK:
            return status
        i = chain.nodes[i].next
    return OK
