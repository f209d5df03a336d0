"""Finding many byte strings in one pass: an Aho-Corasick automaton, built from a list of them.

For each state it knows the longest string that ends there, and for each string the next shorter one with the same end:
so all that end at a place can be listed, the longest first.
"""

import os

import numpy as np

from shimmytok._workspace cimport NONE


cdef class PatternSet:
    """An automaton for distinct, non-empty byte strings, numbered as they come."""

    def __init__(self, list patterns not None):
        cdef uint32_t k
        cdef uint32_t[::1] ends, depths
        total = sum(map(len, patterns))
        slots = 16
        while slots < 2 * total:
            slots *= 2
        self._lengths = np.array([len(text) for text in patterns] + [0], np.uint32)
        self._shorter = np.full(len(patterns) + 1, NONE, np.uint32)
        self._edge_keys = np.zeros(slots, np.uint64)
        self._edge_states = np.zeros(slots, np.uint32)
        self._fail = np.zeros(total + 1, np.uint32)
        self._longest = np.full(total + 1, NONE, np.uint32)
        self._parents = np.zeros(total + 1, np.uint32)
        self._bytes = np.zeros(total + 1, np.uint8)
        self._n_states = 1
        ends = np.zeros(len(patterns) + 1, np.uint32)
        self._borrow(len(patterns), slots)
        for k, text in enumerate(patterns):
            ends[k] = self._insert(text, len(text))
            self._longest[ends[k]] = k
        depths = np.zeros(self._n_states, np.uint32)
        for k in range(1, self._n_states):
            depths[k] = depths[self._parents[k]] + 1
        self._link(np.argsort(depths, kind="stable").astype(np.uint32))
        for k in range(self.automaton.count):
            self._shorter[k] = self._longest[self._fail[ends[k]]]
        self._parents = None
        self._bytes = None

    def _borrow(self, count, slots):
        self.automaton.count = count
        self.automaton.lengths = &self._lengths[0]
        self.automaton.shorter = &self._shorter[0]
        self.automaton.edge_keys = &self._edge_keys[0]
        self.automaton.edge_states = &self._edge_states[0]
        self.automaton.edge_mask = slots - 1
        self.automaton.edge_seed = int.from_bytes(os.urandom(8), "little")
        self.automaton.fail = &self._fail[0]
        self.automaton.longest = &self._longest[0]

    cdef uint32_t _insert(self, const uint8_t* p, size_t n) noexcept nogil:
        """Add a string to the trie; its last state."""
        cdef uint32_t state = 0, child
        cdef uint64_t key, slot
        cdef size_t i
        for i in range(n):
            child = follow(&self.automaton, state, p[i])
            if child == 0:
                child = self._n_states
                self._n_states += 1
                self._parents[child] = state
                self._bytes[child] = p[i]
                if state == 0:
                    self.automaton.first[p[i]] = child
                else:
                    key = (<uint64_t>state << 8 | p[i]) + 1
                    slot = edge_slot(&self.automaton, key)
                    while self._edge_keys[slot] != 0:
                        slot = (slot + 1) & self.automaton.edge_mask
                    self._edge_keys[slot] = key
                    self._edge_states[slot] = child
            state = child
        return state

    cdef void _link(self, const uint32_t[::1] order) noexcept nogil:
        """Give each state its fail state, the shallow ones first."""
        cdef Py_ssize_t i
        cdef uint32_t state, parent
        for i in range(1, order.shape[0]):
            state = order[i]
            parent = self._parents[state]
            if parent != 0:
                self._fail[state] = advance(&self.automaton, self._fail[parent], self._bytes[state])
            if self._longest[state] == NONE:
                self._longest[state] = self._longest[self._fail[state]]
