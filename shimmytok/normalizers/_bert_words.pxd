"""Where BERT's normaliser parts words, found in the raw text."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._stretches cimport Stretches, shim_byte_sets
from shimmytok.unicode._pages cimport PageMap, PageTable

cdef enum Fate:                    # as in normalizers/bert.py
    KEPT = 0
    DROPPED = 1
    SPACE = 2
    ALONE = 3

cdef enum:
    LOOK_UP = 0xFF

cdef struct BertCharacters:
    PageMap characters             # fate << 24 | what a code point turns into, minus itself, modulo 1 << 24
    shim_byte_sets ascii           # first: in words; second: alone
    uint8_t[128] becomes           # of ASCII: the byte it turns into; 0: dropped; LOOK_UP: it is more than that

cdef struct Straddling:            # what is known of a chunk because a character of the one before reaches into it
    uint64_t taken
    uint64_t run
    uint64_t single_last

cdef void bert_characters_init(BertCharacters* t, PageTable characters)

# List the stretches of text[at:stop], `at` a multiple of 64, `stop` too or the text's end.
cdef void cut_words(
    const BertCharacters* t, int level, const uint8_t* text, size_t n, size_t at, size_t stop, Straddling* straddling,
    Stretches* s
) noexcept nogil

# Write a stretch as the characters that it becomes, which no white space parts; at most 2 n bytes; their number.
cdef size_t normalize_word(const BertCharacters* t, const uint8_t* p, size_t n, uint8_t* out) noexcept nogil
