"""How far from 0 sums of scores may be: unigram_sums.py says why that matters."""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t

from shimmytok._vocab cimport Table

cdef struct ExactSums:
    double limit                   # sums that are nearer to 0 are exact
    double largest                 # score, without its sign
    double a_byte                  # what a byte of normalised text adds to a sum at most
    double unknown_score           # what an unknown token adds to a sum, without its sign
    uint32_t unknown               # the token whose id may stand for any number of characters, or NONE
    const float* scores            # of tokens
    const Table* texts             # of tokens


cdef inline bint stay_exact(const ExactSums* t, double sum, size_t n) noexcept nogil:
    """Are all sums exact in the next n bytes of normalised text, if the sum before is no further from 0 than `sum`?"""
    return sum + t.largest + <double>n * t.a_byte < t.limit

# Adds the scores of ids to `sum`, each without its sign, and the bytes of their texts to `known`; not those of unknown
# ones: is there one of these?
cdef bint add_scores(
    const ExactSums* t, const uint32_t* ids, size_t n, double* sum, size_t* known
) noexcept nogil
