"""SentencePiece-style BPE by scores.  Equal to llm_tokenizer_spm_session of llama.cpp.

Characters are merged pairwise as long as the two texts together are a token, the highest score first, then from the
left.  (llama.cpp's resegmentation never finds anything: a merged text is a token by construction.)  A fragment is cut
into words where no token can lie across (_cuts.pyx).  Spaces are not escaped: words are looked up and merged as they
stand, and tokens have a space for U+2581.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy, memset

from shimmytok._bundle cimport Bundle, bundle_pieces, bundle_room, pieces_of
from shimmytok._cuts cimport SPACE
from shimmytok._cutter cimport Cutter, cutter_init, next_cuts
from shimmytok._simd cimport simd_level
from shimmytok._cached_pieces cimport Missed, Pieces, encode_pieces
from shimmytok._workspace cimport LONGEST_TEXT, NOT_BUNDLED, OK, OUT_OF_MEMORY, TOO_LONG, IdSink, Workspace, reserve
from shimmytok.models._model cimport Model
from shimmytok.models._by_parts cimport merge_parts
from shimmytok.models._spm_long cimport merge_rest
from shimmytok.models._spm_parts cimport parts_of_words
from shimmytok.models._spm_short cimport merge_short
from shimmytok.models._spm_tables cimport READABLE, SpmTables, SpmTableSet, to_plain
from shimmytok.normalizers._spaces cimport escape_spaces

cdef enum:
    MOST_CUTS = 1024               # that are made before their words are looked up
    HEAD = 4096                    # bytes that are copied behind the space prefix
    LONGEST_CHARACTER = 4
    SLACK = 16                     # bytes that the word cache may read after a word


cdef int merge_longs(const SpmTables* t, Missed* words, size_t count, Workspace* ws, IdSink* found) noexcept nogil:
    """Merge the words that have no ids yet, as plain texts."""
    cdef Missed* longs
    cdef uint8_t* plain
    cdef size_t k, n = 0, size = 0
    cdef int status
    for k in range(count):
        if words[k].count == 0:
            size += words[k].n + READABLE
            n += 1
    if n == 0:
        return OK
    if reserve(&ws.plain, size) != OK or reserve(&ws.longs, n * sizeof(Missed)) != OK:
        return OUT_OF_MEMORY
    plain = <uint8_t*>ws.plain.data
    longs = <Missed*>ws.longs.data
    n = 0
    for k in range(count):
        if words[k].count == 0:
            longs[n].p = plain
            longs[n].n = <uint32_t>to_plain(words[k].p, words[k].n, plain)
            longs[n].count = 0
            memset(plain + longs[n].n, 0, READABLE)
            plain += longs[n].n + READABLE
            n += 1
    status = merge_parts(&parts_of_words, t, longs, n, ws, found)
    if status == OK:
        status = merge_rest(t, longs, n, ws, found)
    if status != OK:
        return status
    n = 0
    for k in range(count):
        if words[k].count == 0:
            words[k].first = longs[n].first
            words[k].count = longs[n].count
            n += 1
    return OK


cdef int encode_missed(
    const void* tables, Missed* words, size_t count, Workspace* ws, IdSink* found
) noexcept nogil:
    cdef const SpmTables* t = <const SpmTables*>tables
    cdef size_t k
    cdef int status
    for k in range(count):
        words[k].count = 0
    status = merge_short(t, words, count, found)
    return status if status != OK else merge_longs(t, words, count, ws, found)


cdef struct Run:                   # a text, or its beginning
    const uint8_t* text
    size_t n                       # at least 1
    size_t readable                # bytes
    bint more                      # text follows: the last word is not complete
    size_t done                    # up to here it is encoded
    bint swallowed                 # why not to the end: spaces have to be escaped first


cdef int encode_run(const SpmTables* t, Run* run, Workspace* ws, IdSink* out) noexcept nogil:
    """Encode a text to its end, or as far as its words are complete and their characters are sure."""
    cdef Cutter cutter
    cdef uint32_t[MOST_CUTS + 1] ends
    cdef Pieces pieces
    cdef int status
    cutter_init(&cutter, &t.cuts, run.text, run.n, run.n - LONGEST_CHARACTER if run.more else run.n, simd_level)
    pieces.text = run.text
    pieces.starts = NULL
    pieces.inserts = NULL
    pieces.readable = run.readable
    pieces.start = 0
    pieces.ends = ends
    while cutter.at < cutter.limit and not cutter.swallowed:
        pieces.count = next_cuts(&cutter, ends, MOST_CUTS)
        if cutter.at == run.n:
            ends[pieces.count] = <uint32_t>run.n
            pieces.count += 1
        if pieces.count:
            status = encode_pieces(t.cache, encode_missed, t, &pieces, ws, out)
            if status != OK:
                return status
            pieces.start = ends[pieces.count - 1]
    run.done = pieces.start
    run.swallowed = cutter.swallowed
    return OK


cdef int encode_escaped(
    const SpmTables* t, const uint8_t* text, size_t n, bint prefix, Workspace* ws, IdSink* out
) noexcept nogil:
    """Encode a text whose words are not found as they stand."""
    cdef Run run
    cdef uint8_t* escaped
    if reserve(&ws.escaped, 3 * (n + 1) + SLACK) != OK:
        return OUT_OF_MEMORY
    escaped = <uint8_t*>ws.escaped.data
    run.text = escaped
    run.n = escape_spaces(b" ", 1, escaped) if prefix else 0
    run.n += escape_spaces(text, n, escaped + run.n)
    run.readable = run.n
    run.more = False
    return encode_run(t, &run, ws, out) if run.n <= LONGEST_TEXT else TOO_LONG


cdef int encode_fragment(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef const SpmTables* t = <const SpmTables*>tables
    cdef Run run
    cdef uint8_t* head
    cdef size_t n_head = min(n, <size_t>HEAD)
    cdef int status
    if t.add_space_prefix and after_special:
        if reserve(&ws.fragment, 1 + HEAD + SLACK) != OK:
            return OUT_OF_MEMORY
        head = <uint8_t*>ws.fragment.data
        head[0] = SPACE
        memcpy(head + 1, text, n_head)
        memset(head + 1 + n_head, 0, SLACK)
        run.text = head
        run.n = 1 + n_head
        run.readable = run.n + SLACK
        run.more = n_head < n
        status = encode_run(t, &run, ws, out)
        if status != OK or run.done == run.n:
            return status
        if run.done == 0:
            return encode_escaped(t, text, n, True, ws, out)
        text += run.done - 1
        n -= run.done - 1
        if run.swallowed:
            return encode_escaped(t, text, n, False, ws, out)
    run.text = text
    run.n = run.readable = n
    run.more = False
    status = encode_run(t, &run, ws, out)
    if status != OK or not run.swallowed:
        return status
    return encode_escaped(t, text + run.done, n - run.done, False, ws, out)


cdef int bundle_fragment(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, Bundle* bundle
) noexcept nogil:
    cdef const SpmTables* t = <const SpmTables*>tables
    cdef size_t n_prefix = 1 if t.add_space_prefix and after_special else 0, count
    cdef uint32_t[MOST_CUTS + 1] ends
    cdef Cutter cutter
    cdef uint8_t* own = bundle_room(bundle, n_prefix + n)
    if own == NULL:
        return OUT_OF_MEMORY
    own[0] = SPACE
    memcpy(own + n_prefix, text, n)
    n += n_prefix
    cutter_init(&cutter, &t.cuts, own, n, n, simd_level)
    while cutter.at < cutter.limit and not cutter.swallowed:
        count = next_cuts(&cutter, ends, MOST_CUTS)
        if cutter.at == n:
            ends[count] = <uint32_t>n
            count += 1
        if bundle_pieces(bundle, NULL, ends, count) != OK:
            return OUT_OF_MEMORY
    bundle.n += n
    return NOT_BUNDLED if cutter.swallowed else OK


cdef int encode_bundle(const void* tables, const Bundle* bundle, Workspace* ws, IdSink* out) noexcept nogil:
    cdef const SpmTables* t = <const SpmTables*>tables
    cdef Pieces pieces = pieces_of(bundle, False)
    return encode_pieces(t.cache, encode_missed, t, &pieces, ws, out)


cdef size_t find_seam(const void* tables, const uint8_t* stretch, size_t n) noexcept nogil:
    cdef Cutter cutter
    cdef uint32_t[MOST_CUTS] cuts
    cdef size_t count, i
    if n == 0:
        return 0
    cutter_init(&cutter, &(<const SpmTables*>tables).cuts, stretch, n, n, simd_level)
    count = next_cuts(&cutter, cuts, MOST_CUTS)
    for i in range(count):
        if stretch[cuts[i] - 1] > SPACE:
            return cuts[i]
    return 0


cdef class SpmModel(Model):
    """SPM over a set of tables."""

    cdef readonly SpmTableSet table_set

    def __init__(self, SpmTableSet table_set not None):
        self.table_set = table_set
        self.encode_fragment = encode_fragment
        self.bundle_fragment = bundle_fragment
        self.encode_bundle = encode_bundle
        self.find_seam = find_seam
        self.tables = &table_set.t
