"""The normalisation of SentencePiece's unigram models."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from shimmytok._trie cimport TokenTrie, Trie
from shimmytok._workspace cimport Buffer
from shimmytok.normalizers._charsmap cimport Charsmap, CharsmapView

cdef enum:
    MARK = 3                       # bytes of U+2581, which a space becomes
    PLAIN = 1                      # stays as it is before a byte that is ASCII
    CUT = 2                        # becomes a space, whatever stands beside it

cdef struct NormalizerView:        # borrowed: valid as long as the SentencePieceNormalizer is
    CharsmapView charsmap
    Trie user_defined
    bint has_user_defined
    bint add_space_prefix
    bint remove_extra_whitespaces
    uint8_t[256] kinds             # of each byte: PLAIN, CUT or 0

cdef struct Normalizing:           # a text that is normalised bit by bit
    size_t at                      # where it goes on
    bint in_word                   # the last byte was no space
    bint space_wanted              # before the first word
    size_t left                    # bytes that may still come out of it
    size_t walked                  # bytes looked at in the charsmap, those of each walk,
    size_t most_walked             # and how many are allowed

cdef class SentencePieceNormalizer:
    cdef NormalizerView view
    cdef Charsmap _charsmap
    cdef TokenTrie _user_defined

# What to begin a text of n bytes with.
cdef Normalizing normalizing(const NormalizerView* t, size_t n) noexcept nogil

# Appends to the `size` bytes in `out`, until the text ends or there are `enough`; a Status.
cdef int normalize(
    const NormalizerView* t, const uint8_t* text, size_t n, Normalizing* state, size_t enough, Buffer* out, size_t* size
) noexcept nogil
