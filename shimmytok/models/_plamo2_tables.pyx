"""The tables of PLaMo-2: an automaton over the suffixes of tokens, read from their ends.

Equal to llm_tokenizer_plamo2::build of llama.cpp, whose table lists for each suffix all its prefixes that are suffixes
too: they are the states that an automaton over the reversed tokens falls back to, so links suffice, and the memory is
linear in the tokens' texts.
"""

import os

import numpy as np

from libc.string cimport memset

from shimmytok._byte_cuts cimport choose_cuts, join_bytes
from shimmytok._vocab cimport Table, TokenTable
from shimmytok.unicode._utf8 cimport decode_unlimited, is_clean

from shimmytok.unicode.utf8 import repair

NO_SCORE = INVALID


cdef size_t count_characters(const uint8_t* p, size_t n) noexcept nogil:
    cdef size_t at = 0, count = 0
    cdef uint32_t cp
    while at < n:
        at += decode_unlimited(p + at, n - at, &cp)
        count += 1
    return count


cdef list code_points(bytes text):
    cdef const uint8_t* p = text
    cdef size_t at = 0, n = len(text)
    cdef uint32_t cp
    found = []
    while at < n:
        at += decode_unlimited(p + at, n - at, &cp)
        found.append(cp)
    return found


cdef uint32_t advance(const Plamo2Tables* t, uint32_t state, uint32_t cp) noexcept nogil:
    """The longest suffix that is `cp` and a prefix of the state's suffix."""
    cdef uint32_t next
    while True:
        next = follow(t, state, cp)
        if next != NONE:
            return next
        if state == 0:
            return 0
        state = t.suffixes[state].fail


cdef class Plamo2TableSet:
    """The tables for token texts with `scores` (int32[n_tokens]), and the 256 ids of single bytes.

    Tokens that `is_byte` (uint8[n_tokens]) marks are not looked for.  ValueError for a text that llama.cpp refuses.
    """

    def __init__(
        self, TokenTable texts not None, const int32_t[::1] scores not None, const uint8_t[::1] is_byte not None,
        byte_tokens, WordCache cache not None,
    ):
        cdef const Table* source = &texts.table
        cdef size_t characters = 0, n
        cdef uint32_t k, state
        cdef const uint8_t* p
        if scores.shape[0] != source.count or is_byte.shape[0] != source.count or len(byte_tokens) != 256:
            raise ValueError(f"{scores.shape[0]} scores, {is_byte.shape[0]} marks for {source.count} tokens")
        self._cache = cache
        self.t.cache = &cache.t
        for k in range(256):
            self.t.byte_token[k] = byte_tokens[k]
        for k in range(source.count):
            if not is_byte[k]:
                characters += count_characters(source.text + source.starts[k], source.starts[k + 1] - source.starts[k])
        self._reserve(characters)
        self.t.by_words = True
        odd = []
        for k in range(source.count):
            p = source.text + source.starts[k]
            n = source.starts[k + 1] - source.starts[k]
            if is_byte[k]:
                continue
            join_bytes(&self.t.cuts, p, n)
            if scores[k] == UNKNOWN:
                self.t.by_words = False
            if is_clean(p, n):
                state = self._insert(p, n)
                (<Suffix*>self.t.suffixes)[state].score = scores[k]
                (<Suffix*>self.t.suffixes)[state].token = k
            else:
                odd.append(texts[k])
        choose_cuts(&self.t.cuts)
        if odd:
            self.t.by_words = False
        read = {text: self._insert_odd(text) for text in odd}
        self._link()
        self._overrule(read)
        self._parents = None
        self._characters = None

    cdef int _reserve(self, size_t characters) except -1:
        """Make room for suffixes of so many code points together."""
        cdef uint64_t slots = 16
        if characters >= <size_t>0x7FFFFFFF:
            raise ValueError(f"the tokens have {characters} characters together: too many")
        while slots < characters + characters // 2 + 1:
            slots *= 2
        self._edge_keys = np.zeros(slots, np.uint64)
        self._edge_states = np.zeros(slots, np.uint32)
        self._suffixes = np.zeros(5 * (characters + 1), np.uint32)
        self._parents = np.zeros(characters + 1, np.uint32)
        self._characters = np.zeros(characters + 1, np.uint32)
        self.t.edge_keys = &self._edge_keys[0]
        self.t.edge_states = &self._edge_states[0]
        self.t.edge_mask = slots - 1
        self.t.edge_seed = int.from_bytes(os.urandom(8), "little")
        self.t.suffixes = <const Suffix*>&self._suffixes[0]
        memset(&self._suffixes[0], 0, sizeof(Suffix))
        (<Suffix*>self.t.suffixes).score = INVALID
        self._n_suffixes = 1
        return 0

    cdef void _set_edge(self, uint32_t state, uint32_t cp, uint32_t child) noexcept nogil:
        cdef uint64_t key = (<uint64_t>state << 21 | cp) + 1
        cdef uint64_t i = shim_hash_pair(key, self.t.edge_seed) & self.t.edge_mask
        while self.t.edge_keys[i] != 0 and self.t.edge_keys[i] != key:
            i = (i + 1) & self.t.edge_mask
        self._edge_keys[i] = key
        self._edge_states[i] = child

    cdef uint32_t _insert(self, const uint8_t* p, size_t n) noexcept nogil:
        """Add all suffixes of a clean text; the state of the text itself."""
        cdef uint32_t state = 0, child, cp
        cdef size_t end = n, at
        cdef Suffix* suffix
        while end:
            at = end - 1
            while p[at] & 0xC0 == 0x80:
                at -= 1
            decode_unlimited(p + at, end - at, &cp)
            child = follow(&self.t, state, cp)
            if child == NONE:
                child = self._n_suffixes
                self._n_suffixes += 1
                self._set_edge(state, cp, child)
                self._parents[child] = state
                self._characters[child] = cp
                suffix = <Suffix*>self.t.suffixes + child
                suffix.score = INVALID
                suffix.length = self.t.suffixes[state].length + 1
            state = child
            end = at
        return state

    def _insert_odd(self, bytes text):
        """Add the suffixes of a text that is not clean; (its first code point, the rest written as UTF-8)."""
        cps = code_points(text)
        if max(cps) > 0x10FFFF:
            raise ValueError(f"the token text {text[:40]!r} has a character above U+10FFFF")
        clean = repair(text)
        rest = clean[len(chr(cps[0]).encode("utf-8", "surrogatepass")) :]
        self._insert(rest, len(rest))
        return cps[0], rest

    cdef int _link(self) except -1:
        """Give each suffix its links, the short ones first."""
        cdef Suffix* suffixes = <Suffix*>self.t.suffixes
        cdef Suffix* suffix
        cdef uint32_t state, parent, fail
        cdef Py_ssize_t i
        lengths = np.asarray(self._suffixes).reshape(-1, 5)[: self._n_suffixes, 2]
        cdef const uint32_t[::1] order = np.argsort(lengths, kind="stable").astype(np.uint32)
        for i in range(1, order.shape[0]):
            state = order[i]
            parent = self._parents[state]
            suffix = suffixes + state
            if parent != 0:
                suffix.fail = advance(&self.t, suffixes[parent].fail, self._characters[state])
            fail = suffix.fail
            suffix.next_token = fail if suffixes[fail].score > INVALID else suffixes[fail].next_token
        return 0

    cdef uint32_t _locate(self, bytes text):
        """The state of a clean text, or NONE."""
        cdef uint32_t state = 0
        for cp in reversed(code_points(text)):
            state = follow(&self.t, state, cp)
            if state == NONE:
                break
        return state

    def _overrule(self, odd):
        """Set the edges that tokens with invalid UTF-8 take over: {text: (its first code point, the clean rest)}.

        No text can be such a token, but llama.cpp enters it among the suffixes under its repaired characters, in the
        order of the reversed texts; when the rest is not there yet, as if there were no rest.
        """
        edges = []
        for text in sorted(odd, key=lambda text: text[::-1]):
            cp, rest = odd[text]
            target = advance(&self.t, self._locate(rest), cp)
            known = rest if rest[::-1] < text[::-1] else b""
            clean = chr(cp).encode("utf-8", "surrogatepass") + known
            if self._locate(clean) == NONE or clean[::-1] < text[::-1]:
                edges.append((self._locate(known), cp, target))
        for state, cp, target in edges:
            self._set_edge(state, cp, target)
