"""Where words of unigram models may be cut, between two characters of ASCII; _unigram.pyx says why."""

import numpy as np

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memset

from shimmytok._byte_cuts cimport is_small
from shimmytok._vocab cimport Table, TokenTable

cdef enum:
    ASCII = 128                    # characters
    BYTES = 256


cdef void note_pairs(const Table* texts, uint8_t* together) noexcept nogil:
    """Note which bytes texts have side by side, in a byte for each pair."""
    cdef uint32_t k, i
    for k in range(texts.count):
        for i in range(texts.starts[k] + 1, texts.starts[k + 1]):
            together[BYTES * texts.text[i - 1] + texts.text[i]] = True


def word_cuts(TokenTable texts not None, bytes lasts not None, bytes firsts not None):
    """Cuts between characters that no text of a table has side by side: uint64[256], of each character of ASCII on the
    left 128 bits, one for each on the right.

    `lasts` and `firsts` have a byte for each: in the normalised text, that character on the left ends so, and on the
    right begins so; 0 where it does not always, or may not be there.  There is no cut between two small letters, so
    that none is looked for there.
    """
    cdef uint8_t[BYTES * BYTES] together
    cdef uint64_t[::1] cuts
    cdef uint8_t left, right, last, first
    if len(lasts) != ASCII or len(firsts) != ASCII:
        raise ValueError(f"{len(lasts)} and {len(firsts)} characters: not {ASCII}")
    memset(together, 0, sizeof(together))
    with nogil:
        note_pairs(&texts.table, together)
    table = np.zeros(2 * ASCII, np.uint64)
    cuts = table
    for left in range(ASCII):
        for right in range(ASCII):
            last, first = lasts[left], firsts[right]
            if not 0 < last < ASCII or not 0 < first < ASCII or (is_small(left) and is_small(right)):
                continue
            if not together[BYTES * last + first]:
                cuts[2 * left + (right >> 6)] |= <uint64_t>1 << (right & 63)
    return table
