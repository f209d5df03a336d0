"""WordPiece.  Equal to llm_tokenizer_wpm_session of llama.cpp.

The text is read character by character through BERT's table (normalizers/bert.py), which parts it into words.  A word,
with U+2581 before it, is cut into the longest tokens from the left; when that fails anywhere, the word is unknown.
There is no limit to a word's length.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

from shimmytok._trie cimport TokenTrie, Trie, child
from shimmytok._workspace cimport NONE, NOT_ENCODABLE, OK, OUT_OF_MEMORY, IdSink, Workspace, push, reserve
from shimmytok.models._model cimport Model
from shimmytok.unicode._pages cimport PageMap, PageTable, look_up
from shimmytok.unicode._utf8 cimport decode_clean, encode, is_clean, repair

cdef enum Fate:                    # as in normalizers/bert.py
    KEPT = 0
    DROPPED = 1
    SPACE = 2
    ALONE = 3

cdef enum:
    MARK = 3                       # bytes of U+2581, which stands before every word

cdef struct WordPieceTables:
    Trie trie
    PageMap characters
    uint32_t unknown               # NONE where the vocabulary has none


cdef int push_word(const WordPieceTables* t, const uint8_t* word, size_t n, IdSink* out) noexcept nogil:
    """Push the tokens of a word (U+2581 included), or the unknown token."""
    cdef size_t before = out.n, at = 0, end, i
    cdef uint32_t state, token
    while at < n:
        token = NONE
        end = at
        state = 0
        for i in range(at, n):
            state = child(&t.trie, state, word[i])
            if state == NONE:
                break
            if t.trie.tokens[state] != NONE:
                token = t.trie.tokens[state]
                end = i + 1
        if token == NONE:
            out.n = before
            return push(out, t.unknown) if t.unknown != NONE else NOT_ENCODABLE
        if push(out, token) != OK:
            return OUT_OF_MEMORY
        at = end
    return OK


cdef int push_words(
    const WordPieceTables* t, const uint8_t* text, size_t n, uint8_t* word, IdSink* out
) noexcept nogil:
    """Encode a clean text; `word` has room for 2 n + 3 bytes and starts with U+2581."""
    cdef size_t at = 0, size = MARK
    cdef uint32_t cp, entry, fate
    cdef int status
    while at < n:
        at += decode_clean(text + at, &cp)
        entry = look_up(&t.characters, cp)
        fate = entry >> 24
        if fate == DROPPED:
            continue
        if fate != KEPT and size > MARK:
            status = push_word(t, word, size, out)
            if status != OK:
                return status
            size = MARK
        if fate != SPACE:
            size += encode((cp + entry) & 0xFFFFFF, word + size)
        if fate == ALONE:
            status = push_word(t, word, size, out)
            if status != OK:
                return status
            size = MARK
    return push_word(t, word, size, out) if size > MARK else OK


cdef int encode_fragment(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef uint8_t* word
    if not is_clean(text, n):
        if reserve(&ws.repaired, 3 * n) != OK:
            return OUT_OF_MEMORY
        n = repair(text, n, <uint8_t*>ws.repaired.data)
        text = <const uint8_t*>ws.repaired.data
    # No character's UTF-8 more than doubles by lower-casing or decomposition.
    if reserve(&ws.escaped, 2 * n + MARK) != OK:
        return OUT_OF_MEMORY
    word = <uint8_t*>ws.escaped.data
    word[0] = 0xE2
    word[1] = 0x96
    word[2] = 0x81
    return push_words(<const WordPieceTables*>tables, text, n, word, out)


cdef class WordPieceModel(Model):
    """WordPiece over a trie of all tokens; `characters` says what becomes of each code point."""

    cdef WordPieceTables t
    cdef TokenTrie _trie
    cdef PageTable _characters

    def __init__(self, TokenTrie trie not None, PageTable characters not None, *, unknown):
        self._trie = trie
        self._characters = characters
        self.t.trie = trie.trie
        self.t.characters = characters.map
        self.t.unknown = NONE if unknown is None else unknown
        self.encode_fragment = encode_fragment
        self.tables = &self.t
