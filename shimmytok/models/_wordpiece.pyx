"""WordPiece.  Equal to llm_tokenizer_wpm_session of llama.cpp.

The raw text is cut where BERT's normaliser surely parts words (normalizers/_bert_words.pyx has the proof that each
stretch can be encoded alone), and the ids of the stretches are looked up by their raw bytes.  Those not known are
normalised, which gives a word; with U+2581 before it, it is cut into the longest tokens from the left; when that fails
anywhere, the word is unknown.  There is no limit to a word's length.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memset

from shimmytok._bundle cimport bundle_pieces, bundle_text, pieces_of
from shimmytok._simd cimport simd_level
from shimmytok._stretches cimport BLOCK, Stretches, drop_ended, end_text, stretches_init
from shimmytok._cached_pieces cimport Missed, Pieces, encode_pieces
from shimmytok._word_cache cimport WordCache, WordCacheTables
from shimmytok._workspace cimport OK, OUT_OF_MEMORY, IdSink, Workspace, reserve, reserve_ids
from shimmytok.models._longest cimport LongestTables, LongestTokens, cut_longest
from shimmytok.models._model cimport Model
from shimmytok.normalizers._bert_words cimport BertCharacters, Straddling, bert_characters_init, cut_words, \
    normalize_word
from shimmytok.unicode._pages cimport PageTable

cdef enum:
    MARK = 3                       # bytes of U+2581, which stands before every word

cdef struct WordPieceTables:
    const LongestTables* longest
    BertCharacters characters
    WordCacheTables* cache


cdef int encode_missed(
    const void* tables, Missed* missed, size_t count, Workspace* ws, IdSink* found
) noexcept nogil:
    cdef const WordPieceTables* t = <const WordPieceTables*>tables
    cdef uint8_t* word
    cdef size_t k, n
    cdef int status
    for k in range(count):
        # No character's UTF-8 more than doubles by lower-casing or decomposition.
        if reserve(&ws.escaped, 2 * <size_t>missed[k].n + MARK) != OK:
            return OUT_OF_MEMORY
        word = <uint8_t*>ws.escaped.data
        word[0] = 0xE2
        word[1] = 0x96
        word[2] = 0x81
        n = normalize_word(&t.characters, missed[k].p, missed[k].n, word + MARK)
        missed[k].first = found.n
        if n:
            status = cut_longest(t.longest, word, MARK + n, ws, found)
            if status != OK:
                return status
        missed[k].count = <uint32_t>(found.n - missed[k].first)
    return OK


cdef int encode_text(
    const WordPieceTables* t, const uint8_t* text, size_t n, Workspace* ws, IdSink* out
) noexcept nogil:
    """Encode a fragment; with NULL its words go to the bundle, before its text does."""
    cdef Stretches stretches
    cdef Straddling straddling
    cdef Pieces pieces
    cdef size_t at = 0, stop
    cdef int status = OK
    if stretches_init(&stretches, &ws.pieces) != OK or (
        out != NULL and reserve_ids(out, n // 4 + 1) != OK
    ):
        return OUT_OF_MEMORY
    memset(&straddling, 0, sizeof(Straddling))
    pieces.text = text
    pieces.readable = n
    pieces.inserts = NULL
    while at < n and status == OK:
        stop = at + BLOCK if n - at > BLOCK else n
        cut_words(&t.characters, simd_level, text, n, at, stop, &straddling, &stretches)
        at = stop
        if at == n:
            end_text(&stretches, <uint32_t>n)
        pieces.starts = stretches.starts
        pieces.ends = stretches.ends
        pieces.count = stretches.n_ends
        pieces.start = 0
        if out == NULL:
            status = bundle_pieces(&ws.bundle, ws.bundle.n, pieces.starts, pieces.ends, pieces.count)
        else:
            status = encode_pieces(t.cache, encode_missed, t, &pieces, ws, out)
        drop_ended(&stretches)
    return status


cdef int encode_fragment(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, IdSink* out
) noexcept nogil:
    return encode_text(<const WordPieceTables*>tables, text, n, ws, out)


cdef int bundle_fragment(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws
) noexcept nogil:
    cdef int status = encode_text(<const WordPieceTables*>tables, text, n, ws, NULL)
    return bundle_text(&ws.bundle, text, n) if status == OK else status


cdef int encode_bundle(const void* tables, Workspace* ws, IdSink* out) noexcept nogil:
    cdef const WordPieceTables* t = <const WordPieceTables*>tables
    cdef Pieces pieces = pieces_of(&ws.bundle, True)
    return encode_pieces(t.cache, encode_missed, t, &pieces, ws, out)


cdef class WordPieceModel(Model):
    """WordPiece over tokens that look for words behind U+2581; `characters` says what becomes of each code point."""

    cdef WordPieceTables t
    cdef LongestTokens _tokens
    cdef PageTable _characters
    cdef WordCache _cache

    def __init__(self, LongestTokens tokens not None, PageTable characters not None, WordCache cache not None):
        self._tokens = tokens
        self._characters = characters
        self._cache = cache
        self.t.cache = &cache.t
        self.t.longest = &tokens.t
        bert_characters_init(&self.t.characters, characters)
        self.encode_fragment = encode_fragment
        self.bundle_fragment = bundle_fragment
        self.encode_bundle = encode_bundle
        self.tables = &self.t
