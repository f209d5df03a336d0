"""The longest token at each place, over bytes.  Equal to llm_tokenizer_rwkv_session of llama.cpp.

A walk down a trie from each place where a token begins finds it.  Where walks take too long, since beginnings of long
tokens come again and again, an automaton over the reversed tokens, run from the end of the text, knows the longest
token that begins at each place: the time is linear, however long tokens are.  A byte where no token begins is the
unknown token.  (llama.cpp never ends when the byte begins longer tokens, and gives an id of -1 when there is no unknown
token.)

A text is cut before each space behind a byte that no token has before a space, so that the word cache can know its
words.  No token lies across such a place, and an unknown byte is one byte: so tokens end there, and begin there,
whatever stands on the other side.
"""

import numpy as np

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._automaton cimport Automaton, PatternSet, advance
from shimmytok._space_cuts cimport SpaceCuts, encode_parts, join_spaces
from shimmytok._trie cimport TokenTrie, Trie, child, leaf_of
from shimmytok._word_cache cimport WordCache, WordCacheTables
from shimmytok._workspace cimport NONE, NOT_ENCODABLE, OK, OUT_OF_MEMORY, IdSink, Workspace, push, reserve
from shimmytok.models._model cimport Model

cdef enum:
    MOST_STEPS = 16                # down the trie, for each byte

cdef struct RwkvTables:
    Trie trie
    const Automaton* reversed      # over the reversed tokens
    const uint32_t* ids            # of each of its patterns
    uint32_t unknown               # NONE where the vocabulary has none
    SpaceCuts cuts
    WordCacheTables* cache


cdef inline int push_token(const RwkvTables* t, uint32_t token, IdSink* out) noexcept nogil:
    """Push a token, or the unknown one for NONE."""
    if token == NONE:
        token = t.unknown
        if token == NONE:
            return NOT_ENCODABLE
    return push(out, token)


cdef int encode_slowly(const RwkvTables* t, const uint8_t* p, size_t n, Workspace* ws, IdSink* out) noexcept nogil:
    """Encode a word by the automaton."""
    cdef uint32_t* longest         # at each place: the longest pattern that begins there, or NONE
    cdef uint32_t state = 0
    cdef size_t i = n
    cdef int status = OK
    if reserve(&ws.nodes, n * sizeof(uint32_t)) != OK:
        return OUT_OF_MEMORY
    longest = <uint32_t*>ws.nodes.data
    while i:
        i -= 1
        state = advance(t.reversed, state, p[i])
        longest[i] = t.reversed.longest[state]
    while i < n and status == OK:
        if longest[i] == NONE:
            status = push_token(t, NONE, out)
            i += 1
        else:
            status = push_token(t, t.ids[longest[i]], out)
            i += t.reversed.lengths[longest[i]]
    return status


cdef int encode_word(const void* tables, const uint8_t* p, size_t n, Workspace* ws, IdSink* out) noexcept nogil:
    cdef const RwkvTables* t = <const RwkvTables*>tables
    cdef uint64_t node
    cdef size_t before = out.n, start = 0, at, end, steps = 0
    cdef uint32_t token
    cdef int status = OK
    while start < n and status == OK:
        node = t.trie.root
        token = NONE
        at = start
        end = start + 1
        while at < n:
            node = child(&t.trie, node, p[at])
            if node == 0:
                break
            at += 1
            if leaf_of(node) != NONE:
                token = t.trie.tokens[leaf_of(node)]
                end = at
        steps += at - start + 1
        if steps > MOST_STEPS * (n + 1):
            out.n = before
            return encode_slowly(t, p, n, ws, out)
        status = push_token(t, token, out)
        start = end
    return status


cdef int encode_fragment(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef const RwkvTables* t = <const RwkvTables*>tables
    return encode_parts(&t.cuts, t.cache, encode_word, t, text, n, ws, out)


cdef class RwkvModel(Model):
    """Longest match over a trie of tokens, which are also given as {bytes (not empty): id}."""

    cdef RwkvTables t
    cdef PatternSet _reversed
    cdef const uint32_t[::1] _ids
    cdef TokenTrie _trie
    cdef WordCache _cache

    def __init__(self, TokenTrie trie not None, tokens not None, WordCache cache not None, *, unknown):
        cdef bytes text
        self._reversed = PatternSet([text[::-1] for text in tokens])
        self._ids = np.array([*tokens.values(), 0], np.uint32)
        self.t.reversed = &self._reversed.automaton
        self.t.ids = &self._ids[0]
        self.t.unknown = NONE if unknown is None else unknown
        for text in tokens:
            join_spaces(&self.t.cuts, text, len(text))
        self._trie = trie
        self.t.trie = trie.trie
        self._cache = cache
        self.t.cache = &cache.t
        self.encode_fragment = encode_fragment
        self.tables = &self.t
