"""Byte pair encoding: the merge loop.  Equal to llm_tokenizer_bpe_session of llama.cpp.

A piece is merged by rank, then from the left: a short one in _bpe_short.pyx, a long one in _by_parts.pyx or
_bpe_long.pyx.  Before they are looked up, pieces are cut where no merge can join (_bpe_cuts.pyx).
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from shimmytok._bundle cimport Bundle, bundle_pieces, bundle_text, pieces_of
from shimmytok._texts cimport View
from shimmytok._utf8_window cimport Utf8Window, window_begin, window_fill, window_forget
from shimmytok._vocab cimport Table, find_hashed, is_text, shim_hash_bytes, slot_alike
from shimmytok._cached_pieces cimport NOT_KEPT, Missed, Pieces, encode_pieces
from shimmytok._workspace cimport ASCII_ONLY, LONGEST_TEXT, OK, OUT_OF_MEMORY, TOO_LONG, reserve, reserve_ids
from shimmytok.models._bpe_cuts cimport cut_pieces
from shimmytok.models._bpe_long cimport merge_rest
from shimmytok.models._bpe_parts cimport parts_of_bytes, parts_of_characters
from shimmytok.models._bpe_short cimport merge_short
from shimmytok.models._bpe_tables cimport BpeTableSet
from shimmytok.models._model cimport Model
from shimmytok.models._by_parts cimport merge_parts
from shimmytok.normalizers._spaces cimport escape_spaces
from shimmytok.pretokenizers._scratch cimport SHORT_TEXT
from shimmytok.pretokenizers._seam cimport split_seam
from shimmytok.pretokenizers._split cimport split, split_begin, split_forget, split_more, split_wants
from shimmytok.unicode._utf8 cimport is_clean, repair

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

cdef enum:
    TOGETHER = 32                  # pieces that are looked for as a whole at a time
    PADDING = 16                   # bytes that are read of each piece
    CHECKED = 64                   # tokens that are merged at a time to see what becomes of them


cdef struct Job:
    const BpeTables* t
    const Pieces* whole            # the pieces before they were cut


cdef void find_whole(const BpeTables* t, Missed* words, size_t count, IdSink* found) noexcept nogil:
    """Give the words that are tokens their ids; the memory of a few is asked for before it is read."""
    cdef const Table* symbols = &t.symbols
    cdef uint64_t[TOGETHER] hashes
    cdef uint32_t[TOGETHER] alike, which
    cdef uint64_t slot
    cdef size_t i, k, m, n
    cdef uint32_t whole
    while count:
        m = min(count, <size_t>TOGETHER)
        for k in range(m):
            words[k].count = 0
            hashes[k] = shim_hash_bytes(words[k].p, words[k].n, symbols.seed)
            SHIM_PREFETCH(&symbols.slots[hashes[k] & symbols.mask])
        n = 0
        for k in range(m):
            slot = slot_alike(symbols, hashes[k])
            which[n] = <uint32_t>k
            alike[n] = <uint32_t>slot - 1
            if slot:
                SHIM_PREFETCH(&symbols.starts[alike[n]])
                n += 1
        for i in range(n):
            SHIM_PREFETCH(&symbols.text[symbols.starts[alike[i]]])
        for i in range(n):
            k = which[i]
            whole = alike[i]
            if not is_text(symbols, whole, words[k].p, words[k].n):
                whole = find_hashed(symbols, words[k].p, words[k].n, hashes[k])
            if whole < t.n_tokens:
                found.ids[found.n] = whole
                words[k].first = found.n
                words[k].count = 1
                found.n += 1
        words += m
        count -= m


cdef bint is_part(const Pieces* whole, const Missed* word) noexcept nogil:
    """Is the word a part of a piece, and not a piece?"""
    cdef size_t start = word.p - whole.text, low = 0, high = whole.count, middle
    while low < high:                                      # find the first piece that ends after `start`
        middle = (low + high) // 2
        if whole.ends[middle] > start:
            high = middle
        else:
            low = middle + 1
    return start != (whole.ends[low - 1] if low else whole.start) or start + word.n != whole.ends[low]


cdef int merge_missed(
    const BpeTables* t, Missed* words, size_t count, Workspace* ws, IdSink* found
) noexcept nogil:
    """Merge the words that have no ids yet."""
    if merge_short(t, words, count, found) != OK:
        return OUT_OF_MEMORY
    if t.by_parts:
        if merge_parts(&parts_of_bytes if t.byte_level else &parts_of_characters, t, words, count, ws, found) != OK:
            return OUT_OF_MEMORY
    return merge_rest(t, words, count, ws, found)


cdef bint all_whole(const BpeTables* t, const uint32_t* tokens, size_t count) noexcept nogil:
    cdef uint8_t whole = 1
    cdef size_t i
    for i in range(count):
        whole &= t.whole[tokens[i]]
    return whole


cdef int check_whole(const Job* job, Missed* words, size_t count, Workspace* ws, IdSink* found) noexcept nogil:
    """Parts of pieces are merged even if they are tokens, and the cache cannot tell them from pieces.  For most tokens
    that is the same; the ids of others are not kept."""
    cdef Missed[CHECKED] merged
    cdef uint32_t[CHECKED] place
    cdef uint32_t token
    cdef size_t k = 0, i, m
    while k < count:
        m = 0
        while k < count and m < CHECKED:
            if words[k].count and not job.t.whole[found.ids[words[k].first]]:
                merged[m] = words[k]
                merged[m].count = 0
                place[m] = <uint32_t>k
                m += 1
            k += 1
        if merge_missed(job.t, merged, m, ws, found) != OK:
            return OUT_OF_MEMORY
        for i in range(m):
            token = found.ids[words[place[i]].first]
            if merged[i].count == 1 and found.ids[merged[i].first] == token:
                job.t.whole[token] = 1
                continue
            if is_part(job.whole, &words[place[i]]):
                words[place[i]] = merged[i]
            words[place[i]].n = NOT_KEPT
    return OK


cdef int encode_missed(
    const void* tables, Missed* words, size_t count, Workspace* ws, IdSink* found
) noexcept nogil:
    cdef const Job* job = <const Job*>tables
    cdef const BpeTables* t = job.t
    cdef size_t k, first = found.n
    if reserve_ids(found, count) != OK:
        return OUT_OF_MEMORY
    if t.ignore_merges:
        find_whole(t, words, count, found)
        if not all_whole(t, found.ids + first, found.n - first):
            if check_whole(job, words, count, ws, found) != OK:
                return OUT_OF_MEMORY
    else:
        for k in range(count):
            words[k].count = 0
            # The pattern that goes with whole_newline_runs makes pieces of newlines only or of none.
            if t.whole_newline_runs and words[k].p[0] == 10:
                find_whole(t, &words[k], 1, found)
    return merge_missed(t, words, count, ws, found)


cdef int escape(const BpeTables* t, const uint8_t** text, size_t* n, Workspace* ws) noexcept nogil:
    """Escape the spaces of a fragment, where the tables want it; the text is in the workspace then."""
    if not t.escape_spaces:
        return OK
    if reserve(&ws.escaped, 3 * n[0]) != OK:
        return OUT_OF_MEMORY
    n[0] = escape_spaces(text[0], n[0], <uint8_t*>ws.escaped.data)
    text[0] = <const uint8_t*>ws.escaped.data
    return OK if n[0] <= LONGEST_TEXT else TOO_LONG


cdef int encode_whole(const BpeTables* t, Pieces* pieces, bint ascii, Workspace* ws, IdSink* out) noexcept nogil:
    """Encode pieces of a clean text; `start` moves on.  Is it known to be ASCII?"""
    cdef Pieces parts = pieces[0]
    cdef Job job
    cdef int status
    if not (ascii and t.cuts.ascii == NULL) and cut_pieces(&t.cuts, &parts, &ws.ends) != OK:
        return OUT_OF_MEMORY
    job.t = t
    job.whole = pieces
    status = encode_pieces(t.cache, encode_missed, &job, &parts, ws, out)
    if pieces.count:
        pieces.start = pieces.ends[pieces.count - 1]
    return status


cdef int encode_block(
    const BpeTables* t, Pieces* pieces, size_t n, bint ascii, Workspace* ws, IdSink* out, bint* more
) noexcept nogil:
    """Encode the pieces that end in the next block of a clean text of n bytes; `start` moves on."""
    cdef int status = split_more(t.split, pieces.text, n, &ws.split)
    if status < 0:
        return OUT_OF_MEMORY
    more[0] = status
    pieces.ends = ws.split.ends
    pieces.count = ws.split.n_ends
    return encode_whole(t, pieces, ascii, ws, out)


cdef int make_clean(const uint8_t** text, size_t* n, Workspace* ws) noexcept nogil:
    """Replace what is no UTF-8, if anything is; the text is in the workspace then."""
    if is_clean(text[0], n[0]):
        return OK
    if reserve(&ws.repaired, 3 * n[0]) != OK:
        return OUT_OF_MEMORY
    n[0] = repair(text[0], n[0], <uint8_t*>ws.repaired.data)
    text[0] = <const uint8_t*>ws.repaired.data
    return OK


cdef int encode_escaped(
    const BpeTables* t, const uint8_t* text, size_t n, int clean, Workspace* ws, IdSink* out
) noexcept nogil:
    """Encode a text whose spaces are escaped already; `clean`: as in a Workspace, of the text before."""
    cdef Pieces pieces
    cdef uint8_t[SHORT_TEXT + PADDING] padded
    cdef bint more = True, ascii = clean == ASCII_ONLY and not t.escape_spaces
    cdef int status = OK
    if not clean and make_clean(&text, &n, ws) != OK:
        return OUT_OF_MEMORY
    if n > LONGEST_TEXT:
        return TOO_LONG
    pieces.readable = n
    if n <= SHORT_TEXT:                                    # one copy here saves one for each of the last pieces
        memset(padded + n, 0, PADDING)
        memcpy(padded, text, n)
        text = padded
        pieces.readable = n + PADDING
    pieces.text = text
    pieces.start = 0
    pieces.starts = NULL
    pieces.inserts = NULL
    split_begin(t.split, text, n, &ws.split)
    while more and status == OK:
        status = encode_block(t, &pieces, n, ascii, ws, out, &more)
    return status


cdef int encode_fragment(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef const BpeTables* t = <const BpeTables*>tables
    cdef int status = escape(t, &text, &n, ws)
    if status != OK:
        return status
    return encode_escaped(t, text, n, ws.clean, ws, out)


cdef int encode_view(const void* tables, const View* view, Workspace* ws, IdSink* out) noexcept nogil:
    """Encode a str whose UTF-8 is made as it goes."""
    cdef const BpeTables* t = <const BpeTables*>tables
    cdef Pieces pieces
    cdef Utf8Window window
    cdef bint more = True
    cdef int status = OK
    window_begin(&window, view)
    pieces.start = 0
    pieces.starts = NULL
    pieces.inserts = NULL
    split_begin(t.split, NULL, 0, &ws.split)
    while more and status == OK:
        if pieces.start > window.n - pieces.start:         # moving the rest costs less than has been gained
            window_forget(&window, pieces.start, &ws.utf8)
            split_forget(&ws.split, pieces.start)
            pieces.start = 0
        status = window_fill(&window, split_wants(&ws.split), &ws.utf8)
        if status != OK:
            return status
        pieces.text = <const uint8_t*>ws.utf8.data
        pieces.readable = window.n
        status = encode_block(t, &pieces, window.n, False, ws, out, &more)
    return status


cdef int bundle_fragment(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, Bundle* bundle
) noexcept nogil:
    cdef const BpeTables* t = <const BpeTables*>tables
    cdef int status = escape(t, &text, &n, ws)
    if status != OK:
        return status
    if not ws.clean and make_clean(&text, &n, ws) != OK:
        return OUT_OF_MEMORY
    if split(t.split, text, n, &ws.split) < 0 or \
            bundle_pieces(bundle, NULL, ws.split.ends, ws.split.n_ends) != OK:
        return OUT_OF_MEMORY
    return bundle_text(bundle, text, n)


cdef int encode_bundle(const void* tables, const Bundle* bundle, Workspace* ws, IdSink* out) noexcept nogil:
    cdef Pieces pieces = pieces_of(bundle, False)
    return encode_whole(<const BpeTables*>tables, &pieces, False, ws, out)


cdef size_t find_seam(const void* tables, const uint8_t* stretch, size_t n) noexcept nogil:
    cdef const BpeTables* t = <const BpeTables*>tables
    return split_seam(t.split, stretch, n, t.escape_spaces)


cdef class BpeModel(Model):
    """BPE over a set of tables."""

    cdef readonly BpeTableSet table_set

    def __init__(self, BpeTableSet table_set not None):
        self.table_set = table_set
        self.encode_fragment = encode_fragment
        self.bundle_fragment = bundle_fragment
        self.encode_bundle = encode_bundle
        self.find_seam = find_seam
        if table_set.t.split.restart != NULL and not table_set.t.escape_spaces:
            self.encode_view = encode_view
        self.tables = &table_set.t
