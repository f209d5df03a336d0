"""Unigram: a text of any length to ids, in memory that does not grow with the number of tokens in it.

A text is normalised bit by bit, and the best ways go on through it in windows: the tokens are found that start in a
window, and compete for their ends.  Those of ends behind it win for the time being only, against tokens of the windows
before, which start earlier; the next window goes on with them.  So for each end the tokens compete in the order of
their starts, as they do in llama.cpp.  The tokens of a window are forgotten before the next; their number is bounded
by how many can start at one place, which decides how many places a window has (`part`).

A start has its turn when no byte that is still to come can lead to a further token from there.  What is left for
each place is the best way to it, as far as it is known.  Whatever follows, the best way through the text goes on from
one of the places that starts before have reached and that have not had their turn: from the first of these that it
comes to, and that is reached last from a start before.  So it is one of the ways that are known to these places, and
the ids are pushed up to the last place that all of them lead through.
"""

from libc.float cimport DBL_MAX
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy, memmove, memset

from shimmytok._workspace cimport NONE, OK, OUT_OF_MEMORY, reserve
from shimmytok.models._viterbi cimport Best, Matches, Walk, add_walks, character_size, compete, consider_unknown, \
    find_matches, push_best
from shimmytok.normalizers._sentencepiece cimport normalize

cdef enum:
    CHARACTER = 4                  # bytes of the longest

cdef size_t ALL = ~<size_t>0

cdef struct Stream:                # the normalised text from the last cut on: places are counted from there
    const uint8_t* p
    size_t size                    # bytes there are
    size_t readable                # size, and of what follows it
    bint last                      # the text ends here
    bint open                      # more bytes might lead to further tokens, or belong to the last character
    Best* best
    size_t n_best                  # of these are filled in
    size_t at                      # every token that starts before has competed
    size_t cut                     # the last place that the best way is known to lead through
    size_t retry                   # with so many bytes this is worth another look


cdef size_t go_on(const ViterbiTables* t, Stream* s, size_t size, const Matches* found) noexcept nogil:
    """Let the tokens and characters compete that start in a window of `size` bytes; returns where the next one starts.
    Places are counted from s.at on."""
    cdef const uint8_t* p = s.p + s.at
    cdef Best* best = s.best + s.at
    cdef Best champion
    cdef uint32_t origin = <uint32_t>s.at
    cdef size_t left = s.size - s.at, at = 0, before, next_start
    if not s.last:
        size = min(size, <size_t>found.open_from)
    while at < size:
        before = at
        at += character_size(p[before])
        if at > left:
            s.open = True
            if not s.last:
                at = before
                break
            at = left
        champion = best[at]
        if compete(t, found, found.longest[at], NONE, best, origin, &champion) != before:
            consider_unknown(t, best, <uint32_t>before, origin, &champion)
        best[at] = champion
    next_start = at
    left = min(left, found.last)
    while at < left:
        at += character_size(p[at])
        # The text may end in the middle of a character.  If it goes on, no way leads through this place.
        at = min(at, left)
        champion = best[at]
        compete(t, found, found.longest[at], <uint32_t>next_start, best, origin, &champion)
        best[at] = champion
    return next_start


cdef int add_window(const ViterbiTables* t, Stream* s, Workspace* ws) noexcept nogil:
    cdef const uint8_t* p = s.p + s.at
    cdef Matches found
    cdef size_t size = min(t.part, s.size - s.at), count = 0
    if add_walks(t, p, 0, size, s.readable - s.at, &ws.walks, &count) != OK or find_matches(
        t, p, size + CHARACTER, <Walk*>ws.walks.data, count, &ws.places, &ws.matches, &found
    ) != OK:
        return OUT_OF_MEMORY
    if found.open_from != NONE:
        s.open = True
    s.at += go_on(t, s, size, &found)
    return OK


cdef int add_text(Stream* s, uint32_t unknown, Following following, Workspace* ws) noexcept nogil:
    """Make room for the ways through the text in the workspace, and begin with those that are new."""
    cdef Best* best
    if reserve(&ws.nodes, (s.size + 1) * sizeof(Best)) != OK or reserve(&ws.escaped, s.size + following.n + 1) != OK:
        return OUT_OF_MEMORY
    # The byte behind what can be read is looked at, and changes nothing.
    memcpy(<uint8_t*>ws.escaped.data + s.size, following.p, following.n + 1)
    s.p = <const uint8_t*>ws.escaped.data
    s.readable = s.size + following.n if s.last else s.size
    s.best = best = <Best*>ws.nodes.data
    while s.n_best <= s.size:
        best[s.n_best].sum = -DBL_MAX if s.n_best else 0   # the first place is reached for nothing
        best[s.n_best].token = unknown
        best[s.n_best].start = 0
        s.n_best += 1
    s.open = False
    return OK


cdef int find_cut(Stream* s, Workspace* ws) noexcept nogil:
    """Follow the ways to all places where the text may go on back to where they meet, the furthest place first."""
    cdef const Best* best = s.best
    cdef uint8_t* ahead
    cdef size_t at, n_ways = 0
    if reserve(&ws.places, s.size + 1) != OK:
        return OUT_OF_MEMORY
    ahead = <uint8_t*>ws.places.data                       # is this place on one of the ways?
    memset(ahead, 0, s.size + 1)
    for at in range(s.at, s.size + 1):
        ahead[at] = best[at].sum > -DBL_MAX
        n_ways += ahead[at]
    at = s.size
    while n_ways > 1:
        if ahead[at]:
            n_ways -= ahead[best[at].start]
            ahead[best[at].start] = 1
        at -= 1
    while not ahead[at]:
        at -= 1
    s.cut = at
    s.retry = 2 * (s.size - at)
    return OK


cdef int push_cut(const ViterbiTables* t, Stream* s, size_t first, Workspace* ws, IdSink* out) noexcept nogil:
    """Push the ids up to the cut, and forget the text before it."""
    cdef Best* best = s.best
    cdef size_t cut = s.cut, i
    cdef int status
    if cut == 0:
        return OK
    status = push_best(t, best, 0, cut, first, out)
    s.size -= cut
    s.n_best -= cut
    memmove(ws.escaped.data, s.p + cut, s.size)
    memmove(best, best + cut, s.n_best * sizeof(Best))
    for i in range(s.n_best):
        best[i].start -= min(best[i].start, <uint32_t>cut)
    s.at -= cut
    s.cut = 0
    return status


cdef int encode_stream(
    const ViterbiTables* t, const NormalizerView* normalizer, const uint8_t* text, size_t n, Normalizing* state,
    Following following, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef Stream s
    cdef size_t enough = t.part if t.finite else ALL, first = out.n
    cdef int status
    s.size = s.n_best = s.at = s.cut = s.retry = 0
    s.last = False
    while not s.last:
        status = normalize(normalizer, text, n, state, enough, &ws.escaped, &s.size)
        if status != OK:
            return status
        s.last = state.at == n
        if add_text(&s, t.unknown, following, ws) != OK:
            return OUT_OF_MEMORY
        while s.at < s.size and (s.last or not s.open):
            if add_window(t, &s, ws) != OK:
                return OUT_OF_MEMORY
        if s.last:
            if following.n and s.open:
                return NOT_ALONE
            s.cut = s.size
        elif s.size >= s.retry and find_cut(&s, ws) != OK:
            return OUT_OF_MEMORY
        status = push_cut(t, &s, first, ws, out)
        if status != OK:
            return status
        enough = s.at + max(2 * (s.size - s.at), t.part)   # what is left is walked again: twice at most
    return OK
