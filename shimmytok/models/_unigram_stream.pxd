"""Unigram: a text of any length to ids, in memory that does not grow with the number of tokens in it."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from shimmytok._workspace cimport IdSink, Workspace
from shimmytok.models._viterbi cimport ViterbiTables
from shimmytok.normalizers._sentencepiece cimport NormalizerView, Normalizing

cdef enum:
    NOT_ALONE = -100               # beside the values of Status: a word cannot be encoded alone

cdef struct Following:             # what stands behind a word that is encoded alone, and is not encoded with it
    const uint8_t* p               # with one byte more
    size_t n                       # 0: the text is no word

# Pushes the ids of a text, which `state` begins to normalise; NOT_ALONE when a token may reach over what follows.  A
# Status.
cdef int encode_stream(
    const ViterbiTables* t, const NormalizerView* normalizer, const uint8_t* text, size_t n, Normalizing* state,
    Following following, Workspace* ws, IdSink* out
) noexcept nogil
