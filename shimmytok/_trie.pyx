"""Tokens by their bytes, one byte after the other: a trie over chosen tokens of a vocabulary, in a double array.

Equal to naive_trie of llama.cpp: of tokens with the same text, the last one counts.

It is built from ranges of tokens that share their first bytes, and that the next byte parts: a range is sorted by as
many bytes as an item shows (_trie_order.pyx), and again when they are used up.
"""

import numpy as np

from libc.stdlib cimport free

from shimmytok._trie_order cimport WINDOW, Item, key_at, show_item, sort_items
from shimmytok._trie_places cimport Places, places_init, take_place, take_places
from shimmytok._vocab cimport Table, TokenTable
from shimmytok._workspace cimport NONE, OK, TOO_LONG, Buffer, reserve

from shimmytok.errors import LimitError

cdef extern from "pages.h":
    void shim_pages_free(void* p, size_t size) noexcept nogil

cdef enum:
    SHARED = 2                     # bytes of texts that a node stands for, at least as a rule

cdef struct Range:                 # order[begin:end] share `depth` bytes, which lead to `unit`
    uint32_t begin
    uint32_t end
    uint32_t depth
    uint32_t unit
    uint32_t nested                # tokens that are a start of all of them

cdef struct Building:
    const Table* texts
    Places places
    Item* order                    # the tokens; ascending where they are not told apart yet
    Item* spare                    # room for as many
    uint32_t* leaves               # likewise: the token of each leaf
    uint32_t n_leaves
    uint32_t most_nested
    Buffer ranges                  # a stack of what is left to do
    size_t n_ranges
    size_t n_nodes


cdef void end_here(Building* b, uint32_t unit, uint32_t token, uint32_t nested) noexcept nogil:
    """Note that a token ends at a node, below `nested` others."""
    b.leaves[b.n_leaves] = token
    b.n_leaves += 1
    b.places.units[unit] |= <uint64_t>b.n_leaves << LEAF_AT
    b.most_nested = max(b.most_nested, nested + 1)


cdef int add_tail(Building* b, Item* item, uint32_t depth, uint32_t unit, uint32_t nested) noexcept nogil:
    """Make the nodes that are left of a token which is alone; a Status."""
    cdef uint32_t key, base = 0
    cdef int status
    while True:
        if depth % WINDOW == 0:
            show_item(b.texts, item, depth)
        key = key_at(item, depth)
        if key == 0:
            end_here(b, unit, item.token, nested)
            return OK
        status = take_place(&b.places, unit, <uint8_t>(key - 1), &base)
        if status != OK:
            return status
        b.places.units[unit] |= <uint64_t>base << BASE_AT
        b.n_nodes += 1
        unit = base ^ (key - 1)
        depth += 1


cdef int expand(Building* b, const Range* r) noexcept nogil:
    """Make the node of a range, and ranges of its children; a Status."""
    cdef uint8_t[256] labels
    cdef uint32_t[257] bounds
    cdef Range* following
    cdef uint32_t i, key, base = 0, n = 0, first = r.begin, token = NONE
    cdef int status
    if r.end - r.begin == 1:
        return add_tail(b, &b.order[r.begin], r.depth, r.unit, r.nested)
    if r.depth % WINDOW == 0:
        sort_items(b.texts, b.order + r.begin, b.spare + r.begin, r.end - r.begin, r.depth)
    while first < r.end and key_at(&b.order[first], r.depth) == 0:
        token = b.order[first].token
        first += 1
    for i in range(first, r.end):
        key = key_at(&b.order[i], r.depth) - 1
        if i == first or key != labels[n - 1]:
            labels[n] = <uint8_t>key
            bounds[n] = i
            n += 1
    bounds[n] = r.end
    if n:
        status = take_places(&b.places, r.unit, labels, n, &base)
        if status == OK:
            status = reserve(&b.ranges, (b.n_ranges + n) * sizeof(Range))
        if status != OK:
            return status
    b.places.units[r.unit] |= <uint64_t>base << BASE_AT
    if token != NONE:
        end_here(b, r.unit, token, r.nested)
    b.n_nodes += n
    while n:
        n -= 1
        following = <Range*>b.ranges.data + b.n_ranges
        following.begin = bounds[n]
        following.end = bounds[n + 1]
        following.depth = r.depth + 1
        following.unit = base ^ labels[n]
        following.nested = r.nested + (token != NONE)
        b.n_ranges += 1
    return OK


cdef int build(Building* b, size_t count) noexcept nogil:
    """Build the trie of order[:count], with its root in unit 0; a Status."""
    cdef Range r
    cdef size_t size = 0, i
    cdef int status
    for i in range(count):
        size += b.texts.starts[b.order[i].token + 1] - b.texts.starts[b.order[i].token]
    status = places_init(&b.places, size // SHARED)
    r.begin = 0
    r.end = <uint32_t>count
    r.depth = 0
    r.unit = 0
    r.nested = 0
    while status == OK:
        status = expand(b, &r)
        if b.n_ranges == 0:
            break
        b.n_ranges -= 1
        r = (<Range*>b.ranges.data)[b.n_ranges]
    return status


cdef class TokenTrie:
    """A trie over the tokens `texts[i]` for which `chosen[i]` (bool[n_tokens]); their texts are not empty."""

    def __init__(self, TokenTable texts not None, chosen):
        cdef Building b
        cdef uint64_t[::1] room
        cdef const long long[::1] ids
        cdef size_t count, i
        cdef int status
        if len(chosen) != texts.table.count:
            raise ValueError(f"{len(chosen)} choices for {texts.table.count} tokens")
        ids = np.flatnonzero(chosen).astype(np.int64, copy=False)
        count = len(ids)
        room = np.empty((2 * count + 1) * (sizeof(Item) // 8), np.uint64)
        b.texts = &texts.table
        b.order = <Item*>&room[0]
        b.spare = b.order + count
        for i in range(count):
            b.order[i].token = <uint32_t>ids[i]
        b.ranges.data = NULL
        b.ranges.cap = b.n_ranges = 0
        b.n_nodes = 1
        self._tokens = np.empty(count + 1, np.uint32)
        b.leaves = &self._tokens[0]
        b.n_leaves = b.most_nested = 0
        with nogil:
            status = build(&b, count)
        free(b.ranges.data)
        self._pages = b.places.units
        self._reserved = b.places.room
        if status == TOO_LONG:
            raise LimitError(f"the tokens' texts are too long together for a trie of {BASE_MASK} nodes")
        if status != OK:
            raise MemoryError
        self._n_nodes = b.n_nodes
        self._n_leaves = b.n_leaves
        self._most_nested = b.most_nested
        self.trie.units = <const uint64_t*>self._pages
        self.trie.root = self.trie.units[0]
        self.trie.tokens = &self._tokens[0]

    def __dealloc__(self):
        shim_pages_free(self._pages, self._reserved)

    def __len__(self):
        """The number of nodes; 1 when no token was chosen."""
        return self._n_nodes

    def longest(self, bytes text not None):
        """(the token whose text is the longest start of `text`, or None; how many bytes of `text` the trie has)."""
        cdef uint64_t node = self.trie.root
        cdef uint32_t leaf = NONE
        cdef size_t i = 0, n = len(text)
        cdef const uint8_t* p = text
        while i < n:
            node = child(&self.trie, node, p[i])
            if node == 0:
                break
            if leaf_of(node) != NONE:
                leaf = leaf_of(node)
            i += 1
        return None if leaf == NONE else self._tokens[leaf], i

    def most_nested(self):
        """How many tokens, at most, start at one place of a text."""
        return self._most_nested

    def tokens(self):
        """The tokens in the trie, in the order of their leaves."""
        return np.asarray(self._tokens)[: self._n_leaves]
