"""Cutting a text into the longest tokens from the left."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._automaton cimport Automaton, PatternSet
from shimmytok._trie cimport TokenTrie, Trie
from shimmytok._vocab cimport TokenTable
from shimmytok._workspace cimport IdSink, Workspace

cdef struct Match:                 # the longest token so far, and the node of what has been read
    uint64_t node
    uint32_t leaf                  # of the token, or NONE
    uint32_t size                  # bytes of the token
    size_t read                    # bytes

cdef struct LongestTables:         # borrowed: valid as long as the LongestTokens are
    Trie trie
    const Automaton* reversed      # over the long tokens, reversed; NULL where there are none
    const uint32_t* leaves         # of each of its patterns
    Match start                    # of every text: what all begin with comes to
    uint32_t unknown               # NONE where the vocabulary has none
    bint unknown_words             # the unknown token stands for the whole text, not for a byte

cdef class LongestTokens:
    cdef LongestTables t
    cdef TokenTrie _trie
    cdef PatternSet _reversed
    cdef const uint32_t[::1] _leaves
    cdef _reverse(self, are_long, TokenTable texts)

# Pushes the tokens of a text, which is longer than what all begin with; a Status.
cdef int cut_longest(const LongestTables* t, const uint8_t* p, size_t n, Workspace* ws, IdSink* out) noexcept nogil
