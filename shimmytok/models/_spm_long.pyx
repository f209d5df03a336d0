"""SPM's merging of a piece of any length: a chain of symbols, and a tree that knows the first of the best merges."""

from libc.stdint cimport int32_t, uint32_t

from shimmytok._cuts cimport character_size
from shimmytok._workspace cimport NONE, OK, OUT_OF_MEMORY, push, reserve
from shimmytok.models._min_tree cimport SHIM_NO_NUMBER, SHIM_ORDERED, shim_min_tree, shim_min_tree_build, \
    shim_min_tree_first, shim_min_tree_lay, shim_min_tree_least, shim_min_tree_next, shim_min_tree_renew, \
    shim_min_tree_size
from shimmytok.models._spm_tables cimport find_token, push_character


cdef struct Node:                  # a symbol
    uint32_t symbol                # NONE: a character
    uint32_t merged                # with the next one; NONE: nothing
    uint32_t start                 # byte of the piece
    uint32_t previous
    uint32_t next


cdef struct Chain:
    const uint8_t* p
    Node* nodes                    # and one more, at the end
    uint32_t m
    shim_min_tree tree             # of the ranks of merges


cdef uint32_t make_nodes(const uint8_t* p, size_t n, Node* nodes) noexcept nogil:
    """One node a character; the number of them."""
    cdef size_t at = 0
    cdef uint32_t m = 0
    while at < n:
        nodes[m].symbol = NONE
        nodes[m].start = <uint32_t>at
        nodes[m].previous = m - 1
        nodes[m].next = m + 1
        at += min(character_size(p[at]), n - at)
        m += 1
    nodes[m].start = <uint32_t>n
    return m


cdef inline int32_t settle(const SpmTables* t, Chain* chain, uint32_t left) noexcept nogil:
    """Find what a symbol and the next one become; the number that the tree has for it then."""
    cdef Node* node = &chain.nodes[left]
    cdef int32_t number = SHIM_NO_NUMBER
    node.merged = NONE
    if node.next != chain.m:
        node.merged = find_token(t, chain.p + node.start, chain.nodes[chain.nodes[node.next].next].start - node.start)
        if node.merged != NONE:
            number = SHIM_ORDERED(t.ranks[node.merged])
    chain.tree.levels[0][left] = number
    return number


cdef inline bint merge_at(const SpmTables* t, Chain* chain, uint32_t left, int32_t number) noexcept nogil:
    """Merge a symbol with the next one; True when a merge that was made possible must not wait for the next place
    with the same number."""
    cdef Node* node = &chain.nodes[left]
    cdef uint32_t right = node.next
    cdef bint sooner
    node.symbol = node.merged
    node.next = chain.nodes[right].next
    chain.nodes[node.next].previous = left
    chain.tree.levels[0][right] = SHIM_NO_NUMBER
    if right >> 4 != left >> 4:
        shim_min_tree_renew(&chain.tree, right)
    sooner = settle(t, chain, left) <= number
    if left:
        sooner |= settle(t, chain, node.previous) <= number
        if node.previous >> 4 != left >> 4:
            shim_min_tree_renew(&chain.tree, node.previous)
    return sooner


cdef void merge_all(const SpmTables* t, Chain* chain) noexcept nogil:
    cdef size_t place
    cdef int32_t number
    cdef bint again
    while True:
        number = shim_min_tree_least(&chain.tree)
        if number == SHIM_NO_NUMBER:
            return
        place = shim_min_tree_first(&chain.tree, number)
        # The other places of these 16 with the same number come next; the tree above them can wait.
        again = True
        while again:
            again = not merge_at(t, chain, <uint32_t>place, number) \
                and shim_min_tree_next(&chain.tree, &place, number)
        shim_min_tree_renew(&chain.tree, place)


cdef int merge_long(const SpmTables* t, const uint8_t* p, size_t n, Workspace* ws, IdSink* out) noexcept nogil:
    cdef Chain chain
    cdef const Node* node
    cdef uint32_t i
    cdef int status
    if reserve(&ws.nodes, (n + 1) * sizeof(Node)) != OK:
        return OUT_OF_MEMORY
    chain.p = p
    chain.nodes = <Node*>ws.nodes.data
    chain.m = make_nodes(p, n, chain.nodes)
    if reserve(&ws.heap, shim_min_tree_size(chain.m)) != OK:
        return OUT_OF_MEMORY
    shim_min_tree_lay(&chain.tree, ws.heap.data, chain.m)
    for i in range(chain.m):
        settle(t, &chain, i)
    shim_min_tree_build(&chain.tree, chain.m)
    merge_all(t, &chain)
    node = chain.nodes
    while True:
        if node.symbol != NONE:
            status = push(out, node.symbol)
        else:
            status = push_character(t, p + node.start, chain.nodes[node.next].start - node.start, out)
        if status != OK or node.next == chain.m:
            return status
        node = &chain.nodes[node.next]
