"""Tokens by their bytes, one byte after the other: a trie over chosen tokens of a vocabulary.

Equal to naive_trie of llama.cpp: of tokens with the same text, the last one counts.
"""

import os

import numpy as np

from shimmytok._vocab cimport Table, TokenTable

from shimmytok.errors import LimitError

cdef enum:
    MOST_STATES = 0xFFFFFFF        # their numbers have 28 bits


cdef void put(uint64_t* slots, uint64_t mask, uint64_t seed, uint64_t slot) noexcept nogil:
    cdef uint64_t i = shim_hash_pair(slot >> 28, seed) & mask
    while slots[i] != 0:
        i = (i + 1) & mask
    slots[i] = slot


cdef uint64_t insert(
    const Trie* trie, uint64_t* slots, uint32_t* tokens, uint64_t n_states, uint32_t token, const uint8_t* p, size_t n
) noexcept nogil:
    """Add a token; there is room for `n` more states.  Returns the number of states."""
    cdef uint32_t state = 0, after
    cdef size_t i
    for i in range(n):
        after = child(trie, state, p[i])
        if after == NONE:
            after = <uint32_t>n_states
            n_states += 1
            put(slots, trie.mask, trie.seed, (<uint64_t>state + 1) << 36 | <uint64_t>p[i] << 28 | after)
        state = after
    tokens[state] = token
    return n_states


cdef class TokenTrie:
    """A trie over the tokens `texts[i]` for which `chosen[i]` (bool[n_tokens])."""

    def __init__(self, TokenTable texts not None, chosen):
        cdef const Table* table = &texts.table
        cdef const uint8_t[::1] wanted = np.ascontiguousarray(chosen).view(np.uint8)
        cdef uint32_t k
        cdef size_t n
        if wanted.shape[0] != table.count:
            raise ValueError(f"{wanted.shape[0]} choices for {table.count} tokens")
        self._n_states = 1
        self.trie.seed = int.from_bytes(os.urandom(8), "little")
        self._tokens = np.full(1, NONE, np.uint32)
        self._slots = np.zeros(1, np.uint64)
        # Most tokens share more than half of their bytes with others.
        self._reserve(64 + int(texts.lengths().sum()) // 4)
        for k in range(table.count):
            if not wanted[k]:
                continue
            n = table.starts[k + 1] - table.starts[k]
            self._reserve(self._n_states + n)
            self._n_states = insert(
                &self.trie, &self._slots[0], &self._tokens[0], self._n_states, k, table.text + table.starts[k], n
            )

    cdef int _reserve(self, uint64_t states) except -1:
        """Make room for so many states."""
        cdef uint64_t size, i
        cdef uint64_t[::1] slots
        if states <= <uint64_t>self._tokens.shape[0]:
            return 0
        states += states // 2
        if states > MOST_STATES:
            raise LimitError(f"a trie of more than {MOST_STATES} bytes of token texts")
        tokens = np.full(states, NONE, np.uint32)
        tokens[: self._n_states] = self._tokens[: self._n_states]
        size = 64
        while size * 2 < states * 3:
            size *= 2
        slots = np.zeros(size, np.uint64)
        for i in range(<uint64_t>self._slots.shape[0]):
            if self._slots[i] != 0:
                put(&slots[0], size - 1, self.trie.seed, self._slots[i])
        self._tokens = tokens
        self._slots = slots
        self.trie.tokens = &self._tokens[0]
        self.trie.slots = &self._slots[0]
        self.trie.mask = size - 1
        return 0

    def __len__(self):
        """The number of states; 1 when no token was chosen."""
        return self._n_states

    def longest(self, bytes text not None):
        """(the token whose text is the longest start of `text`, or None; how many bytes of `text` the trie has)."""
        cdef uint32_t state = 0, token = NONE
        cdef Py_ssize_t i
        cdef const uint8_t* p = text
        for i in range(len(text)):
            state = child(&self.trie, state, p[i])
            if state == NONE:
                return None if token == NONE else token, i
            if self.trie.tokens[state] != NONE:
                token = self.trie.tokens[state]
        return None if token == NONE else token, len(text)
