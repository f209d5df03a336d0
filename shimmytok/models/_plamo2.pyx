"""The cheapest way to write a text as tokens.  Equal to llm_tokenizer_plamo2::encode of llama.cpp.

From the end of the text to its start: a state of the automaton is the longest suffix of a token that begins at a place,
and its links list the tokens that do, the longest first.  Of equal costs the longest token is taken.

A clean text is cut between characters that no token has side by side (_byte_cuts.pyx), so that the word cache can know
its parts.  Every way leads through such a place, so that its cost is added to all that are compared before it; no state
lies across it, and what is read before it begins at state 0.  That is not so where a token's score is UNKNOWN, which
ends the search for a state, or where edges lead elsewhere than characters say.
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t

from shimmytok._byte_cuts cimport encode_parts, find_byte_seam
from shimmytok._workspace cimport NONE, OK, OUT_OF_MEMORY, IdSink, Workspace, push, reserve, reserve_ids
from shimmytok.models._model cimport Model
from shimmytok.models._plamo2_tables cimport INVALID, UNKNOWN, Plamo2Tables, Plamo2TableSet, Suffix, follow
from shimmytok.unicode._utf8 cimport decode_unlimited, is_clean

cdef enum:
    BYTE_ORDER_MARK = 0xFEFF

cdef struct Place:                 # in the text
    int64_t cost                   # of the best way from here to the end
    uint32_t cp
    uint32_t token                 # the first of that way; NONE: the bytes of `cp`
    uint32_t length                # its code points; 0: no way found yet


cdef size_t make_places(const uint8_t* text, size_t n, Place* places) noexcept nogil:
    cdef size_t at = 0, m = 0
    while at < n:
        at += decode_unlimited(text + at, n - at, &places[m].cp)
        places[m].length = 0
        m += 1
    return m


cdef inline uint32_t step(const Plamo2Tables* t, uint32_t state, uint32_t cp) noexcept nogil:
    """The state with one more character in front; a token with the very score UNKNOWN ends the search."""
    cdef uint32_t next
    while True:
        next = follow(t, state, cp)
        if next != NONE:
            return next
        if state == 0 or t.suffixes[state].score == UNKNOWN:
            return 0
        state = t.suffixes[state].fail


cdef inline void consider(Place* place, uint32_t token, uint32_t length, int64_t score) noexcept nogil:
    cdef int64_t cost = place[length].cost - score
    if place.length == 0 or cost < place.cost:
        place.cost = cost
        place.token = token
        place.length = length


cdef inline void find_best(const Plamo2Tables* t, uint32_t state, Place* place, size_t left) noexcept nogil:
    """Choose the first token of the best way from a place, which has `left` characters to the end."""
    cdef const Suffix* suffix
    if t.suffixes[state].score <= INVALID:
        state = t.suffixes[state].next_token
    while state != 0:
        suffix = &t.suffixes[state]
        # Only tokens with invalid UTF-8 lead to states that do not fit; llama.cpp then reads past the end.
        if suffix.length <= left:
            consider(place, suffix.token, suffix.length, suffix.score)
        if suffix.score == UNKNOWN and place.length != 0:
            return
        state = suffix.next_token
    consider(place, NONE, 1, UNKNOWN)


cdef int push_bytes(const Plamo2Tables* t, uint32_t cp, IdSink* out) noexcept nogil:
    """Push the byte tokens of a character up to 0x1FFFFF."""
    cdef uint32_t size = 1 if cp < 0x80 else 2 if cp < 0x800 else 3 if cp < 0x10000 else 4
    cdef uint32_t lead = 0 if size == 1 else 0xF00 >> size & 0xFF
    cdef uint32_t i
    if reserve_ids(out, size) != OK:
        return OUT_OF_MEMORY
    if size == 1:
        out.ids[out.n] = t.byte_token[cp]
    else:
        out.ids[out.n] = t.byte_token[lead | cp >> 6 * (size - 1)]
    for i in range(1, size):
        out.ids[out.n + i] = t.byte_token[0x80 | (cp >> 6 * (size - 1 - i) & 0x3F)]
    out.n += size
    return OK


cdef int encode_text(const void* tables, const uint8_t* text, size_t n, Workspace* ws, IdSink* out) noexcept nogil:
    cdef const Plamo2Tables* t = <const Plamo2Tables*>tables
    cdef Place* places
    cdef size_t i, m
    cdef uint32_t state = 0
    cdef int status
    if reserve(&ws.nodes, (n + 1) * sizeof(Place)) != OK:
        return OUT_OF_MEMORY
    places = <Place*>ws.nodes.data
    m = make_places(text, n, places)
    places[m].cost = 0
    i = m
    while i:
        i -= 1
        state = step(t, state, places[i].cp)
        find_best(t, state, &places[i], m - i)
    while i < m:
        status = push_bytes(t, places[i].cp, out) if places[i].token == NONE else push(out, places[i].token)
        if status != OK:
            return status
        i += places[i].length
    return OK


cdef int encode_fragment(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef const Plamo2Tables* t = <const Plamo2Tables*>tables
    cdef uint32_t cp
    cdef size_t size
    if n:
        size = decode_unlimited(text, n, &cp)
        if cp == BYTE_ORDER_MARK:
            text += size
            n -= size
    if t.by_words and is_clean(text, n):
        return encode_parts(&t.cuts, t.cache, encode_text, t, text, n, ws, out)
    return encode_text(t, text, n, ws, out)


cdef size_t find_seam(const void* tables, const uint8_t* stretch, size_t n) noexcept nogil:
    cdef const Plamo2Tables* t = <const Plamo2Tables*>tables
    return find_byte_seam(&t.cuts, stretch, n) if t.by_words else 0


cdef class Plamo2Model(Model):
    """PLaMo-2 over a set of tables."""

    cdef readonly Plamo2TableSet table_set

    def __init__(self, Plamo2TableSet table_set not None):
        self.table_set = table_set
        self.encode_fragment = encode_fragment
        self.find_seam = find_seam
        self.tables = &table_set.t
