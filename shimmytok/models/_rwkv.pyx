"""The longest token at each place, over bytes.  Equal to llm_tokenizer_rwkv_session of llama.cpp.

An automaton over the reversed tokens, run from the end of the text, knows the longest token that begins at each place:
the time is linear, however long tokens are.  A byte where no token begins is the unknown token.  (llama.cpp never ends
when the byte begins longer tokens, and gives an id of -1 when there is no unknown token.)
"""

import numpy as np

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

from shimmytok._automaton cimport Automaton, PatternSet, advance
from shimmytok._workspace cimport NONE, NOT_ENCODABLE, OK, OUT_OF_MEMORY, IdSink, Workspace, push, reserve
from shimmytok.models._model cimport Model

cdef struct RwkvTables:
    const Automaton* reversed      # over the reversed tokens
    const uint32_t* ids            # of each of its patterns
    uint32_t unknown               # NONE where the vocabulary has none


cdef int encode_fragment(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef const RwkvTables* t = <const RwkvTables*>tables
    cdef uint32_t* longest         # at each place: the longest pattern that begins there, or NONE
    cdef uint32_t state = 0
    cdef size_t i
    if reserve(&ws.nodes, n * sizeof(uint32_t)) != OK:
        return OUT_OF_MEMORY
    longest = <uint32_t*>ws.nodes.data
    i = n
    while i:
        i -= 1
        state = advance(t.reversed, state, text[i])
        longest[i] = t.reversed.longest[state]
    while i < n:
        if longest[i] != NONE:
            if push(out, t.ids[longest[i]]) != OK:
                return OUT_OF_MEMORY
            i += t.reversed.lengths[longest[i]]
        elif t.unknown == NONE:
            return NOT_ENCODABLE
        else:
            if push(out, t.unknown) != OK:
                return OUT_OF_MEMORY
            i += 1
    return OK


cdef class RwkvModel(Model):
    """Longest match over {a token's bytes (not empty): its id}."""

    cdef RwkvTables t
    cdef PatternSet _reversed
    cdef const uint32_t[::1] _ids

    def __init__(self, tokens not None, *, unknown):
        self._reversed = PatternSet([text[::-1] for text in tokens])
        self._ids = np.array([*tokens.values(), 0], np.uint32)
        self.t.reversed = &self._reversed.automaton
        self.t.ids = &self._ids[0]
        self.t.unknown = NONE if unknown is None else unknown
        self.encode_fragment = encode_fragment
        self.tables = &self.t
