"""The best way to cut a text into tokens, by the sum of their scores."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._trie cimport Trie
from shimmytok._workspace cimport Buffer, IdSink

cdef struct Leaf:                  # of the trie
    float score
    uint32_t token

cdef struct ViterbiTables:
    Trie trie
    const Leaf* leaves             # from 1 on
    double unknown_score
    uint32_t unknown               # NONE where the vocabulary has none

cdef struct Walk:                  # down the trie, with the bytes of a text from a character on
    uint64_t next                  # the byte that leads to the next node << 32 | the node's number, if it is one
    uint64_t bounds                # the end of what can be read << 32 | the start

cdef struct Match:                 # a token in a text
    uint32_t start
    uint32_t leaf                  # its number among the leaves
    uint32_t next                  # number of the next match with the same end, which starts later; or NONE

cdef struct Matches:
    uint32_t* longest              # of each place: the number of the match with this end that starts first, or NONE
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

# Finds the tokens that begin where the walks do, in one text or in many that lie in p[:size], behind which one more
# byte can be read.  A Status.
cdef int find_matches(
    const ViterbiTables* t, const uint8_t* p, size_t size, Walk* walks, size_t count, Buffer* places, Buffer* room,
    Matches* found
) noexcept nogil

# Fills in the best way to each place of the text p[begin:end] where a character begins, and to its end; `sum` is that
# of its first place.  False: the last character is not whole.
cdef bint find_best(
    const ViterbiTables* t, const uint8_t* p, size_t begin, size_t end, double sum, const Matches* found, Best* best
) noexcept nogil

# The last place of the text p[begin:end] that every way leads through, whatever follows; `begin` where there is none.
# It takes `found` apart.
cdef size_t last_cut(const uint8_t* p, size_t begin, size_t end, Matches* found) noexcept nogil

# Pushes the tokens on the best way from `begin` to `end`, which lies behind, runs of unknown ones as one; those before
# are the same text's from out.ids[first] on.  A Status.
cdef int push_best(
    const ViterbiTables* t, const Best* best, size_t begin, size_t end, size_t first, IdSink* out
) noexcept nogil
