"""Tokens by their bytes, one byte after the other: a trie over chosen tokens of a vocabulary, in a double array.

Equal to naive_trie of llama.cpp: of tokens with the same text, the last one counts.

It is built from ranges of tokens that share their first bytes: a range is sorted by the next byte, which parts it.
"""

import numpy as np

from libc.stdlib cimport free
from libc.string cimport memcpy

from shimmytok._trie_places cimport Places, places_init, take_places
from shimmytok._vocab cimport Table, TokenTable
from shimmytok._workspace cimport NONE, OK, TOO_LONG, Buffer, reserve

from shimmytok.errors import LimitError

cdef extern from "pages.h":
    void* shim_pages_new(size_t size) noexcept nogil
    void shim_pages_free(void* p, size_t size) noexcept nogil

cdef enum:
    FEW = 24                       # tokens that are sorted by insertion
    KEYS = 257                     # a byte plus 1, or 0 at a text's end

cdef struct Range:                 # order[begin:end] share `depth` bytes, which lead to `unit`
    uint32_t begin
    uint32_t end
    uint32_t depth
    uint32_t unit

cdef struct Building:
    const Table* texts
    Places places
    uint32_t* order                # the tokens; ascending where they are not told apart yet
    uint32_t* sorted               # room for as many
    uint32_t* leaves               # likewise: the token of each leaf
    uint32_t n_leaves
    Buffer ranges                  # a stack of what is left to do
    size_t n_ranges
    size_t n_nodes


cdef inline uint32_t key_at(const Table* texts, uint32_t token, uint32_t depth) noexcept nogil:
    cdef uint32_t start = texts.starts[token]
    return texts.text[start + depth] + 1 if texts.starts[token + 1] - start > depth else 0


cdef void sort_range(Building* b, const Range* r) noexcept nogil:
    """Sort the tokens of a range by their next byte; equal ones keep their order."""
    cdef uint32_t[KEYS] counts
    cdef uint32_t i, k, key, token, sum = 0
    if r.end - r.begin <= FEW:
        for i in range(r.begin + 1, r.end):
            token = b.order[i]
            key = key_at(b.texts, token, r.depth)
            k = i
            while k > r.begin and key_at(b.texts, b.order[k - 1], r.depth) > key:
                b.order[k] = b.order[k - 1]
                k -= 1
            b.order[k] = token
        return
    for k in range(KEYS):
        counts[k] = 0
    for i in range(r.begin, r.end):
        counts[key_at(b.texts, b.order[i], r.depth)] += 1
    for k in range(KEYS):
        sum += counts[k]
        counts[k] = sum - counts[k]
    for i in range(r.begin, r.end):
        key = key_at(b.texts, b.order[i], r.depth)
        b.sorted[r.begin + counts[key]] = b.order[i]
        counts[key] += 1
    memcpy(b.order + r.begin, b.sorted + r.begin, (r.end - r.begin) * sizeof(uint32_t))


cdef int expand(Building* b, const Range* r) noexcept nogil:
    """Make the node of a range, and ranges of its children; a Status."""
    cdef uint8_t[256] labels
    cdef uint32_t[257] bounds
    cdef Range* following
    cdef uint64_t* units
    cdef uint32_t i, key, base = 0, n = 0, first = r.begin, token = NONE
    cdef int status
    sort_range(b, r)
    while first < r.end and key_at(b.texts, b.order[first], r.depth) == 0:
        token = b.order[first]
        first += 1
    for i in range(first, r.end):
        key = key_at(b.texts, b.order[i], r.depth) - 1
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
    units = <uint64_t*>b.places.units.data
    units[r.unit] |= <uint64_t>base << BASE_AT
    if token != NONE:
        b.leaves[b.n_leaves] = token
        b.n_leaves += 1
        units[r.unit] |= <uint64_t>b.n_leaves << LEAF_AT
    b.n_nodes += n
    while n:
        n -= 1
        following = <Range*>b.ranges.data + b.n_ranges
        following.begin = bounds[n]
        following.end = bounds[n + 1]
        following.depth = r.depth + 1
        following.unit = base ^ labels[n]
        b.n_ranges += 1
    return OK


cdef int build(Building* b, Buffer* units, size_t count) noexcept nogil:
    """Build the trie of order[:count], with its root in unit 0; a Status."""
    cdef Range r
    cdef int status = places_init(&b.places, units)
    r.begin = 0
    r.end = <uint32_t>count
    r.depth = 0
    r.unit = 0
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
        cdef uint32_t[::1] order
        cdef uint32_t[::1] sorted_order
        cdef size_t count
        cdef Buffer units
        cdef int status
        if len(chosen) != texts.table.count:
            raise ValueError(f"{len(chosen)} choices for {texts.table.count} tokens")
        chosen_ids = np.flatnonzero(chosen).astype(np.uint32)
        count = len(chosen_ids)
        order = np.append(chosen_ids, np.uint32(0))
        sorted_order = np.empty(count + 1, np.uint32)
        b.texts = &texts.table
        b.order = &order[0]
        b.sorted = &sorted_order[0]
        b.ranges.data = units.data = NULL
        b.ranges.cap = units.cap = b.n_ranges = 0
        b.n_nodes = 1
        self._tokens = np.empty(count + 1, np.uint32)
        b.leaves = &self._tokens[0]
        b.n_leaves = 0
        with nogil:
            status = build(&b, &units, count)
        free(b.ranges.data)
        if status == TOO_LONG:
            raise LimitError(f"the tokens' texts are too long together for a trie of {BASE_MASK} nodes")
        if status != OK:
            raise MemoryError
        self._reserved = b.places.count * sizeof(uint64_t)
        self._pages = shim_pages_new(self._reserved)
        if self._pages != NULL:
            memcpy(self._pages, units.data, self._reserved)
        free(units.data)
        if self._pages == NULL:
            raise MemoryError
        self._n_nodes = b.n_nodes
        self._n_leaves = b.n_leaves
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

    def tokens(self):
        """The tokens in the trie, in the order of their leaves."""
        return np.asarray(self._tokens)[: self._n_leaves]
