"""Byte pair encoding word by word.  Equal to llm_tokenizer_whitespace_session of llama.cpp.

White space parts words before the pre-tokenizer sees them, and leaves no token.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memmove

from shimmytok._bundle cimport append_places
from shimmytok._cached_pieces cimport Pieces
from shimmytok._workspace cimport CLEAN, OK, OUT_OF_MEMORY, IdSink, Workspace, reserve
from shimmytok.models._bpe cimport encode_escaped, encode_whole, escape
from shimmytok.models._bpe_tables cimport BpeTables, BpeTableSet
from shimmytok.models._model cimport Model
from shimmytok.pretokenizers._split cimport split
from shimmytok.unicode._pages cimport PageMap, PageTable, look_up
from shimmytok.unicode._utf8 cimport decode_clean, encode, is_clean, repair

cdef enum:
    BETWEEN_WORDS = 1 << 24        # entries of normalizers/words.py
    BLOCK = 1 << 12                # bytes of words whose pieces are looked up together
    CHARACTER = 4                  # bytes of the longest

cdef struct WhitespaceTables:
    const BpeTables* bpe
    const PageMap* characters

cdef struct Words:                 # in ws.lowered, one behind the other
    size_t size                    # bytes of all
    size_t begin                   # of the last one
    size_t n_ends                  # of the pieces of those before, in ws.pieces


cdef int add_character(Words* words, uint32_t cp, Workspace* ws) noexcept nogil:
    if reserve(&ws.lowered, words.size + CHARACTER) != OK:
        return OUT_OF_MEMORY
    words.size += encode(cp, <uint8_t*>ws.lowered.data + words.size)
    return OK


cdef int encode_block(const WhitespaceTables* t, Words* words, Workspace* ws, IdSink* out) noexcept nogil:
    """Encode the words before the last one, and drop them."""
    cdef Pieces pieces
    cdef uint8_t* text = <uint8_t*>ws.lowered.data
    cdef int status = OK
    if words.n_ends:
        pieces.text = text
        pieces.readable = words.size
        pieces.start = 0
        pieces.starts = NULL
        pieces.ends = <const uint32_t*>ws.pieces.data
        pieces.count = words.n_ends
        pieces.inserts = NULL
        status = encode_whole(t.bpe, &pieces, False, ws, out)
        memmove(text, text + words.begin, words.size - words.begin)
    words.size -= words.begin
    words.begin = words.n_ends = 0
    return status


cdef int split_word(const WhitespaceTables* t, Words* words, Workspace* ws) noexcept nogil:
    cdef const uint8_t* word = <const uint8_t*>ws.lowered.data + words.begin
    if split(t.bpe.split, word, words.size - words.begin, &ws.split) != OK or \
            reserve(&ws.pieces, (words.n_ends + ws.split.n_ends) * sizeof(uint32_t)) != OK:
        return OUT_OF_MEMORY
    append_places(&ws.pieces, words.n_ends, ws.split.ends, ws.split.n_ends, words.begin)
    words.n_ends += ws.split.n_ends
    words.begin = words.size
    return OK


cdef int end_word(const WhitespaceTables* t, Words* words, Workspace* ws, IdSink* out) noexcept nogil:
    """Encode the last word: a long one now, a short one together with others."""
    cdef int status = OK
    if words.size - words.begin <= BLOCK:
        status = split_word(t, words, ws)
        return encode_block(t, words, ws, out) if status == OK and words.size > BLOCK else status
    status = encode_block(t, words, ws, out)
    if status == OK:
        status = encode_escaped(t.bpe, <const uint8_t*>ws.lowered.data, words.size, CLEAN, ws, out)
    words.size = 0
    return status


cdef int encode_words(
    const WhitespaceTables* t, const uint8_t* text, size_t n, Workspace* ws, IdSink* out
) noexcept nogil:
    """Encode a clean text whose spaces are escaped."""
    cdef Words words
    cdef size_t at = 0
    cdef uint32_t cp, entry
    cdef int status
    words.size = words.begin = words.n_ends = 0
    while at < n:
        at += decode_clean(text + at, &cp)
        entry = look_up(t.characters, cp)
        if entry != BETWEEN_WORDS and add_character(&words, (cp + entry) & 0xFFFFFF, ws) != OK:
            return OUT_OF_MEMORY
        if words.size > words.begin and (entry == BETWEEN_WORDS or at == n):
            status = end_word(t, &words, ws, out)
            if status != OK:
                return status
    return encode_block(t, &words, ws, out)


cdef int encode_fragment(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef const WhitespaceTables* t = <const WhitespaceTables*>tables
    cdef int status = escape(t.bpe, &text, &n, ws)
    if status != OK:
        return status
    if not is_clean(text, n):
        if reserve(&ws.repaired, 3 * n) != OK:
            return OUT_OF_MEMORY
        n = repair(text, n, <uint8_t*>ws.repaired.data)
        text = <const uint8_t*>ws.repaired.data
    return encode_words(t, text, n, ws, out)


cdef class WhitespaceModel(Model):
    """BPE over a set of tables, after the table of normalizers/words.py."""

    cdef readonly BpeTableSet table_set
    cdef WhitespaceTables t
    cdef PageTable _characters

    def __init__(self, BpeTableSet table_set not None, PageTable characters not None):
        self.table_set = table_set
        self._characters = characters
        self.t.bpe = &table_set.t
        self.t.characters = &characters.map
        self.encode_fragment = encode_fragment
        self.tables = &self.t
