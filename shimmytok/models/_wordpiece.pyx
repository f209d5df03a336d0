"""WordPiece.  Equal to llm_tokenizer_wpm_session of llama.cpp.

The raw text is cut where BERT's normaliser surely parts words (normalizers/_bert_words.pyx has the proof that each
stretch can be encoded alone), and the ids of the stretches are looked up by their raw bytes.  Those not known are
normalised, which gives a word; with U+2581 before it, it is cut into the longest tokens from the left; when that fails
anywhere, the word is unknown.  There is no limit to a word's length.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memset

from shimmytok._bundle cimport Bundle, pieces_of
from shimmytok._simd cimport simd_level
from shimmytok._stretch_encoder cimport bundle_stretches, encode_stretches
from shimmytok._stretches cimport Stretches
from shimmytok._cached_pieces cimport Missed, Pieces, encode_pieces
from shimmytok._word_cache cimport WordCache, WordCacheTables
from shimmytok._workspace cimport OK, OUT_OF_MEMORY, IdSink, Workspace, reserve
from shimmytok.models._longest cimport LongestTables, LongestTokens, cut_longest
from shimmytok.models._model cimport Model
from shimmytok.normalizers._bert_words cimport BertCharacters, Straddling, bert_characters_init, cut_words, \
    normalize_word
from shimmytok.unicode._pages cimport PageTable

cdef enum:
    SPACE = 0x20
    MARK = 3                       # bytes of U+2581, which stands before every word

cdef struct WordPieceTables:
    const LongestTables* longest
    BertCharacters characters
    WordCacheTables* cache

cdef struct Cutting:               # a text
    const BertCharacters* characters
    Straddling straddling


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


cdef void cut_block(
    void* cutting, const uint8_t* text, size_t n, size_t at, size_t stop, Stretches* s
) noexcept nogil:
    cdef Cutting* c = <Cutting*>cutting
    cut_words(c.characters, simd_level, text, n, at, stop, &c.straddling, s)


cdef inline Cutting cutting_by(const WordPieceTables* t) noexcept nogil:
    cdef Cutting c
    c.characters = &t.characters
    memset(&c.straddling, 0, sizeof(Straddling))
    return c


cdef int encode_fragment(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef const WordPieceTables* t = <const WordPieceTables*>tables
    cdef Cutting cutting = cutting_by(t)
    return encode_stretches(cut_block, &cutting, t.cache, encode_missed, t, text, n, ws, out)


cdef int bundle_fragment(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, Bundle* bundle
) noexcept nogil:
    cdef Cutting cutting = cutting_by(<const WordPieceTables*>tables)
    return bundle_stretches(cut_block, &cutting, text, n, ws, bundle)


cdef int encode_bundle(const void* tables, const Bundle* bundle, Workspace* ws, IdSink* out) noexcept nogil:
    cdef const WordPieceTables* t = <const WordPieceTables*>tables
    cdef Pieces pieces = pieces_of(bundle, True)
    return encode_pieces(t.cache, encode_missed, t, &pieces, ws, out)


cdef size_t find_seam(const void* tables, const uint8_t* stretch, size_t n) noexcept nogil:
    """Before a space: white space parts words, and is none itself."""
    cdef size_t i
    for i in range(1, n):
        if stretch[i] == SPACE and SPACE < stretch[i - 1] < 0x80:
            return i
    return 0


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
        self.find_seam = find_seam
        self.tables = &self.t
