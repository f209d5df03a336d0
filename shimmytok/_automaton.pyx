"""Finding many byte strings in one pass: an Aho-Corasick automaton, built from a list of them.

For each state it knows the longest string that ends there, and for each string the next shorter one with the same end:
so all that end at a place can be listed, the longest first.

A state has its first child with it, since most have no other; the rest are in a hash table.  And it has a bit for each
of sixteen kinds of bytes, for all by which a child is reached from it or from the states it fails to, one after the
other: with any other byte the next state is the root's child, and none of these is looked at.

Most states lie on the way to the end of one pattern, a chain: their numbers follow one another, and the bytes that lead
to them, their labels, lie side by side.  So many bytes of a text are compared with those at once.  No pattern ends
within a chain, but one may at its end.
"""

import os

import numpy as np

from shimmytok._workspace cimport NONE

cdef enum:
    SHORTEST_CHAIN = 4             # bytes: fewer are not worth a comparison
    LONGEST_CHAIN = 32             # and what differs at the end of more is compared in vain


cdef class PatternSet:
    """An automaton for distinct, non-empty byte strings, numbered as they come."""

    def __init__(self, list patterns not None):
        cdef uint32_t k, end
        cdef uint32_t[::1] ends, depths, parents, order
        cdef State* states
        total = sum(map(len, patterns))
        slots = 16
        while slots < 2 * len(patterns):                   # each adds a second child to one state at most
            slots *= 2
        self._lengths = np.array([len(text) for text in patterns] + [0], np.uint32)
        self._shorter = np.full(len(patterns) + 1, NONE, np.uint32)
        self._states = np.zeros(2 * (total + 1), np.uint64)
        self._labels = np.zeros(total + 1, np.uint8)
        self._chains = np.zeros(total + 1, np.uint8)
        self._edge_keys = np.zeros(slots, np.uint64)
        self._edge_states = np.zeros(slots, np.uint32)
        self._borrow(len(patterns))
        parents = np.zeros(total + 1, np.uint32)           # of each state: the one before
        ends = np.zeros(len(patterns) + 1, np.uint32)
        states = <State*>&self._states[0]
        states[0].longest = NONE
        self._n_states = 1
        for k, text in enumerate(patterns):
            end = self._insert(text, len(text), &parents[0])
            states[end].longest = k
            ends[k] = end
        depths = np.zeros(self._n_states, np.uint32)
        for k in range(1, self._n_states):
            depths[k] = depths[parents[k]] + 1
        order = np.argsort(depths, kind="stable").astype(np.uint32)
        self._link(&order[0], &parents[0])
        for k in range(self.automaton.count):
            self._shorter[k] = states[states[ends[k]].fail].longest
        self._states = np.array(self._states[:2 * self._n_states])
        self._labels = np.array(self._labels[:self._n_states])
        self._chains = np.zeros(self._n_states, np.uint8)
        self._find_chains()
        self._borrow(len(patterns))

    def _borrow(self, count):
        self.automaton.count = count
        self.automaton.lengths = &self._lengths[0]
        self.automaton.shorter = &self._shorter[0]
        self.automaton.states = <const State*>&self._states[0]
        self.automaton.labels = &self._labels[0]
        self.automaton.chains = &self._chains[0]
        self.automaton.edge_keys = &self._edge_keys[0]
        self.automaton.edge_states = &self._edge_states[0]
        self.automaton.edge_mask = self._edge_keys.shape[0] - 1
        self.automaton.edge_seed = self.automaton.edge_seed or int.from_bytes(os.urandom(8), "little")

    cdef uint32_t _insert(self, const uint8_t* p, size_t n, uint32_t* parents) noexcept nogil:
        """Add a string to the trie; its last state."""
        cdef State* states = <State*>&self._states[0]
        cdef uint32_t state = 0, child
        cdef size_t i
        for i in range(n):
            child = child_of(&self.automaton, state, p[i])
            if child == 0:
                child = self._n_states
                self._n_states += 1
                states[child].longest = NONE
                parents[child] = state
                self._labels[child] = p[i]
                self._add_child(state, p[i], child)
            state = child
        return state

    cdef void _add_child(self, uint32_t state, uint8_t c, uint32_t child) noexcept nogil:
        cdef State* s = <State*>&self._states[0] + state
        cdef uint64_t key, slot
        if state == 0:
            self.automaton.first[c] = child
            return
        s.reach |= reach_by(c)
        if s.child == 0:
            s.child = child
            s.byte = c
            return
        s.has_more = 1
        key = edge_key(state, c)
        slot = edge_slot(&self.automaton, key)
        while self._edge_keys[slot] != 0:
            slot = (slot + 1) & self.automaton.edge_mask
        self._edge_keys[slot] = key
        self._edge_states[slot] = child

    cdef void _link(self, const uint32_t* order, const uint32_t* parents) noexcept nogil:
        """Give each state its fail state, and what depends on that, the shallow ones first."""
        cdef State* states = <State*>&self._states[0]
        cdef State* s
        cdef uint32_t i, state
        for i in range(1, self._n_states):
            state = order[i]
            s = &states[state]
            if parents[state] != 0:
                s.fail = advance(&self.automaton, states[parents[state]].fail, self._labels[state])
            if s.longest == NONE:
                s.longest = states[s.fail].longest
            s.reach |= states[s.fail].reach

    cdef void _find_chains(self) noexcept nogil:
        """Note how far the bytes behind each state go on as those of one pattern, the deep states first.  A state in
        which no pattern ends has its child next to it.

        Within a chain no other one begins: where a text differs from it, it is followed byte by byte."""
        cdef const State* states = <const State*>&self._states[0]
        cdef uint32_t state, child, chain, i
        for state in range(self._n_states - 1, 0, -1):
            child = states[state].child
            if child == 0:
                continue
            chain = 1
            if states[child].longest == NONE and not states[child].has_more:
                chain = min(LONGEST_CHAIN, chain + self._chains[child])
            self._chains[state] = <uint8_t>chain
        for state in range(self._n_states):
            if self._chains[state] < SHORTEST_CHAIN:
                self._chains[state] = 0
            child = states[state].child
            for i in range(1, self._chains[state]):
                self._chains[child + i - 1] = 0
