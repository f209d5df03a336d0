"""Merging long pieces, part by part: of BPE, and of SPM.

Merging a piece as a whole (_chain.pyx) waits for memory again and again.  Parts that are short are merged many at a
time; what they become is right wherever no merge joins two parts, which is found out afterwards.

Tokens T1 ... Tn, each merged from its text, are what their joint text is merged to if, and only if, the text of any two
neighbours is merged to these two.  Proof: merges are done by rank, then from the left, and look at nothing but their
two symbols.  Until a merge joins symbols on both sides of a place between two tokens, what lies between such places is
merged as if it were alone, in the same order.  So the first merge over any such place joins what Ti and Ti+1 have
become by then, and in the text of the two alone it comes first as well; and if a merge comes over the place in the text
of the two, then in the whole it does too, or another one comes over another place before.  For the same reason each
token of a text that has been merged is what its own text is merged to, and tokens merged from a joint text are right
among themselves.

So each doubtful place is looked at: the text of the tokens beside it is merged.  Where that gives the same tokens, the
place is right.  Else the new ones take their place; where the outermost of them are not what they were before, the
places behind them are doubtful in turn.  Each round takes twice as many tokens on both sides of a place, so that it
ends; where it does not seem to end soon, pieces are merged as a whole.

This holds where ids tell which symbols there were: all that a piece begins with, and all texts that merges make or
take, are tokens.

A long run, a few bytes again and again, is known from its first bytes as a rule (_long_runs.pyx): it is one part then.
"""

from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy

from shimmytok._cached_pieces cimport NOT_KEPT
from shimmytok._workspace cimport OK, OUT_OF_MEMORY, Buffer, PartsScratch, reserve, reserve_ids
from shimmytok.models._long_runs cimport LongRuns, list_long_runs, merge_long_runs
from shimmytok.models._runs cimport SHORTEST, Run, find_run

cdef enum:
    MOST_OFTEN = 4                 # once a byte has been merged so often, on average, pieces are merged as a whole

cdef struct Tokens:
    uint32_t* ids
    uint32_t* ends                 # in the piece
    size_t n

cdef struct Piece:
    Missed* word
    uint32_t first                 # its tokens, at first its parts
    uint32_t end
    size_t first_run
    size_t end_run

cdef struct Region:                # tokens of a piece that are merged anew
    uint32_t first
    uint32_t end

cdef struct Job:
    const PartRules* rules
    const void* tables
    PartsScratch* scratch
    Piece* pieces
    size_t n_pieces
    LongRuns long_runs
    Missed* words                  # what is merged in a round: parts, then the text of regions
    Region* regions
    size_t n_words
    uint32_t* doubts               # tokens before which a place is doubtful, in order
    size_t n_doubts
    Tokens tokens                  # of all pieces
    size_t merged                  # bytes so far


cdef int add_word(Job* g, const uint8_t* p, size_t n) noexcept nogil:
    cdef Missed* word
    if reserve(&g.scratch.words, (g.n_words + 1) * sizeof(Missed)) != OK:
        return OUT_OF_MEMORY
    g.words = <Missed*>g.scratch.words.data
    word = &g.words[g.n_words]
    word.p = p
    word.n = <uint32_t>n
    word.count = 0
    g.n_words += 1
    return OK


cdef int add_piece(Job* g, Missed* word) noexcept nogil:
    """List a piece, and its long runs."""
    cdef Piece* piece
    if reserve(&g.scratch.pieces, (g.n_pieces + 1) * sizeof(Piece)) != OK:
        return OUT_OF_MEMORY
    g.pieces = <Piece*>g.scratch.pieces.data
    piece = &g.pieces[g.n_pieces]
    g.n_pieces += 1
    piece.word = word
    piece.first_run = g.long_runs.n
    if list_long_runs(&g.long_runs, &g.scratch.runs, word) != OK:
        return OUT_OF_MEMORY
    piece.end_run = g.long_runs.n
    return OK


cdef size_t end_of_part(const Job* g, const uint8_t* p, size_t n) noexcept nogil:
    """Where the first part of a text ends: not within a run, since what stands before decides how that is merged.  A
    run is a part, with a few bytes before it."""
    cdef Run run
    cdef size_t at = LEAST
    if n <= REST:
        return n
    while at <= MOST and at + SHORTEST <= n:
        if find_run(p, n, at, 0, &run):
            if run.first > LEAST:
                return g.rules.end_of_part(g.tables, p, n, min(run.first, <size_t>MOST))
            while run.end < n and p[run.end] & 0xC0 == 0x80:
                run.end += 1
            return run.end
        at += LEAST
    return g.rules.end_of_part(g.tables, p, n, MOST)


cdef int add_parts(Job* g, Piece* piece) noexcept nogil:
    """List the parts of a piece, with the runs that are known."""
    cdef const Missed* word = piece.word
    cdef size_t at = 0, limit, size, r = piece.first_run
    piece.first = <uint32_t>g.n_words
    while at < word.n:
        while r < piece.end_run and g.long_runs.runs[r].known.n == 0:
            r += 1
        limit = g.long_runs.runs[r].begin if r < piece.end_run else word.n
        size = end_of_part(g, word.p + at, limit - at) if at < limit else g.long_runs.runs[r].known.n
        if add_word(g, word.p + at, size) != OK:
            return OUT_OF_MEMORY
        if at == limit:
            g.words[g.n_words - 1] = g.long_runs.runs[r].known
            r += 1
        at += size
    piece.end = <uint32_t>g.n_words
    return OK


cdef int merge_words(Job* g, Workspace* ws, IdSink* found) noexcept nogil:
    cdef size_t k
    for k in range(g.n_words):
        g.merged += g.words[k].n if g.words[k].count == 0 else 0
    return g.rules.merge(g.tables, g.words, g.n_words, ws, found)


cdef inline int tokens_begin(Tokens* tokens, size_t n, Buffer* buffer) noexcept nogil:
    """Room for n tokens; there are none yet."""
    if reserve(buffer, 2 * n * sizeof(uint32_t)) != OK:
        return OUT_OF_MEMORY
    tokens.ids = <uint32_t*>buffer.data
    tokens.ends = tokens.ids + n
    tokens.n = 0
    return OK


cdef inline void append_merged(
    const Job* g, Tokens* tokens, const Missed* word, const uint8_t* piece, const IdSink* found
) noexcept nogil:
    cdef const uint32_t* ids = found.ids + word.first
    cdef uint32_t end = <uint32_t>(word.p - piece)
    cdef size_t i
    for i in range(word.count):
        end += <uint32_t>g.rules.size_of(g.tables, ids[i])
        tokens.ids[tokens.n + i] = ids[i]
        tokens.ends[tokens.n + i] = end
    tokens.n += word.count


cdef inline void append_same(Tokens* tokens, const Tokens* other, size_t first, size_t end) noexcept nogil:
    memcpy(tokens.ids + tokens.n, other.ids + first, (end - first) * sizeof(uint32_t))
    memcpy(tokens.ends + tokens.n, other.ends + first, (end - first) * sizeof(uint32_t))
    tokens.n += end - first


cdef inline void doubt(Job* g, size_t token) noexcept nogil:
    if g.n_doubts == 0 or g.doubts[g.n_doubts - 1] != token:
        g.doubts[g.n_doubts] = <uint32_t>token
        g.n_doubts += 1


cdef int begin_doubts(Job* g, size_t most) noexcept nogil:
    if reserve(&g.scratch.doubts, most * sizeof(uint32_t)) != OK:
        return OUT_OF_MEMORY
    g.doubts = <uint32_t*>g.scratch.doubts.data
    g.n_doubts = 0
    return OK


cdef int merge_all(Job* g, Workspace* ws, IdSink* found) noexcept nogil:
    """Merge the parts of all pieces; where two of them meet is doubtful."""
    cdef Piece* piece
    cdef size_t k, w, first, before = found.n
    if merge_long_runs(&g.long_runs, g.rules, g.tables, &g.scratch.words, ws, found, &g.merged) != OK:
        return OUT_OF_MEMORY
    for k in range(g.n_pieces):
        if add_parts(g, &g.pieces[k]) != OK:
            return OUT_OF_MEMORY
    if merge_words(g, ws, found) != OK or begin_doubts(g, g.n_words) != OK or \
            tokens_begin(&g.tokens, found.n - before, &g.scratch.tokens[0]) != OK:
        return OUT_OF_MEMORY
    for k in range(g.n_pieces):
        piece = &g.pieces[k]
        first = g.tokens.n
        for w in range(piece.first, piece.end):
            if w > piece.first:
                doubt(g, g.tokens.n)
            append_merged(g, &g.tokens, &g.words[w], piece.word.p, found)
        piece.first = <uint32_t>first
        piece.end = <uint32_t>g.tokens.n
    found.n = before
    return OK


cdef int list_regions(Job* g, size_t reach) noexcept nogil:
    """What is merged anew: `reach` tokens on both sides of each doubtful place, the text of these, too."""
    cdef const uint32_t* ends = g.tokens.ends
    cdef Piece* piece = g.pieces
    cdef Region* region
    cdef size_t k, begin, place
    g.n_words = 0
    if reserve(&g.scratch.regions, g.n_doubts * sizeof(Region)) != OK:
        return OUT_OF_MEMORY
    g.regions = <Region*>g.scratch.regions.data
    for k in range(g.n_doubts):
        place = g.doubts[k]
        while place >= piece.end:
            piece += 1
        begin = place - min(place - piece.first, reach)
        if g.n_words and begin < g.regions[g.n_words - 1].end:     # they overlap: one for both
            g.n_words -= 1
            begin = g.regions[g.n_words].first
        region = &g.regions[g.n_words]
        region.first = <uint32_t>begin
        region.end = <uint32_t>(place + min(piece.end - place, reach))
        begin = ends[begin - 1] if begin > piece.first else 0
        if add_word(g, piece.word.p + begin, ends[region.end - 1] - begin) != OK:
            return OUT_OF_MEMORY
    return OK


cdef int look_again(Job* g, size_t reach, Buffer* room, Workspace* ws, IdSink* found) noexcept nogil:
    """Merge the tokens beside all doubtful places; what is doubtful then is listed anew."""
    cdef Tokens tokens
    cdef Piece* piece
    cdef const Region* region
    cdef const Missed* word
    cdef size_t k, at, r = 0, before = found.n
    if list_regions(g, reach) != OK or merge_words(g, ws, found) != OK or begin_doubts(g, 2 * g.n_words) != OK or \
            tokens_begin(&tokens, g.tokens.n + found.n - before, room) != OK:
        return OUT_OF_MEMORY
    for k in range(g.n_pieces):
        piece = &g.pieces[k]
        at = piece.first
        piece.first = <uint32_t>tokens.n
        while r < g.n_words and g.regions[r].first < piece.end:
            region = &g.regions[r]
            word = &g.words[r]
            r += 1
            append_same(&tokens, &g.tokens, at, region.first)
            at = region.end
            if tokens.n > piece.first and found.ids[word.first] != g.tokens.ids[region.first]:
                doubt(g, tokens.n)
            append_merged(g, &tokens, word, piece.word.p, found)
            if at < piece.end and found.ids[word.first + word.count - 1] != g.tokens.ids[at - 1]:
                doubt(g, tokens.n)
        append_same(&tokens, &g.tokens, at, piece.end)
        piece.end = <uint32_t>tokens.n
    g.tokens = tokens
    found.n = before
    return OK


cdef int settle(Job* g, Workspace* ws, IdSink* found) noexcept nogil:
    """Look at doubtful places until there are none."""
    cdef size_t reach = 1, most = MOST_OFTEN * g.merged
    cdef int turn = 0
    while g.n_doubts:
        turn ^= 1
        if look_again(g, reach, &g.scratch.tokens[turn], ws, found) != OK:
            return OUT_OF_MEMORY
        reach = 2 * reach if g.merged <= most else g.tokens.n
    return OK


cdef int push_tokens(const Job* g, IdSink* found) noexcept nogil:
    cdef const Piece* piece
    cdef size_t k
    if reserve_ids(found, g.tokens.n) != OK:
        return OUT_OF_MEMORY
    memcpy(found.ids + found.n, g.tokens.ids, g.tokens.n * sizeof(uint32_t))
    for k in range(g.n_pieces):
        piece = &g.pieces[k]
        piece.word.first = found.n + piece.first
        piece.word.count = piece.end - piece.first
    found.n += g.tokens.n
    return OK


cdef int merge_parts(
    const PartRules* rules, const void* tables, Missed* words, size_t count, Workspace* ws, IdSink* found
) noexcept nogil:
    cdef Job g
    cdef size_t k
    g.rules = rules
    g.tables = tables
    g.scratch = &ws.parts
    g.n_pieces = g.long_runs.n = g.n_words = g.merged = 0
    for k in range(count):
        if words[k].count or words[k].n == NOT_KEPT or not rules.fits(tables, words[k].p, words[k].n):
            continue
        if add_piece(&g, &words[k]) != OK:
            return OUT_OF_MEMORY
    if g.n_pieces == 0:
        return OK
    if merge_all(&g, ws, found) != OK or settle(&g, ws, found) != OK:
        return OUT_OF_MEMORY
    return push_tokens(&g, found)
