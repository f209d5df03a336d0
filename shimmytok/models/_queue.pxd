"""The chain of symbols and the queue of merges that wait, as both kinds of BPE use them."""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t, uint64_t

from shimmytok._workspace cimport NONE, OK, OUT_OF_MEMORY, Buffer, reserve

cdef struct Node:                  # a symbol in a piece of text
    uint32_t symbol
    uint32_t start                 # bytes of the piece; start == end: merged away
    uint32_t end
    uint32_t previous              # NONE: the first
    uint32_t next                  # NONE: the last

cdef struct Bigram:                # a merge that waits
    uint64_t order                 # the lowest goes first: rank in the upper half, index of the left node in the lower
    uint32_t size                  # bytes of both nodes when it was queued: tells a stale one
    uint32_t merged                # the symbol they become


cdef inline int push_bigram(Buffer* heap, size_t* n, Bigram item) noexcept nogil:
    cdef Bigram* queue
    cdef size_t i = n[0], parent
    if reserve(heap, (i + 1) * sizeof(Bigram)) != OK:
        return OUT_OF_MEMORY
    queue = <Bigram*>heap.data
    n[0] += 1
    while i:
        parent = (i - 1) // 2
        if queue[parent].order <= item.order:
            break
        queue[i] = queue[parent]
        i = parent
    queue[i] = item
    return OK


cdef inline Bigram pop_bigram(Buffer* heap, size_t* n) noexcept nogil:
    cdef Bigram* queue = <Bigram*>heap.data
    cdef Bigram top = queue[0]
    cdef Bigram last
    cdef size_t i = 0, child, m
    n[0] -= 1
    m = n[0]
    last = queue[m]
    while True:
        child = 2 * i + 1
        if child >= m:
            break
        if child + 1 < m and queue[child + 1].order < queue[child].order:
            child += 1
        if queue[child].order >= last.order:
            break
        queue[i] = queue[child]
        i = child
    queue[i] = last
    return top


cdef inline bint is_stale(const Node* nodes, const Bigram* bigram) noexcept nogil:
    """Has either side been merged since?  Texts only grow, so their joint size tells."""
    cdef const Node* left = &nodes[<uint32_t>bigram.order]
    return left.start == left.end or left.next == NONE or nodes[left.next].end - left.start != bigram.size


cdef inline void join(Node* nodes, uint32_t left, uint32_t merged) noexcept nogil:
    """Merge a node with its right neighbour."""
    cdef uint32_t right = nodes[left].next
    nodes[left].symbol = merged
    nodes[left].end = nodes[right].end
    nodes[left].next = nodes[right].next
    nodes[right].start = nodes[right].end
    if nodes[left].next != NONE:
        nodes[nodes[left].next].previous = left
