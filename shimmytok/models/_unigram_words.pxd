"""The words that a text of a unigram model is cut into."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t

from shimmytok._cached_pieces cimport Missed
from shimmytok._stretches cimport Stretches, shim_byte_sets
from shimmytok.models._unigram_stream cimport Following
from shimmytok.normalizers._sentencepiece cimport CUT, NormalizerView

cpdef enum Words:                  # what a word is: see _unigram.pyx
    SPACED = 1
    BEFORE
    BEHIND

cdef struct WordRules:
    Words words
    const uint8_t* kinds           # of bytes, from the normaliser
    bint head_apart                # the first word is normalised other than the same word behind others
    uint64_t[256] cuts             # inside of words: see word_cuts
    shim_byte_sets bytes           # the ASCII characters that do not cut, and those beside which there are cuts inside

cdef Following NOTHING, SPACE, BYTE_OF_NO_TOKEN

# Of a normaliser, which has to stay where it is.
cdef WordRules word_rules(const NormalizerView* normalizer, Words words, const uint64_t* cuts) noexcept nogil

# Lists the words of a block, by WordRules: a CutBlock.
cdef void cut_block(
    void* rules, const uint8_t* text, size_t n, size_t at, size_t stop, Stretches* s
) noexcept nogil

# Where the first word ends that is more than spaces.
cdef size_t head_size(const WordRules* t, const uint8_t* text, size_t n) noexcept nogil


# How many bytes of text are encoded alone with the same ids, of a text of any length: whole words, about as many as a
# section has.
cdef size_t section_size(const WordRules* t, const uint8_t* text, size_t n) noexcept nogil


cdef inline bint may_cut(const WordRules* t, uint8_t left, uint8_t right) noexcept nogil:
    """Is a word cut between these bytes, where a byte of ASCII follows, or none?"""
    return (left | right) < 128 and t.cuts[2 * left + (right >> 6)] >> (right & 63) & 1


cdef inline bint has_context(const WordRules* t, const Missed* word) noexcept nogil:
    """Does the first byte only tell that this is the rest of a word, behind a cut?"""
    if t.words != SPACED or word.n < 2 or (word.n > 2 and word.p[2] >= 0x80):
        return False
    return may_cut(t, word.p[0], word.p[1])


cdef inline bint ends_with_space(const WordRules* t, const Missed* word) noexcept nogil:
    return t.kinds[word.p[word.n - 1]] == CUT


cdef inline Following following(const WordRules* t, const Missed* word) noexcept nogil:
    """What a word is encoded with behind it."""
    return BYTE_OF_NO_TOKEN if t.words == BEHIND or ends_with_space(t, word) else SPACE
