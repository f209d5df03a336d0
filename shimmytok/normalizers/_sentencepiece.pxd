"""The normalisation of SentencePiece's unigram models."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from shimmytok._trie cimport TokenTrie, Trie
from shimmytok._workspace cimport Buffer
from shimmytok.normalizers._charsmap cimport Charsmap, CharsmapView

cdef struct NormalizerView:        # borrowed: valid as long as the SentencePieceNormalizer is
    CharsmapView charsmap
    Trie user_defined
    bint has_user_defined
    bint add_space_prefix
    bint remove_extra_whitespaces

cdef class SentencePieceNormalizer:
    cdef NormalizerView view
    cdef Charsmap _charsmap
    cdef TokenTrie _user_defined

# Writes the normalised text to `out`, and its bytes to `size`; returns a Status.
cdef int normalize(const NormalizerView* t, const uint8_t* text, size_t n, Buffer* out, size_t* size) noexcept nogil
