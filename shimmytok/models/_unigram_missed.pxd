"""Words of unigram models that the word cache does not know, encoded many at a time."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from shimmytok._cached_pieces cimport Missed
from shimmytok._word_cache cimport WordCacheTables
from shimmytok._workspace cimport IdSink, Workspace
from shimmytok.models._exact_sums cimport ExactSums
from shimmytok.models._unigram_words cimport WordRules
from shimmytok.models._viterbi cimport ViterbiTables
from shimmytok.normalizers._sentencepiece cimport Normalizing, NormalizerView

cdef enum:
    MOST_GROWTH = 16               # bytes that one becomes, in words that are encoded alone
    PART = 1 << 12                 # bytes of normalised text that are looked at together, at most

cdef struct UnigramTables:
    ViterbiTables viterbi
    NormalizerView normalizer
    WordRules words
    ExactSums sums
    size_t most_raw                # bytes of text whose words may be encoded alone, if nothing was before
    WordCacheTables* cache

# How to begin normalising a word that is not the first.
cdef Normalizing begin_word(const UnigramTables* t, const Missed* word) noexcept nogil

# Encodes a word, or all of a text's first words, as a stream; a Status, or NOT_ALONE.
cdef int encode_long(
    const UnigramTables* t, Missed* word, Normalizing* state, Workspace* ws, IdSink* found
) noexcept nogil

# Encodes words by UnigramTables: an EncodeMissed; a Status, or NOT_ALONE.
cdef int encode_missed(
    const void* tables, Missed* words, size_t count, Workspace* ws, IdSink* found
) noexcept nogil
