"""The longest token at each place, over bytes.  Equal to llm_tokenizer_rwkv_session of llama.cpp.

_longest.pyx finds it, in linear time.  A byte where no token begins is the unknown token.  (llama.cpp never ends when
the byte begins longer tokens, and gives an id of -1 when there is no unknown token.)

A text is cut between bytes that no token has side by side (_byte_cuts.pyx), so that the word cache can know its parts.
No token lies across such a place, and an unknown byte is one byte: so tokens end there, and begin there, whatever
stands on the other side.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from shimmytok._byte_cuts cimport ByteCuts, choose_cuts, encode_parts, find_byte_seam, join_all
from shimmytok._vocab cimport TokenTable
from shimmytok._word_cache cimport WordCache, WordCacheTables
from shimmytok._workspace cimport IdSink, Workspace
from shimmytok.models._longest cimport LongestTables, LongestTokens, cut_longest
from shimmytok.models._model cimport Model

cdef struct RwkvTables:
    const LongestTables* longest
    ByteCuts cuts
    WordCacheTables* cache


cdef int encode_word(const void* tables, const uint8_t* p, size_t n, Workspace* ws, IdSink* out) noexcept nogil:
    return cut_longest((<const RwkvTables*>tables).longest, p, n, ws, out)


cdef int encode_fragment(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef const RwkvTables* t = <const RwkvTables*>tables
    return encode_parts(&t.cuts, t.cache, encode_word, t, text, n, ws, out)


cdef size_t find_seam(const void* tables, const uint8_t* stretch, size_t n) noexcept nogil:
    return find_byte_seam(&(<const RwkvTables*>tables).cuts, stretch, n)


cdef class RwkvModel(Model):
    """The longest of some tokens at each place; `texts` are theirs."""

    cdef RwkvTables t
    cdef LongestTokens _tokens
    cdef WordCache _cache

    def __init__(self, LongestTokens tokens not None, TokenTable texts not None, WordCache cache not None):
        join_all(&self.t.cuts, &texts.table)
        choose_cuts(&self.t.cuts)
        self._tokens = tokens
        self.t.longest = &tokens.t
        self._cache = cache
        self.t.cache = &cache.t
        self.encode_fragment = encode_fragment
        self.find_seam = find_seam
        self.tables = &self.t
