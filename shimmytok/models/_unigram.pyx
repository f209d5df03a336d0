"""Unigram language models.  Equal to llm_tokenizer_ugm_session::tokenize of llama.cpp.

Of all ways to cut the normalised text into tokens, the one with the highest sum of scores, found by the Viterbi
algorithm from character to character.  Sums are doubles, and of equal ones the first found stays.  A character that is
no token itself may be the unknown token; runs of those become one.
"""

from libc.float cimport DBL_MAX
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._ids cimport IdBuffer
from shimmytok._trie cimport TokenTrie, Trie, child, token_of
from shimmytok._workspace cimport NONE, NOT_ENCODABLE, OK, OUT_OF_MEMORY, IdSink, Workspace, push, reserve, \
    workspace_free, workspace_init
from shimmytok.models._model cimport Model
from shimmytok.normalizers._sentencepiece cimport NormalizerView, SentencePieceNormalizer, normalize

cdef struct UnigramTables:
    Trie trie
    const double* scores           # of each token
    NormalizerView normalizer
    double unknown_score
    uint32_t unknown               # NONE where the vocabulary has none

cdef struct Best:                  # the best way to a place in the text
    double sum
    uint32_t token                 # the last token on the way
    uint32_t start                 # where that token starts


cdef inline size_t character_size(uint8_t lead) noexcept nogil:
    """By the lead byte's upper half alone, as llama.cpp does it."""
    return 1 if lead < 0xC0 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4


cdef inline void challenge(Best* champion, double score, uint32_t token, size_t start) noexcept nogil:
    if score > champion.sum:
        champion.sum = score
        champion.token = token
        champion.start = <uint32_t>start


cdef void find_best(const UnigramTables* t, const uint8_t* p, size_t n, Best* best) noexcept nogil:
    """Fill in the best way to each place that a character or a token ends at: best[n + 1]."""
    cdef size_t at = 0, i, size
    cdef uint64_t node
    cdef uint32_t token
    cdef bint is_token
    cdef double sum
    for i in range(n + 1):
        best[i].sum = -DBL_MAX
        best[i].token = t.unknown
        best[i].start = 0
    best[0].sum = 0
    while at < n:
        size = character_size(p[at])
        if size > n - at:
            size = n - at
        sum = best[at].sum
        is_token = False
        node = t.trie.root
        for i in range(at, n):
            node = child(&t.trie, node, p[i])
            if node == 0:
                break
            token = token_of(node)
            if token != NONE:
                if i + 1 - at == size:
                    is_token = True
                challenge(&best[i + 1], sum + t.scores[token], token, at)
        if not is_token:
            challenge(&best[at + size], sum + t.unknown_score, t.unknown, at)
        at += size


cdef int push_best(const UnigramTables* t, const Best* best, size_t n, IdSink* out) noexcept nogil:
    """Push the tokens on the best way to place n > 0, runs of unknown ones as one."""
    cdef size_t first = out.n, last, at = n
    cdef uint32_t token, previous = NONE
    cdef bint is_first = True
    while True:
        token = best[at].token
        if token == NONE:
            return NOT_ENCODABLE
        if is_first or token != t.unknown or previous != t.unknown:
            if push(out, token) != OK:
                return OUT_OF_MEMORY
        is_first = False
        previous = token
        at = best[at].start
        if at == 0:
            break
    last = out.n - 1
    while first < last:
        token = out.ids[first]
        out.ids[first] = out.ids[last]
        out.ids[last] = token
        first += 1
        last -= 1
    return OK


cdef int encode_fragment(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef const UnigramTables* t = <const UnigramTables*>tables
    cdef size_t m = 0
    cdef int status = normalize(&t.normalizer, text, n, &ws.escaped, &m)
    if status != OK or m == 0:
        return status
    if reserve(&ws.nodes, (m + 1) * sizeof(Best)) != OK:
        return OUT_OF_MEMORY
    find_best(t, <const uint8_t*>ws.escaped.data, m, <Best*>ws.nodes.data)
    return push_best(t, <const Best*>ws.nodes.data, m, out)


cdef class UnigramModel(Model):
    """A unigram model over a trie of tokens and their scores (float64[n_tokens])."""

    cdef UnigramTables t
    cdef TokenTrie _trie
    cdef const double[::1] _scores
    cdef SentencePieceNormalizer _normalizer

    def __init__(
        self, TokenTrie trie not None, const double[::1] scores not None, SentencePieceNormalizer normalizer not None,
        *, unknown, double unknown_score,
    ):
        self._trie = trie
        self._scores = scores
        self._normalizer = normalizer
        self.t.trie = trie.trie
        self.t.scores = &scores[0] if scores.shape[0] else NULL
        self.t.normalizer = normalizer.view
        self.t.unknown = NONE if unknown is None else unknown
        self.t.unknown_score = unknown_score
        self.encode_fragment = encode_fragment
        self.tables = &self.t

    def first_id(self, bytes text not None):
        """The first id of a text that is not cut at special tokens; None when it has none."""
        cdef IdBuffer ids = IdBuffer.__new__(IdBuffer)
        cdef Workspace ws
        cdef int status
        workspace_init(&ws)
        status = encode_fragment(&self.t, text, len(text), True, &ws, &ids.sink)
        workspace_free(&ws)
        if status == OUT_OF_MEMORY:
            raise MemoryError("no memory to encode the text")
        return ids.sink.ids[0] if status == OK and ids.sink.n else None
