"""Cutting a text into the longest tokens from the left: what WordPiece and RWKV share.

A walk down a trie from each place where a token begins finds it.  The time is linear, however long tokens are:

- Where no token is longer than SHORT, a walk takes as many steps at most, and one more in vain.
- Where there are longer ones, walks may take MOST_STEPS for each byte of a text, all together.  Beginnings of long
  tokens that come again and again would take more; then an automaton over the long tokens, reversed, is run from the
  end of the text.  It knows the longest of them that begins at each place, and where there is none, a walk looks at
  SHORT bytes and no further.

The automaton takes many times the memory of its tokens; no real vocabulary has such long ones.
"""

import numpy as np

from shimmytok._automaton cimport advance
from shimmytok._trie cimport child, leaf_of
from shimmytok._vocab cimport TokenTable
from shimmytok._workspace cimport NONE, NOT_ENCODABLE, OK, OUT_OF_MEMORY, push, reserve

cdef enum:
    SHORT = 128                    # bytes: RWKV World has a token of that length
    MOST_STEPS = 16                # for each byte of a text


cdef inline Match longest(const Trie* trie, Match match, const uint8_t* p, size_t n) noexcept nogil:
    """The longest token at the start of p[:n], of which `match` knows the first bytes."""
    cdef uint64_t node = match.node
    cdef size_t at = match.read
    while node != 0 and at < n:
        node = child(trie, node, p[at])
        at += 1
        if leaf_of(node) != NONE:
            match.leaf = leaf_of(node)
            match.size = <uint32_t>at
    match.node = node
    match.read = at
    return match


cdef inline Match no_match(const Trie* trie) noexcept nogil:
    cdef Match match
    match.node = trie.root
    match.leaf = NONE
    match.size = 0
    match.read = 0
    return match


cdef const uint32_t* find_long(const LongestTables* t, const uint8_t* p, size_t n, Workspace* ws) noexcept nogil:
    """At each place the longest of the long tokens that begins there, by its pattern, or NONE; NULL without memory."""
    cdef uint32_t* found
    cdef uint32_t state = 0
    if reserve(&ws.nodes, n * sizeof(uint32_t)) != OK:
        return NULL
    found = <uint32_t*>ws.nodes.data
    while n:
        n -= 1
        state = advance(t.reversed, state, p[n])
        found[n] = t.reversed.states[state].longest
    return found


cdef inline Match longest_at(
    const LongestTables* t, const uint32_t* long_tokens, const uint8_t* p, size_t at, size_t n
) noexcept nogil:
    """The longest token at a place, by what `find_long` found."""
    cdef Match match = no_match(&t.trie)
    if long_tokens[at] == NONE:
        return longest(&t.trie, match, p + at, min(n - at, <size_t>SHORT))
    match.leaf = t.leaves[long_tokens[at]]
    match.size = t.reversed.lengths[long_tokens[at]]
    return match


cdef int cut_longest(const LongestTables* t, const uint8_t* p, size_t n, Workspace* ws, IdSink* out) noexcept nogil:
    cdef const uint32_t* long_tokens = NULL
    cdef size_t before = out.n, at = 0, steps = 0
    cdef uint32_t token
    cdef Match match = longest(&t.trie, t.start, p, n)
    while True:
        if match.leaf != NONE:
            token = t.trie.tokens[match.leaf]
            at += match.size
        elif t.unknown == NONE:
            return NOT_ENCODABLE
        else:
            token = t.unknown
            at += 1
            if t.unknown_words:
                out.n = before
                at = n
        if push(out, token) != OK:
            return OUT_OF_MEMORY
        if at == n:
            return OK
        if t.reversed != NULL:
            steps += match.read
            if steps > MOST_STEPS * n:
                if long_tokens == NULL:
                    long_tokens = find_long(t, p, n, ws)
                if long_tokens == NULL:
                    return OUT_OF_MEMORY
                match = longest_at(t, long_tokens, p, at, n)
                continue
        match = longest(&t.trie, no_match(&t.trie), p + at, n - at)


cdef class LongestTokens:
    """The tokens of a trie, whose texts are given by token.

    `start`: what every text begins with.  `unknown_words`: the unknown token stands for a whole text, where at a place
    of it no token begins; else for a byte.
    """

    def __init__(
        self, TokenTrie trie not None, TokenTable texts not None, *, unknown, bint unknown_words=False,
        bytes start not None=b"",
    ):
        self._trie = trie
        self.t.trie = trie.trie
        self.t.start = longest(&trie.trie, no_match(&trie.trie), start, len(start))
        self.t.unknown = NONE if unknown is None else unknown
        self.t.unknown_words = unknown_words
        lengths = texts.lengths()
        if lengths.max(initial=0) > SHORT:
            self._reverse(lengths[trie.tokens()] > SHORT, texts)

    cdef _reverse(self, are_long, TokenTable texts):
        leaves = np.flatnonzero(are_long)
        if not len(leaves):
            return
        self._reversed = PatternSet([texts[i][::-1] for i in self._trie.tokens()[leaves].tolist()])
        self._leaves = leaves.astype(np.uint32)
        self.t.reversed = &self._reversed.automaton
        self.t.leaves = &self._leaves[0]
