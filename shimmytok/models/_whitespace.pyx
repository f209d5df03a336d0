"""Byte pair encoding word by word.  Equal to llm_tokenizer_whitespace_session of llama.cpp.

White space parts words before the pre-tokenizer sees them, and leaves no token.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

from shimmytok._workspace cimport OK, OUT_OF_MEMORY, IdSink, Workspace, reserve
from shimmytok.models._bpe cimport encode_escaped, escape
from shimmytok.models._bpe_tables cimport BpeTables, BpeTableSet
from shimmytok.models._model cimport Model
from shimmytok.unicode._pages cimport PageMap, PageTable, look_up
from shimmytok.unicode._utf8 cimport decode_clean, encode, is_clean, repair

cdef enum:
    BETWEEN_WORDS = 1 << 24        # entries of normalizers/words.py

cdef struct WhitespaceTables:
    const BpeTables* bpe
    const PageMap* characters


cdef int encode_words(
    const WhitespaceTables* t, const uint8_t* text, size_t n, Workspace* ws, IdSink* out
) noexcept nogil:
    """Encode a clean text whose spaces are escaped."""
    cdef size_t at = 0, m = 0
    cdef uint32_t cp, entry
    cdef int status
    while at < n:
        at += decode_clean(text + at, &cp)
        entry = look_up(t.characters, cp)
        if entry != BETWEEN_WORDS:
            if reserve(&ws.lowered, m + 4) != OK:
                return OUT_OF_MEMORY
            m += encode((cp + entry) & 0xFFFFFF, <uint8_t*>ws.lowered.data + m)
        if m and (entry == BETWEEN_WORDS or at == n):
            status = encode_escaped(t.bpe, <const uint8_t*>ws.lowered.data, m, True, ws, out)
            if status != OK:
                return status
            m = 0
    return OK


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
