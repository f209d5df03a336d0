"""SentencePiece-style BPE by scores.  Equal to llm_tokenizer_spm_session of llama.cpp.

Characters are merged pairwise as long as the two texts together are a token, the highest score first, then from the
left.  (llama.cpp's resegmentation never finds anything: a merged text is a token by construction.)  A fragment is cut
into words where no token can lie across (_cuts.pyx).  Words are looked up as they stand, with spaces, and their spaces
are escaped only when they have to be merged.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy, memset

import numpy as np

from shimmytok._cuts cimport SPACE, Cuts, character, character_size
from shimmytok._cutter cimport Cutter, cutter_init, next_cuts
from shimmytok._simd cimport simd_level
from shimmytok._vocab cimport TokenTable
from shimmytok._word_cache cimport Missed, Pieces, WordCache, encode_pieces
from shimmytok._workspace cimport LONGEST_TEXT, NONE, OK, OUT_OF_MEMORY, TOO_LONG, IdSink, Workspace, reserve
from shimmytok.models._model cimport Model
from shimmytok.models._pair_memo cimport PairMemo
from shimmytok.models._spm_long cimport merge_long
from shimmytok.models._spm_short cimport merge_short
from shimmytok.models._spm_tables cimport SpmTables
from shimmytok.normalizers._spaces cimport escape_spaces

cdef enum:
    MOST_CUTS = 1024               # that are made before their words are looked up
    HEAD = 4096                    # bytes that are copied behind the space prefix
    LONGEST_CHARACTER = 4
    SLACK = 16                     # bytes that the word cache may read after a word


cdef int encode_missed(
    const void* tables, Missed* words, size_t count, Workspace* ws, IdSink* found
) noexcept nogil:
    cdef const SpmTables* t = <const SpmTables*>tables
    cdef size_t k, n
    cdef int status = merge_short(t, words, count, found)
    for k in range(count):
        if status != OK:
            return status
        if words[k].count:
            continue
        if reserve(&ws.word, 3 * <size_t>words[k].n) != OK:
            return OUT_OF_MEMORY
        n = escape_spaces(words[k].p, words[k].n, <uint8_t*>ws.word.data)
        if n > LONGEST_TEXT:
            return TOO_LONG
        words[k].first = found.n
        status = merge_long(t, <uint8_t*>ws.word.data, n, ws, found)
        words[k].count = <uint32_t>(found.n - words[k].first)
    return status


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


cdef class SpmModel(Model):
    """SPM over a vocabulary's token texts and their ranks (uint32[n_tokens]: the lowest is merged first; 2**32 - 1 is
    never merged)."""

    cdef SpmTables t
    cdef TokenTable _texts
    cdef WordCache _cache
    cdef PairMemo _memo
    cdef const uint32_t[::1] _ranks
    cdef uint32_t[::1] _ascii_pairs
    cdef readonly Cuts cuts

    def __init__(
        self, TokenTable texts not None, const uint32_t[::1] ranks not None, WordCache cache not None, *,
        unknown, bint add_space_prefix
    ):
        if ranks.shape[0] != len(texts):
            raise ValueError(f"{ranks.shape[0]} ranks for {len(texts)} tokens")
        texts.index()
        self._texts = texts
        self._ranks = ranks
        self._cache = cache
        self._memo = PairMemo(len(texts))
        self.cuts = Cuts(texts)
        self.t.texts = texts.table
        self.t.cuts = self.cuts.t
        self.t.cache = &cache.t
        self.t.memo = self._memo.t
        self.t.ranks = &ranks[0] if len(texts) else NULL
        self.t.longest = max(texts.lengths(), default=0)
        self.t.unknown = NONE if unknown is None else unknown
        self.t.add_space_prefix = add_space_prefix
        self._make_bytes()
        self._make_ascii()
        self.encode_fragment = encode_fragment
        self.tables = &self.t

    cdef int _make_bytes(self) except -1:
        """The byte tokens of characters that are none."""
        cdef uint32_t b
        for b in range(256):
            token = self._texts.find(b"<0x%02X>" % b)
            if token is None:
                # A NUL cannot be a text of its own: llama.cpp's texts are C strings.
                token = self._texts.find(bytes([b])) if b else None
            self.t.byte_token[b] = NONE if token is None else token

    cdef int _make_ascii(self) except -1:
        """The tokens of one or two characters of ASCII, with the space for U+2581; of equal texts the last counts."""
        cdef const uint8_t* p
        cdef uint32_t k, left, right
        cdef size_t n
        self._ascii_pairs = np.full(1 << 14, NONE, np.uint32)
        self.t.ascii_pairs = &self._ascii_pairs[0]
        for k in range(128):
            self.t.ascii[k] = NONE
        for k in range(self.t.texts.count):
            p = self.t.texts.text + self.t.texts.starts[k]
            n = self.t.texts.starts[k + 1] - self.t.texts.starts[k]
            if n > 6:
                continue
            left = take_ascii(&p, &n)
            if left != NONE and n == 0:
                self.t.ascii[left] = k
            elif left != NONE:
                right = take_ascii(&p, &n)
                if right != NONE and n == 0:
                    self._ascii_pairs[left << 7 | right] = k
        return 0


cdef inline uint32_t take_ascii(const uint8_t** p, size_t* n) noexcept nogil:
    """The first character of a token's text, which is left behind: ASCII, or the space for U+2581; or NONE."""
    cdef size_t size
    cdef uint32_t value
    if n[0] == 0 or p[0][0] == SPACE:                      # a space of the text itself never meets a token's
        return NONE
    size = min(character_size(p[0][0]), n[0])
    value = character(p[0], size)
    p[0] += size
    n[0] -= size
    return value if value < 0x80 else NONE
