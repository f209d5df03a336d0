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
   normalised alone as they are together, and the right one begins as that character does.  No token
   has the byte that the left one ends with, and the one that the right one begins with, side by side.  The latter is
   a token, and the unknown token's text, if that is in the trie, does not begin with it: so no unknown token begins
   there.  Where a character before is so odd that it swallows the last byte, and more, the word is not whole at its
   end, and not alone.
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

5. A word that is long is encoded as a stream of its own (_unigram_stream.pyx), with the same behind it.
"""

from libc.math cimport fabs
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from shimmytok._bundle cimport Bundle, pieces_of
from shimmytok._ids cimport IdBuffer
from shimmytok._large_memory cimport LargeMemory
from shimmytok._stretch_encoder cimport bundle_stretches, encode_stretches
from shimmytok._trie cimport TokenTrie
from shimmytok._vocab cimport TokenTable
from shimmytok._cached_pieces cimport Missed, Pieces, encode_pieces
from shimmytok._word_cache cimport WordCache, WordCacheTables
from shimmytok._workspace cimport NONE, NOT_BUNDLED, OK, OUT_OF_MEMORY, TOO_LONG, TOO_SLOW, IdSink, Workspace, \
    reserve, workspace_free, workspace_init
from shimmytok.models._exact_sums cimport ExactSums, add_scores, stay_exact
from shimmytok.models._model cimport Model
from shimmytok.models._unigram_stream cimport NOT_ALONE, Following, encode_stream
from shimmytok.models._unigram_words cimport BEHIND, NOTHING, SPACED, WordRules, Words, cut_block, ends_with_space, \
    following, has_context, head_size, section_size, word_rules
from shimmytok.models._viterbi cimport Best, Leaf, Matches, ViterbiTables, Walk, add_walks, find_best, find_matches, \
    push_best
from shimmytok.normalizers._sentencepiece cimport MARK, Normalizing, NormalizerView, SentencePieceNormalizer, \
    normalize, normalizing

cdef enum:
    MOST_GROWTH = 16
    PART = 1 << 12                 # bytes of normalised text that are looked at together, at most

cdef double EXACT_SHARE = 1 - 2.0 ** -20                   # of the limit: what sums are bounded by is rounded itself

cdef struct UnigramTables:
    ViterbiTables viterbi
    NormalizerView normalizer
    WordRules words
    ExactSums sums
    size_t most_raw                # bytes of text whose words may be encoded alone, if nothing was before
    WordCacheTables* cache


cdef inline Normalizing begin_word(const UnigramTables* t, const Missed* word) noexcept nogil:
    cdef Normalizing state = normalizing(&t.normalizer, word.n)
    state.space_wanted = False                             # it is not the first
    if has_context(&t.words, word):
        state.at = 1
        state.in_word = True
        state.left = MOST_GROWTH * (<size_t>word.n - 1)
    else:
        state.left = MOST_GROWTH * <size_t>word.n + (MARK if t.words.words == SPACED else 0)
    return state


cdef inline bint swallows_space(const UnigramTables* t, const Missed* word, const IdSink* found) noexcept nogil:
    """Does a word end with an unknown token where it should end with U+2581?"""
    if t.words.words != BEHIND or word.count == 0:
        return False
    return found.ids[word.first + word.count - 1] == t.viterbi.unknown and ends_with_space(&t.words, word)


cdef int normalize_words(
    const UnigramTables* t, Missed* words, size_t* count, Workspace* ws, size_t* size, size_t* n_walks
) noexcept nogil:
    """Normalise as many words as make about a part, each with what follows it, and begin walks in them; their number
    goes to `count`, and where each ends in that text to its `first`.  A long word ends the list before it."""
    cdef Normalizing state
    cdef Following behind
    cdef size_t k = 0, begin = 0, part = t.viterbi.part
    cdef int status
    size[0] = n_walks[0] = 0
    while k < count[0] and size[0] < part:
        state = begin_word(t, &words[k])
        status = normalize(&t.normalizer, words[k].p, words[k].n, &state, begin + part + 1, &ws.escaped, size)
        if status != OK:
            return NOT_ALONE if status == TOO_LONG or status == TOO_SLOW else status
        if state.at < words[k].n or size[0] - begin > part:
            size[0] = begin
            break
        words[k].first = size[0]
        behind = following(&t.words, &words[k])
        if reserve(&ws.escaped, size[0] + behind.n + 1) != OK:
            return OUT_OF_MEMORY
        memcpy(<uint8_t*>ws.escaped.data + size[0], behind.p, behind.n + 1)
        if add_walks(&t.viterbi, <const uint8_t*>ws.escaped.data, begin, size[0], size[0] + behind.n, &ws.walks,
                     n_walks) != OK:
            return OUT_OF_MEMORY
        size[0] += behind.n
        begin = size[0]
        k += 1
    count[0] = k
    return OK


cdef int encode_long(
    const UnigramTables* t, Missed* word, Normalizing* state, Workspace* ws, IdSink* found
) noexcept nogil:
    """Encode a word as a stream."""
    cdef int status
    word.first = found.n
    status = encode_stream(&t.viterbi, &t.normalizer, word.p, word.n, state, following(&t.words, word), ws, found)
    word.count = <uint32_t>(found.n - word.first)
    if status == TOO_LONG or status == TOO_SLOW or (status == OK and swallows_space(t, word, found)):
        return NOT_ALONE
    return status


cdef int encode_some(
    const UnigramTables* t, Missed* words, size_t* count, Workspace* ws, IdSink* found
) noexcept nogil:
    """Encode the first words of a list; `count` becomes how many."""
    cdef Matches matches
    cdef Normalizing state
    cdef Best* best
    cdef const uint8_t* p
    cdef size_t size, n_walks, begin = 0, end, k
    cdef int status = normalize_words(t, words, count, ws, &size, &n_walks)
    if status != OK:
        return status
    if count[0] == 0:
        count[0] = 1
        state = begin_word(t, words)
        return encode_long(t, words, &state, ws, found)
    p = <const uint8_t*>ws.escaped.data
    if reserve(&ws.nodes, (size + 1) * sizeof(Best)) != OK or find_matches(
        &t.viterbi, p, size, <Walk*>ws.walks.data, n_walks, &ws.places, &ws.matches, &matches
    ) != OK:
        return OUT_OF_MEMORY
    if matches.open_from != NONE:
        return NOT_ALONE
    best = <Best*>ws.nodes.data
    for k in range(count[0]):
        end = words[k].first
        words[k].first = found.n
        if end > begin:
            if not find_best(&t.viterbi, p, begin, end, &matches, best):
                return NOT_ALONE
            status = push_best(&t.viterbi, best, begin, end, found.n, found)
            if status != OK:
                return status
        words[k].count = <uint32_t>(found.n - words[k].first)
        if swallows_space(t, &words[k], found):
            return NOT_ALONE
        begin = end + following(&t.words, &words[k]).n
    return OK


cdef int encode_missed(
    const void* tables, Missed* words, size_t count, Workspace* ws, IdSink* found
) noexcept nogil:
    cdef size_t some
    cdef int status
    while count:
        some = count
        status = encode_some(<const UnigramTables*>tables, words, &some, ws, found)
        if status != OK:
            return status
        words += some
        count -= some
    return OK


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
    """Add how far the ids of n bytes may take a sum from 0.  Unknown ones stand for what the others do not."""
    cdef size_t known = 0, size
    cdef int status
    if add_scores(&t.sums, ids, count, sum, &known):
        status = normalized_size(t, text, n, ws, &size)
        if status != OK:
            return status
        sum[0] += <double>(size - known) * fabs(t.sums.unknown_score)
    return OK


cdef int encode_words(const UnigramTables* t, const uint8_t* text, size_t n, Workspace* ws, IdSink* out) noexcept nogil:
    cdef bint head_apart = t.words.head_apart
    cdef double sum = 0
    cdef size_t part, first
    cdef int status
    while n or head_apart:
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
    (`word_cuts`).
    `finite`: all scores are numbers.  `most_matches`: how many tokens of a text are held at a time, about; all that
    start at one place always are.
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
            self.t.sums.unknown_score = unknown_score
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
