"""Words of unigram models that the word cache does not know, encoded many at a time; _unigram.pyx says why they may be.

They are normalised one behind the other, each with what follows it, so that the tokens in all of them are looked for
together (_viterbi.pyx).
"""

from libc.stdint cimport uint32_t
from libc.string cimport memcpy

from shimmytok._workspace cimport NONE, OK, OUT_OF_MEMORY, TOO_LONG, TOO_SLOW, reserve
from shimmytok.models._unigram_stream cimport NOT_ALONE, Following, encode_stream
from shimmytok.models._unigram_words cimport BEHIND, SPACED, ends_with_space, following, has_context
from shimmytok.models._viterbi cimport Best, Matches, Walk, add_walks, find_best, find_matches, push_best
from shimmytok.normalizers._sentencepiece cimport MARK, normalize, normalizing


cdef Normalizing begin_word(const UnigramTables* t, const Missed* word) noexcept nogil:
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
