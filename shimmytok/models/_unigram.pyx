"""Unigram language models.  Equal to llm_tokenizer_ugm_session of llama.cpp.

llama.cpp normalises a whole fragment and looks for the best way through it (_viterbi.pyx).  Here a fragment is cut into
words at bytes of kind CUT (normalizers/_sentencepiece.pyx), which become spaces, and each word is encoded alone, so
that the word cache can know its ids.  What a word is depends on the spaces, U+2581:

- SPACED: Extra white space is removed, so that each word has one U+2581, before it: it is a run without CUT bytes.
- BEFORE: All spaces stay.  A word takes the run of CUT bytes before it along.
- BEHIND: The same, and tokens have U+2581 at their ends.  A word takes the run of CUT bytes behind it along.

That gives the same ids because:

1. Normalising the words alone gives the same text, cut at the words' ends (normalizers/_sentencepiece.pyx).  Where
   spaces stay, the first word may get one U+2581 more: it is normalised as the text's beginning, and is not kept.
2. All ways lead through the cuts.
   SPACED and BEFORE: No token of such a vocabulary has U+2581 behind another character.  A word is encoded with U+2581
   behind it, which follows in the text unless that ends; where the trie has a token that may reach over it, or a
   character seems to, the word is not `alone`, and the whole fragment is encoded as one stream.  Tokens that end inside
   of that U+2581 end inside of a character, where no token begins and no way goes on.
   BEHIND: No token has anything behind U+2581, nor behind a part of it that it begins with.
   A word behind which no other can follow, or over whose end no token reaches, is encoded with a byte behind it that no
   token has: in BEFORE the CUT bytes at the text's end, in BEHIND all words.
   Words are cut inside, too, between two characters of ASCII with no other kind behind them.  Each becomes the same
   whatever ASCII is beside it, and neither is taken in with what comes before (`fixed_bytes`): so both sides are
   normalised alone as they are together, and the right one begins as that character does.  No token has the byte that
   the left one ends with, and the one that the right one begins with, side by side.  The latter is a token, and the
   unknown token's text, if that is in the trie, does not begin with it: so no unknown token begins there.  Where a
   character before is so odd that it swallows the last byte, and more, the word is not whole at its end, and not alone.
3. So the best way is made of the best ways through the words, if sums are exact: adding the sum of all words before to
   every sum in a word then changes no comparison, ties among them, and what is found first stays the same.  Sums
   are exact while they are small: all scores are multiples of a power of two, 2**-q, and so are their sums, and a
   double holds any multiple of 2**-q up to 2**(53-q).  The loader knows q, and how far a sum can be from 0:
   - a sum to a place where tokens begin is at least that of the way character by character, each of which adds a
     token of at most 4 bytes or the unknown token, and at most as many times the highest score as there are bytes;
   - a challenger is one score away from such a sum.
   `most_raw` is how many bytes of any text keep both below 2**(53-q).  A word of n bytes that becomes more than
   MOST_GROWTH n (and 3 more, for a first word, and for any that is SPACED and so has a CUT byte beside it) is not
   alone either, which bounds the normalised text by the raw one.  What is longer is encoded in parts: the scores of
   the ids of each, and how much text unknown ones stand for, tell how far from 0 the sum is at most, a hundredth of
   what it might be.  Where that is too far, the whole fragment is encoded as one stream, too.
4. Runs of unknown tokens over a cut would become one.  But U+2581 is a token, and the text of the unknown one, if that
   is in the trie, has no U+2581 at this end: so no word begins with an unknown token where it begins with U+2581, and
   none ends with one where it ends so, unless an odd character before swallows a part of it: a word that ends with an
   unknown token there is not alone.  Vocabularies of which that is not true are encoded as streams.

5. Words that the word cache does not know are encoded together (_unigram_missed.pyx), a long one as a stream of its own
   (_unigram_stream.pyx), with the same behind it.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._bundle cimport Bundle, pieces_of
from shimmytok._ids cimport IdBuffer
from shimmytok._large_memory cimport LargeMemory
from shimmytok._stretch_encoder cimport bundle_stretches, encode_stretches
from shimmytok._trie cimport TokenTrie
from shimmytok._vocab cimport TokenTable
from shimmytok._cached_pieces cimport Missed, Pieces, encode_pieces
from shimmytok._word_cache cimport WordCache
from shimmytok._workspace cimport NONE, NOT_BUNDLED, OK, OUT_OF_MEMORY, TOO_LONG, TOO_SLOW, IdSink, Workspace, \
    workspace_free, workspace_init
from shimmytok.models._exact_sums cimport add_scores, stay_exact
from shimmytok.models._model cimport Model
from shimmytok.models._unigram_missed cimport MOST_GROWTH, PART, UnigramTables, begin_word, encode_long, encode_missed
from shimmytok.models._unigram_stream cimport NOT_ALONE, encode_stream
from shimmytok.models._unigram_words cimport NOTHING, Words, cut_block, head_size, section_size, word_rules
from shimmytok.models._viterbi cimport Leaf
from shimmytok.normalizers._sentencepiece cimport MARK, Normalizing, SentencePieceNormalizer, normalize, normalizing

cdef double EXACT_SHARE = 1 - 2.0 ** -20                   # of the limit: what sums are bounded by is rounded itself


cdef int encode_head(const UnigramTables* t, const uint8_t* text, size_t n, Workspace* ws, IdSink* out) noexcept nogil:
    """Encode the first word of a fragment."""
    cdef Missed word
    cdef Normalizing state
    cdef int status
    word.p = text
    word.n = <uint32_t>n
    state = begin_word(t, &word)
    state.space_wanted = True
    state.left += MARK
    status = encode_long(t, &word, &state, ws, out)
    # Nothing is left of it but spaces?  Then the next word is the first.
    return NOT_ALONE if status == OK and state.space_wanted else status


cdef inline bint may_be_words(const UnigramTables* t, double sum, size_t n) noexcept nogil:
    """May the words in n bytes be encoded alone, if the sum before is no further from 0 than `sum`?"""
    return n <= t.most_raw and stay_exact(&t.sums, sum, MOST_GROWTH * n + MARK)


cdef int normalized_size(
    const UnigramTables* t, const uint8_t* text, size_t n, Workspace* ws, size_t* total
) noexcept nogil:
    """Of the words in n bytes, at most: the first one may get a U+2581 that others do not."""
    cdef Normalizing state = normalizing(&t.normalizer, n)
    cdef size_t size
    cdef int status
    total[0] = MARK
    while state.at < n:
        size = 0
        status = normalize(&t.normalizer, text, n, &state, PART, &ws.escaped, &size)
        if status != OK:
            return NOT_ALONE if status == TOO_LONG or status == TOO_SLOW else status
        total[0] += size
    return OK


cdef int add_sum(
    const UnigramTables* t, const uint8_t* text, size_t n, const uint32_t* ids, size_t count, Workspace* ws, double* sum
) noexcept nogil:
    """Add how far the ids of n bytes may take a sum from 0.  Unknown ones stand for what the others do not, each for a
    run of tokens, perhaps, of one byte or more."""
    cdef size_t known = 0, size
    cdef int status
    if add_scores(&t.sums, ids, count, sum, &known):
        status = normalized_size(t, text, n, ws, &size)
        if status != OK:
            return status
        sum[0] += <double>(size - known) * t.sums.unknown_score
    return OK


cdef int encode_words(const UnigramTables* t, const uint8_t* text, size_t n, Workspace* ws, IdSink* out) noexcept nogil:
    cdef bint head_apart = t.words.head_apart
    cdef double sum = 0
    cdef size_t part, first
    cdef int status
    while n:
        if head_apart:
            part = head_size(&t.words, text, n)
        else:
            part = n if may_be_words(t, sum, n) else section_size(&t.words, text, n)
        if not may_be_words(t, sum, part):
            return NOT_ALONE
        first = out.n
        if head_apart:
            status = encode_head(t, text, part, ws, out)
        else:
            status = encode_stretches(cut_block, <void*>&t.words, t.cache, encode_missed, t, text, part, ws, out)
        if status == OK and part < n:
            status = add_sum(t, text, part, out.ids + first, out.n - first, ws, &sum)
        if status != OK:
            return status
        text += part
        n -= part
        head_apart = False
    return OK


cdef int encode_fragment(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef const UnigramTables* t = <const UnigramTables*>tables
    cdef Normalizing state = normalizing(&t.normalizer, n)
    cdef size_t before = out.n
    cdef int status = encode_words(t, text, n, ws, out)
    if status != NOT_ALONE:
        return status
    out.n = before
    return encode_stream(&t.viterbi, &t.normalizer, text, n, &state, NOTHING, ws, out)


cdef int bundle_fragment(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, Bundle* bundle
) noexcept nogil:
    cdef const UnigramTables* t = <const UnigramTables*>tables
    if n > t.most_raw or t.words.head_apart:
        return NOT_BUNDLED
    return bundle_stretches(cut_block, <void*>&t.words, text, n, ws, bundle)


cdef int encode_bundle(const void* tables, const Bundle* bundle, Workspace* ws, IdSink* out) noexcept nogil:
    cdef const UnigramTables* t = <const UnigramTables*>tables
    cdef Pieces pieces = pieces_of(bundle, True)
    return encode_pieces(t.cache, encode_missed, t, &pieces, ws, out)


cdef class UnigramModel(Model):
    """A unigram model over a trie of tokens and the scores of its leaves (float32[leaves]).

    `scores`: float32[tokens], that of a token is what it adds to a sum, or further from 0.  `sums`: what these are
    bounded by, None where words may not be encoded alone.  `words`: what these are; `cuts`: where, inside
    (`word_cuts`).  `finite`: all scores are numbers.  `most_matches`: how many tokens of a text are held at a time,
    about; all that start at one place always are.
    """

    cdef UnigramTables t
    cdef TokenTrie _trie
    cdef uint64_t[::1] _leaves     # of the size of a Leaf each
    cdef TokenTable _texts
    cdef const float[::1] _scores
    cdef SentencePieceNormalizer _normalizer
    cdef WordCache _cache

    def __init__(
        self, TokenTable texts not None, TokenTrie trie not None, const float[::1] of_leaves not None,
        const float[::1] scores not None, SentencePieceNormalizer normalizer not None, WordCache cache not None, *,
        unknown, double unknown_score, bint finite, sums, Words words, const uint64_t[::1] cuts not None,
        size_t most_matches,
    ):
        cdef Leaf* leaves
        cdef size_t k
        self._trie = trie
        self._normalizer = normalizer
        self._cache = cache
        self.t.viterbi.trie = trie.trie
        if <size_t>of_leaves.shape[0] != trie._n_leaves:
            raise ValueError(f"{of_leaves.shape[0]} scores for {trie._n_leaves} leaves")
        self.t.viterbi.unknown = NONE if unknown is None else unknown
        self._leaves = LargeMemory(trie._n_leaves + 1)
        leaves = <Leaf*>&self._leaves[0]
        for k in range(trie._n_leaves):
            leaves[1 + k].score = of_leaves[k]
            leaves[1 + k].token = trie.trie.tokens[k]
        self.t.viterbi.leaves = leaves
        self.t.viterbi.unknown_score = unknown_score
        self.t.normalizer = normalizer.view
        self.t.viterbi.finite = finite
        self.t.viterbi.part = min(<size_t>PART, max(<size_t>1, most_matches // max(<size_t>1, trie._most_nested)))
        self.t.cache = &cache.t
        if sums is not None:
            self._texts, self._scores = texts, scores
            self.t.sums.texts = &texts.table
            self.t.sums.scores = &scores[0]
            self.t.sums.unknown = self.t.viterbi.unknown
            self.t.sums.unknown_score = sums.unknown
            self.t.sums.limit = sums.limit * EXACT_SHARE
            self.t.sums.largest = sums.largest
            self.t.sums.a_byte = sums.a_byte
            self.t.most_raw = max(0, min(sums.exact_size(), 0xFFFFFFFF) - MARK) // MOST_GROWTH
        if cuts.shape[0] * sizeof(uint64_t) != sizeof(self.t.words.cuts):
            raise ValueError(f"{cuts.shape[0]} words of cuts")
        self.t.words = word_rules(&self.t.normalizer, words, &cuts[0])
        self.encode_fragment = encode_fragment
        self.bundle_fragment = bundle_fragment
        self.encode_bundle = encode_bundle
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
