"""Cutting a text at its special tokens.  Equal to llama_vocab::impl::tokenizer_st_partition of llama.cpp.

llama.cpp looks for one token after the other, the longest first, in what the earlier ones left of the text.  Here one
pass of an Aho-Corasick automaton finds, for each place, the longest token that ends there.  These candidates are then
taken in the same order (_special_choice.pyx).
"""

import numpy as np

from libc.stdint cimport uint64_t

from shimmytok._automaton cimport advance_far
from shimmytok._simd cimport simd_level
from shimmytok._special_choice cimport STRIPS_LEFT, STRIPS_RIGHT, choose_all
from shimmytok._workspace cimport NONE, OK, OUT_OF_MEMORY, Buffer, Segment, reserve, workspace_free, workspace_init

cdef extern from "byte_set.h":
    void shim_byte_set_add(ByteSet* set, uint8_t c) noexcept nogil
    uint64_t shim_byte_set_mask(const ByteSet* set, const uint8_t* p, size_t n, int level) noexcept nogil

cdef extern from "bits.h":
    uint32_t shim_lowest(uint64_t mask) noexcept nogil

cdef struct Starts:                # the places where a pattern may begin, 64 bytes at a time
    size_t base
    uint64_t mask


cdef inline size_t next_start(
    const SpecialTables* t, const uint8_t* text, size_t i, size_t n, Starts* starts, int level
) noexcept nogil:
    """The first place from i on where a pattern may begin, by its first two bytes; n when there is none."""
    cdef size_t pair
    if i >= starts.base + 64:
        starts.base = i
        starts.mask = shim_byte_set_mask(&t.firsts, text + i, n - i, level)
    else:
        starts.mask &= ~<uint64_t>0 << (i - starts.base)
    while True:
        while starts.mask:
            i = starts.base + shim_lowest(starts.mask)
            pair = <size_t>text[i] << 8 | (text[i + 1] if i + 1 < n else 0)
            if t.pairs[pair >> 3] >> (pair & 7) & 1 or i + 1 == n:
                return i
            starts.mask &= starts.mask - 1
        starts.base += 64
        if starts.base >= n:
            return n
        starts.mask = shim_byte_set_mask(&t.firsts, text + starts.base, n - starts.base, level)


cdef inline void begin_starts(
    const SpecialTables* t, const uint8_t* text, size_t n, Starts* starts, int level
) noexcept nogil:
    starts.base = 0
    starts.mask = shim_byte_set_mask(&t.firsts, text, n, level)


cdef uint32_t first_match(const SpecialTables* t, const uint8_t* text, size_t n, size_t* end) noexcept nogil:
    cdef size_t i = 0
    cdef uint32_t state = 0
    cdef Starts starts
    begin_starts(t, text, n, &starts, simd_level)
    while i < n:
        if state == 0:
            i = next_start(t, text, i, n, &starts, simd_level)
            if i == n:
                break
        state = advance_far(&t.automaton, state, text, n, &i)
        if t.automaton.states[state].longest != NONE:
            end[0] = i
            return t.automaton.states[state].longest
    return NONE


cdef int collect(const SpecialTables* t, const uint8_t* text, size_t n, Workspace* ws, size_t* count) noexcept nogil:
    """Put the tokens of a text into the candidates, in order; their number into `count`."""
    cdef Buffer* found = &ws.candidates
    cdef size_t i = 0, kept = 0, m = 0
    cdef uint32_t state = 0, pattern
    cdef Starts starts
    begin_starts(t, text, n, &starts, simd_level)
    while i < n:
        if state == 0:                                     # what comes begins here, or behind
            if m != kept and not t.any_strips and choose_all(t, text, n, ws, kept, &m) != OK:
                return OUT_OF_MEMORY
            kept = m
            i = next_start(t, text, i, n, &starts, simd_level)
            if i == n:
                break
        state = advance_far(&t.automaton, state, text, n, &i)
        pattern = t.automaton.states[state].longest
        if pattern != NONE:
            if reserve(found, (m + 1) * sizeof(uint64_t)) != OK:
                return OUT_OF_MEMORY
            (<uint64_t*>found.data)[m] = <uint64_t>pattern << 32 | (i - t.automaton.lengths[pattern])
            m += 1
    count[0] = m
    return choose_all(t, text, n, ws, 0 if t.any_strips else kept, count)


cdef int add_segment(Workspace* ws, size_t start, size_t end, uint32_t token) noexcept nogil:
    cdef Segment* segment
    if reserve(&ws.segments, (ws.n_segments + 1) * sizeof(Segment)) != OK:
        return OUT_OF_MEMORY
    segment = <Segment*>ws.segments.data + ws.n_segments
    segment.start = <uint32_t>start
    segment.end = <uint32_t>end
    segment.token = token
    ws.n_segments += 1
    return OK


cdef int add_text(Workspace* ws, size_t start, size_t end, const uint8_t* marks) noexcept nogil:
    """Add a stretch between tokens, without what was stripped from its ends."""
    if marks != NULL:
        while start < end and marks[start]:
            start += 1
        while start < end and marks[end - 1]:
            end -= 1
    return add_segment(ws, start, end, NONE) if start < end else OK


cdef int cut(const SpecialTables* t, const uint8_t* text, size_t n, Workspace* ws) noexcept nogil:
    cdef size_t i, count = 0, at = 0, start
    cdef uint64_t item
    cdef const uint8_t* marks = NULL
    cdef uint32_t pattern
    ws.n_segments = 0
    if t.automaton.count and collect(t, text, n, ws, &count) != OK:
        return OUT_OF_MEMORY
    if count and t.any_strips:
        marks = <const uint8_t*>ws.marks.data
    for i in range(count):
        item = (<uint64_t*>ws.candidates.data)[i]
        pattern = <uint32_t>item
        start = item >> 32
        if add_text(ws, at, start, marks) != OK:
            return OUT_OF_MEMORY
        at = start + t.automaton.lengths[pattern]
        if add_segment(ws, start, at, t.tokens[pattern]) != OK:
            return OUT_OF_MEMORY
    return add_text(ws, at, n, marks)


cdef class SpecialMatcher:
    """Cuts texts at given tokens: an iterable of (text, id, strips left?, strips right?), the longest texts first.

    Texts of equal length are looked for in the order in which they come.  Of equal texts the last one counts.
    """

    def __init__(self, tokens):
        rows = {}
        for text, token, left, right in tokens:
            rows.pop(text, None)                           # to stand where the last one stands
            rows[text] = token, left, right
        ordered = sorted(rows, key=len, reverse=True)      # stable
        self._patterns = PatternSet(ordered)
        self._tokens = np.array([rows[text][0] for text in ordered] + [0], np.uint32)
        self._strips = np.array(
            [STRIPS_LEFT * rows[text][1] | STRIPS_RIGHT * rows[text][2] for text in ordered] + [0], np.uint8
        )
        self.t.automaton = self._patterns.automaton
        self.t.tokens = &self._tokens[0]
        self.t.strips = &self._strips[0]
        self._mark_starts(ordered)
        self.t.any_strips = bool(np.any(self._strips))

    cdef int _mark_starts(self, ordered) except -1:
        cdef uint32_t pair
        cdef uint8_t first
        self._pairs = np.zeros(1 << 13, np.uint8)
        for text in ordered:
            first = text[0]
            shim_byte_set_add(&self.t.firsts, first)
            if len(text) == 1:
                self._pairs[<size_t>first << 5 : (<size_t>first + 1) << 5] = 255
            else:
                pair = <uint32_t>first << 8 | <uint32_t>text[1]
                self._pairs[pair >> 3] |= <uint8_t>(1 << (pair & 7))
        self.t.pairs = &self._pairs[0]
        return 0

    def __len__(self):
        return self.t.automaton.count

    def cut(self, bytes text not None):
        """[(start, end, id or None for text between tokens), ...] in bytes."""
        cdef Workspace ws
        cdef size_t i
        cdef Segment* segments
        if len(text) > 0x7FFFFFFF:
            raise ValueError("text too long")
        workspace_init(&ws)
        try:
            if cut(&self.t, text, len(text), &ws) != OK:
                raise MemoryError
            segments = <Segment*>ws.segments.data
            return [
                (segments[i].start, segments[i].end, None if segments[i].token == NONE else segments[i].token)
                for i in range(ws.n_segments)
            ]
        finally:
            workspace_free(&ws)
