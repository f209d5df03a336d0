"""The best way to cut a text into tokens.  Equal to llm_tokenizer_ugm_session::tokenize of llama.cpp, after it has
normalised.

Of all ways, the one with the highest sum of scores, found by the Viterbi algorithm from character to character.  Sums
are doubles, and of equal ones the first found stays.  A character that is no token itself may be the unknown token;
runs of those become one.

First all tokens in the text are found.  That needs no sums: all characters walk down the trie at the same time, a byte
further each round, so that the processor need not wait for one step to begin others.  A round finds tokens of one
length, so that those with the same end come in the order of their starts, the last first, and lists of them end in the
order in which llama.cpp lets them compete.  Then the sums are made, place by place.
"""

from libc.float cimport DBL_MAX
from libc.stdint cimport uint64_t
from libc.string cimport memset

from shimmytok._trie cimport BASE_AT, BASE_MASK, LEAF_AT, OCCUPIED
from shimmytok._workspace cimport NONE, NOT_ENCODABLE, OK, OUT_OF_MEMORY, push, reserve

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil


cdef int add_walks(
    const ViterbiTables* t, const uint8_t* p, size_t begin, size_t end, size_t readable, Buffer* walks, size_t* count
) noexcept nogil:
    cdef uint32_t base = t.trie.root >> BASE_AT & BASE_MASK
    cdef Walk* walk
    if reserve(walks, (count[0] + end - begin) * sizeof(Walk)) != OK:
        return OUT_OF_MEMORY
    walk = <Walk*>walks.data + count[0]
    while begin < end:
        walk.next = <uint64_t>begin << 32 | (base ^ p[begin])
        walk.bounds = <uint64_t>readable << 32 | begin
        begin += character_size(p[begin])
        walk += 1
    count[0] = walk - <Walk*>walks.data
    return OK


cdef size_t walk_on(
    const ViterbiTables* t, const uint8_t* p, Walk* walks, size_t count, Matches* found, uint32_t* n_matches
) noexcept nogil:
    """Read one more byte on each walk; the number of those that go on.  Nothing here branches on what is read."""
    cdef const uint64_t* units = t.trie.units
    cdef const Leaf* leaves = t.leaves
    cdef uint32_t* longest = found.longest
    cdef Match* match = found.matches + n_matches[0]
    cdef Walk* kept = walks
    cdef const Walk* end = walks + count
    cdef uint32_t number = n_matches[0], at, leaf, before, is_child, is_match
    cdef uint64_t unit, bounds
    while walks < end:
        at = <uint32_t>(walks.next >> 32)
        unit = units[<uint32_t>walks.next]
        bounds = walks.bounds
        walks += 1
        is_child = (unit & 0x1FF) == (OCCUPIED | p[at])
        leaf = <uint32_t>(unit >> LEAF_AT)
        is_match = is_child & (leaf != 0)
        at += 1
        before = longest[at]
        match.start = <uint32_t>bounds
        match.leaf = leaf
        match.next = before
        SHIM_PREFETCH(&leaves[leaf])
        longest[at] = number if is_match else before
        number += is_match
        match += is_match
        if is_child & (at == bounds >> 32):                # hardly ever
            found.open_from = min(found.open_from, <uint32_t>bounds)
            is_child = 0
        unit = unit >> BASE_AT & BASE_MASK ^ p[at]
        SHIM_PREFETCH(&units[unit])
        kept.next = <uint64_t>at << 32 | unit
        kept.bounds = bounds
        kept += is_child
    n_matches[0] = number
    return count - (end - kept)


cdef int find_matches(
    const ViterbiTables* t, const uint8_t* p, size_t last, Walk* walks, size_t count, Buffer* places, Buffer* room,
    Matches* found
) noexcept nogil:
    cdef uint32_t n_matches = 0
    if reserve(places, (last + 1) * sizeof(uint32_t)) != OK:
        return OUT_OF_MEMORY
    found.longest = <uint32_t*>places.data
    memset(found.longest, 0xFF, (last + 1) * sizeof(uint32_t))
    found.last = last
    found.open_from = NONE
    while count:
        if reserve(room, (n_matches + count + 1) * sizeof(Match)) != OK or \
                reserve(places, (found.last + 2) * sizeof(uint32_t)) != OK:
            return OUT_OF_MEMORY
        found.longest = <uint32_t*>places.data
        found.matches = <Match*>room.data
        count = walk_on(t, p, walks, count, found, &n_matches)
        found.last += 1
        found.longest[found.last] = NONE
    return OK


cdef bint find_best(
    const ViterbiTables* t, const uint8_t* p, size_t begin, size_t end, const Matches* found, Best* best
) noexcept nogil:
    cdef size_t at = begin, before = begin
    cdef Best champion
    best[begin].sum = 0
    while at < end:
        before = at
        at = min(before + character_size(p[before]), end)
        champion.sum = -DBL_MAX
        champion.token = t.unknown
        champion.start = <uint32_t>begin
        if compete(t, found, found.longest[at], NONE, best, 0, &champion) != before:
            consider_unknown(t, best, <uint32_t>before, 0, &champion)
        best[at] = champion
    return before + character_size(p[before]) == end


cdef int push_best(
    const ViterbiTables* t, const Best* best, size_t begin, size_t end, size_t first, IdSink* out
) noexcept nogil:
    cdef size_t own = out.n, last, at = end
    cdef uint32_t token = NONE, previous
    while at != begin or at == end:
        previous = token
        token = best[at].token
        if token == NONE:
            return NOT_ENCODABLE
        if at == end or token != t.unknown or previous != t.unknown:
            if push(out, token) != OK:
                return OUT_OF_MEMORY
        at = best[at].start
    if own > first and token == t.unknown and out.ids[own - 1] == token:
        out.n -= 1
    last = out.n
    while last - own > 1:
        last -= 1
        token = out.ids[own]
        out.ids[own] = out.ids[last]
        out.ids[last] = token
        own += 1
    return OK
