"""SentencePiece-style BPE by scores.  Equal to llm_tokenizer_spm_session of llama.cpp.

Characters are merged pairwise as long as the two texts together are a token, the highest score first, then from the
left.  (llama.cpp's resegmentation never finds anything: a merged text is a token by construction.)
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._vocab cimport Table, TokenTable, find
from shimmytok._workspace cimport LONGEST_TEXT, NONE, NOT_ENCODABLE, OK, OUT_OF_MEMORY, TOO_LONG, Buffer, IdSink, \
    Workspace, push, reserve, reserve_ids
from shimmytok.models._model cimport Model
from shimmytok.models._queue cimport Bigram, Node, is_stale, join, pop_bigram, push_bigram
from shimmytok.normalizers._spaces cimport escape_spaces

cdef struct SpmTables:
    Table texts
    const uint32_t* ranks          # by falling score
    uint32_t longest               # bytes of the longest token
    uint32_t[256] byte_token       # NONE where the vocabulary has none
    uint32_t unknown               # NONE where the vocabulary has none
    bint add_space_prefix


cdef inline int queue_pair(
    const SpmTables* t, const uint8_t* p, const Node* nodes, uint32_t left, Buffer* heap, size_t* n
) noexcept nogil:
    """Queue the merge of a node with its right neighbour, if together they are a token."""
    cdef uint32_t right = nodes[left].next
    cdef Bigram item
    if right == NONE:
        return OK
    item.size = nodes[right].end - nodes[left].start
    if item.size > t.longest:
        return OK
    item.merged = find(&t.texts, p + nodes[left].start, item.size)
    if item.merged == NONE:
        return OK
    item.order = <uint64_t>t.ranks[item.merged] << 32 | left
    return push_bigram(heap, n, item)


cdef int push_bytes(const SpmTables* t, const uint8_t* p, size_t n, IdSink* out) noexcept nogil:
    """Push the byte tokens of a character that is no token; the unknown token once where one of them is missing.

    (llama.cpp aborts on a missing byte token; SentencePiece gives the unknown token.)
    """
    cdef size_t i
    if reserve_ids(out, n) != OK:
        return OUT_OF_MEMORY
    for i in range(n):
        if t.byte_token[p[i]] == NONE:
            if t.unknown == NONE:
                return NOT_ENCODABLE
            return push(out, t.unknown)
    for i in range(n):
        out.ids[out.n] = t.byte_token[p[i]]
        out.n += 1
    return OK


cdef inline size_t character_size(uint8_t lead) noexcept nogil:
    """By the lead byte's upper half alone, as llama.cpp does it."""
    return 1 if lead < 0xC0 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4


cdef uint32_t make_nodes(const SpmTables* t, const uint8_t* p, size_t n, Node* nodes) noexcept nogil:
    """One node a character; the number of them (n >= 1)."""
    cdef size_t at = 0, size
    cdef uint32_t m = 0
    while at < n:
        size = character_size(p[at])
        if size > n - at:
            size = n - at
        nodes[m].start = <uint32_t>at
        nodes[m].symbol = find(&t.texts, p + at, size)
        at += size
        nodes[m].end = <uint32_t>at
        nodes[m].previous = m - 1 if m else NONE
        nodes[m].next = m + 1
        m += 1
    nodes[m - 1].next = NONE
    return m


cdef int merge(const SpmTables* t, const uint8_t* p, size_t n, Workspace* ws, IdSink* out) noexcept nogil:
    """Encode a fragment whose spaces are escaped, in O(n log n)."""
    cdef Node* nodes
    cdef Bigram bigram
    cdef size_t queued = 0
    cdef uint32_t i, left, m
    cdef int status
    if reserve(&ws.nodes, n * sizeof(Node)) != OK:
        return OUT_OF_MEMORY
    nodes = <Node*>ws.nodes.data
    m = make_nodes(t, p, n, nodes)
    for i in range(m):
        if queue_pair(t, p, nodes, i, &ws.heap, &queued) != OK:
            return OUT_OF_MEMORY
    while queued:
        bigram = pop_bigram(&ws.heap, &queued)
        if is_stale(nodes, &bigram):
            continue
        left = <uint32_t>bigram.order
        join(nodes, left, bigram.merged)
        if queue_pair(t, p, nodes, left, &ws.heap, &queued) != OK:
            return OUT_OF_MEMORY
        if nodes[left].previous != NONE and queue_pair(t, p, nodes, nodes[left].previous, &ws.heap, &queued) != OK:
            return OUT_OF_MEMORY
    i = 0
    while i != NONE:
        if nodes[i].symbol != NONE:
            status = push(out, nodes[i].symbol)
        else:
            status = push_bytes(t, p + nodes[i].start, nodes[i].end - nodes[i].start, out)
        if status != OK:
            return status
        i = nodes[i].next
    return OK


cdef int encode_fragment(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef const SpmTables* t = <const SpmTables*>tables
    cdef uint8_t* escaped
    cdef size_t m = 0
    if reserve(&ws.escaped, 3 * n + 3) != OK:
        return OUT_OF_MEMORY
    escaped = <uint8_t*>ws.escaped.data
    if t.add_space_prefix and after_special:
        m = escape_spaces(<const uint8_t*>b" ", 1, escaped)
    m += escape_spaces(text, n, escaped + m)
    return merge(t, escaped, m, ws, out) if m <= LONGEST_TEXT else TOO_LONG


cdef class SpmModel(Model):
    """SPM over a vocabulary's token texts and their ranks (uint32[n_tokens]: the lowest is merged first)."""

    cdef SpmTables t
    cdef TokenTable _texts
    cdef const uint32_t[::1] _ranks

    def __init__(
        self, TokenTable texts not None, const uint32_t[::1] ranks not None, *, unknown, bint add_space_prefix
    ):
        cdef uint32_t b
        if ranks.shape[0] != len(texts):
            raise ValueError(f"{ranks.shape[0]} ranks for {len(texts)} tokens")
        texts.index()
        self._texts = texts
        self._ranks = ranks
        self.t.texts = texts.table
        self.t.ranks = &ranks[0] if len(texts) else NULL
        self.t.longest = max(texts.lengths(), default=0)
        self.t.unknown = NONE if unknown is None else unknown
        self.t.add_space_prefix = add_space_prefix
        for b in range(256):
            token = texts.find(b"<0x%02X>" % b)
            if token is None:
                # A NUL cannot be a text of its own: llama.cpp's texts are C strings.
                token = texts.find(bytes([b])) if b else None
            self.t.byte_token[b] = NONE if token is None else token
        self.encode_fragment = encode_fragment
        self.tables = &self.t
