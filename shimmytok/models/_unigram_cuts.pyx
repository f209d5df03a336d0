"""Where words of unigram models may be cut, between two characters of ASCII; _unigram.pyx says why."""

import numpy as np

from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memset

from shimmytok._byte_cuts cimport ByteCuts, are_joined, is_small, join_all
from shimmytok._vocab cimport TokenTable

cdef enum:
    ASCII = 128                    # characters


def word_cuts(TokenTable texts not None, bytes lasts not None, bytes firsts not None):
    """Cuts between characters that no text of a table has side by side: uint64[256], of each character of ASCII on the
    left 128 bits, one for each on the right.

    `lasts` and `firsts` have a byte for each: in the normalised text, that character on the left ends so, and on the
    right begins so; 0 where it does not always, or may not be there.  There is no cut between two small letters, so
    that none is looked for there.
    """
    cdef ByteCuts pairs
    cdef uint64_t[::1] cuts
    cdef uint8_t left, right, last, first
    if len(lasts) != ASCII or len(firsts) != ASCII:
        raise ValueError(f"{len(lasts)} and {len(firsts)} characters: not {ASCII}")
    memset(&pairs, 0, sizeof(pairs))
    with nogil:
        join_all(&pairs, &texts.table)
    table = np.zeros(2 * ASCII, np.uint64)
    cuts = table
    for left in range(ASCII):
        for right in range(ASCII):
            last, first = lasts[left], firsts[right]
            if not 0 < last < ASCII or not 0 < first < ASCII or (is_small(left) and is_small(right)):
                continue
            if not are_joined(&pairs, last, first):
                cuts[2 * left + (right >> 6)] |= <uint64_t>1 << (right & 63)
    return table
