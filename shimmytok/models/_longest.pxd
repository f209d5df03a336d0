"""Cutting a word into the longest tokens from the left."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._trie cimport Trie, child, leaf_of
from shimmytok._workspace cimport NONE, NOT_ENCODABLE, OK, OUT_OF_MEMORY, IdSink, push

cdef struct Match:                 # the longest token so far, and the node of what has been read
    uint64_t node
    uint32_t leaf                  # of the token, or NONE
    uint32_t size                  # bytes of the token

cdef struct LongestTables:
    Trie trie
    Match start                    # of every word: what its first `start_size` bytes come to
    size_t start_size
    uint32_t unknown               # NONE where the vocabulary has none
    bint unknown_words             # the unknown token stands for the whole word, not for a byte


cdef inline Match longest(const Trie* trie, Match match, const uint8_t* p, size_t at, size_t n) noexcept nogil:
    """The longest token at the start of p[:n], of which `match` knows the first `at` bytes."""
    cdef uint64_t node = match.node
    while node != 0 and at < n:
        node = child(trie, node, p[at])
        at += 1
        if leaf_of(node) != NONE:
            match.leaf = leaf_of(node)
            match.size = <uint32_t>at
    match.node = node
    return match


cdef inline Match no_match(const Trie* trie) noexcept nogil:
    cdef Match match
    match.node = trie.root
    match.leaf = NONE
    match.size = 0
    return match


cdef inline int cut_longest(const LongestTables* t, const uint8_t* p, size_t n, IdSink* out) noexcept nogil:
    """Push the tokens of a word of n > start_size bytes; a Status."""
    cdef size_t before = out.n, at = 0
    cdef uint32_t token
    cdef Match match = longest(&t.trie, t.start, p, t.start_size, n)
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
        match = longest(&t.trie, no_match(&t.trie), p + at, 0, n - at)
