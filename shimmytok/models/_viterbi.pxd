"""The best way to cut a text into tokens, by the sum of their scores."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._trie cimport Trie
from shimmytok._workspace cimport NONE, Buffer, IdSink

cdef struct Leaf:                  # of the trie
    float score
    uint32_t token

cdef struct ViterbiTables:
    Trie trie
    const Leaf* leaves             # from 1 on
    double unknown_score
    uint32_t unknown               # NONE where the vocabulary has none
    bint finite                    # all scores are numbers
    size_t part                    # bytes of text in which tokens are looked for at a time

cdef struct Walk:                  # down the trie, with the bytes of a text from a character on
    uint64_t next                  # the byte that leads to the next node << 32 | the node's number, if it is one
    uint64_t bounds                # the end of what can be read << 32 | the start

cdef struct Match:                 # a token in a text
    uint32_t start
    uint32_t leaf                  # its number among the leaves
    uint32_t next                  # number of the next match with the same end, which starts later; or NONE

cdef struct Matches:
    uint32_t* longest              # of each place: the number of the match with this end that starts first, or NONE
    size_t last                    # the last place that `longest` knows; no match ends behind it
    Match* matches
    uint32_t open_from             # the first place where there might be others, were there more to read

cdef struct Best:                  # the best way to a place in the text
    double sum
    uint32_t token                 # its last one
    uint32_t start                 # where that starts

# Begins walks at the characters of the text p[begin:end]; `count` is their number.  A Status.
cdef int add_walks(
    const ViterbiTables* t, const uint8_t* p, size_t begin, size_t end, size_t readable, Buffer* walks, size_t* count
) noexcept nogil

# Finds the tokens that begin where the walks do, in one text or in many, behind which one more byte can be read.
# `found` knows all places up to `last`, which no walk begins behind, and as many more as the tokens need.  A Status.
cdef int find_matches(
    const ViterbiTables* t, const uint8_t* p, size_t last, Walk* walks, size_t count, Buffer* places, Buffer* room,
    Matches* found
) noexcept nogil

# Fills in the best way to each place of the text p[begin:end] where a character begins, and to its end.  False: the
# last character is not whole.
cdef bint find_best(
    const ViterbiTables* t, const uint8_t* p, size_t begin, size_t end, const Matches* found, Best* best
) noexcept nogil

# Pushes the tokens on the best way from `begin` to `end`, which lies behind, runs of unknown ones as one; those before
# are the same text's from out.ids[first] on.  A Status.
cdef int push_best(
    const ViterbiTables* t, const Best* best, size_t begin, size_t end, size_t first, IdSink* out
) noexcept nogil


cdef inline size_t character_size(uint8_t lead) noexcept nogil:
    """By the lead byte's upper half alone, as llama.cpp does it."""
    return 1 if lead < 0xC0 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4


cdef inline uint32_t compete(
    const ViterbiTables* t, const Matches* found, uint32_t number, uint32_t stop, const Best* best, uint32_t origin,
    Best* champion
) noexcept nogil:
    """Let the tokens of a list compete that start before `stop`; returns where the last one starts, or NONE.  Places
    are counted from that on which the text has number `origin`, those in a Best from the text's first."""
    cdef const Match* match
    cdef const Leaf* leaf
    cdef uint32_t start = NONE
    cdef double score
    cdef bint better
    while number != NONE:
        match = &found.matches[number]
        if match.start >= stop:
            break
        leaf = &t.leaves[match.leaf]
        start = match.start
        score = best[start].sum + leaf.score
        better = score > champion.sum
        champion.sum = score if better else champion.sum
        champion.token = leaf.token if better else champion.token
        champion.start = origin + start if better else champion.start
        number = match.next
    return start


cdef inline void consider_unknown(
    const ViterbiTables* t, const Best* best, uint32_t before, uint32_t origin, Best* champion
) noexcept nogil:
    """Let the unknown token compete, for the character that starts at `before`."""
    cdef double score = best[before].sum + t.unknown_score
    if score > champion.sum:
        champion.sum = score
        champion.token = t.unknown
        champion.start = origin + before
