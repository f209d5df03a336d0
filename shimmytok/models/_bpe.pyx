"""Byte pair encoding: the merge loop.  Equal to llm_tokenizer_bpe_session of llama.cpp.

A piece is merged by rank, then from the left: few symbols by scanning for the lowest rank, many with a queue.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._vocab cimport find
from shimmytok._word_cache cimport Pieces, encode_pieces
from shimmytok._workspace cimport LONGEST_TEXT, NONE, OK, OUT_OF_MEMORY, TOO_LONG, Buffer, push, reserve, reserve_ids
from shimmytok.models._bpe_tables cimport BpeTableSet, rank_of
from shimmytok.models._model cimport Model
from shimmytok.models._queue cimport Bigram, Node, is_stale, join, pop_bigram, push_bigram
from shimmytok.normalizers._spaces cimport escape_spaces
from shimmytok.pretokenizers._split cimport split
from shimmytok.unicode._utf8 cimport is_clean, repair

cdef enum:
    FEW = 32                       # pieces of at most so many symbols are merged by scanning
    PLACE_BITS = 6                 # a merge that waits is rank << PLACE_BITS | place: the least goes first


cdef inline int push_symbol(
    const BpeTables* t, uint32_t symbol, const uint8_t* p, size_t n, IdSink* out
) noexcept nogil:
    """Push a token's id, or for a symbol that is none the ids of its bytes."""
    cdef size_t i
    cdef uint32_t k
    if symbol < t.n_tokens:
        return push(out, symbol)
    if reserve_ids(out, 2 * n) != OK:
        return OUT_OF_MEMORY
    for i in range(n):
        for k in range(2):
            if t.fallback[2 * p[i] + k] != NONE:
                out.ids[out.n] = t.fallback[2 * p[i] + k]
                out.n += 1
    return OK


cdef inline size_t character_size(uint8_t lead) noexcept nogil:
    return 1 if lead < 0xC0 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4


cdef inline uint32_t first_symbol(const BpeTables* t, const uint8_t* p, size_t n, size_t* size) noexcept nogil:
    """The symbol merging starts from: a byte, or in raw UTF-8 vocabularies a character."""
    cdef uint32_t k
    if t.byte_level:
        size[0] = 1
        return t.byte_symbol[p[0]]
    size[0] = character_size(p[0])
    if size[0] > n:
        size[0] = n
    k = find(&t.symbols, p, size[0])
    return t.no_symbol if k == NONE else k


cdef struct Few:                   # the symbols of a short piece, and the merges that wait
    uint32_t[FEW + 1] symbol
    uint32_t[FEW + 1] start        # byte of the piece
    uint32_t[FEW + 1] order        # of the merge with the next symbol; NONE: there is none
    uint8_t[FEW + 1] next
    uint8_t[FEW + 1] previous


cdef inline uint32_t order_of(uint32_t rank, size_t place) noexcept nogil:
    return NONE if rank == NONE else rank << PLACE_BITS | <uint32_t>place


cdef inline size_t begin_few(const BpeTables* t, const uint8_t* p, size_t n, Few* few) noexcept nogil:
    """Set up the symbols of a piece; their number, or 0 when they are more than FEW."""
    cdef size_t i, m = 0, at = 0, size
    if t.byte_level:
        for i in range(n):
            few.symbol[i] = t.byte_symbol[p[i]]
            few.start[i] = <uint32_t>i
        for i in range(n - 1):
            few.order[i] = order_of(t.byte_pairs[<size_t>p[i] << 8 | p[i + 1]], i)
        m = n
    else:
        while at < n:
            if m == FEW:
                return 0
            few.symbol[m] = first_symbol(t, p + at, n - at, &size)
            few.start[m] = <uint32_t>at
            at += size
            m += 1
        for i in range(m - 1):
            few.order[i] = order_of(rank_of(t, few.symbol[i], few.symbol[i + 1]), i)
    few.start[m] = <uint32_t>n
    for i in range(m):
        few.next[i] = <uint8_t>(i + 1)
        few.previous[i + 1] = <uint8_t>i
    return m


cdef int merge_few(const BpeTables* t, const uint8_t* p, size_t n, IdSink* out) noexcept nogil:
    """Merge a piece of at most FEW symbols (n >= 1); 1 when it has more, else a Status."""
    cdef Few few
    cdef size_t i, k, m, right, left
    cdef uint32_t best
    if n > FEW and t.byte_level:
        return 1
    m = begin_few(t, p, n, &few)
    if m == 0:
        return 1
    while True:
        best = NONE
        for i in range(m - 1):
            best = min(best, few.order[i])
        if best == NONE:
            break
        k = best & ((1 << PLACE_BITS) - 1)
        right = few.next[k]
        few.symbol[k] = t.merged[best >> PLACE_BITS]
        few.order[right] = NONE
        right = few.next[right]
        few.next[k] = <uint8_t>right
        few.order[k] = NONE
        if right < m:
            few.previous[right] = <uint8_t>k
            few.order[k] = order_of(rank_of(t, few.symbol[k], few.symbol[right]), k)
        if k > 0:
            left = few.previous[k]
            few.order[left] = order_of(rank_of(t, few.symbol[left], few.symbol[k]), left)
    i = 0
    while i < m:
        right = few.next[i]
        if push_symbol(t, few.symbol[i], p + few.start[i], few.start[right] - few.start[i], out) != OK:
            return OUT_OF_MEMORY
        i = right
    return OK


cdef inline int queue_pair(
    const BpeTables* t, const Node* nodes, uint32_t left, Buffer* heap, size_t* n
) noexcept nogil:
    """Queue the merge of a node with its right neighbour, if there is one."""
    cdef uint32_t right = nodes[left].next, rank
    cdef Bigram item
    if right == NONE:
        return OK
    rank = rank_of(t, nodes[left].symbol, nodes[right].symbol)
    if rank == NONE:
        return OK
    item.order = <uint64_t>rank << 32 | left
    item.size = nodes[right].end - nodes[left].start
    item.merged = t.merged[rank]
    return push_bigram(heap, n, item)


cdef uint32_t make_nodes(const BpeTables* t, const uint8_t* p, size_t n, Node* nodes) noexcept nogil:
    """One node a symbol; the number of them (n >= 1)."""
    cdef size_t at = 0, size
    cdef uint32_t m = 0
    while at < n:
        nodes[m].symbol = first_symbol(t, p + at, n - at, &size)
        nodes[m].start = <uint32_t>at
        at += size
        nodes[m].end = <uint32_t>at
        nodes[m].previous = m - 1 if m else NONE
        nodes[m].next = m + 1
        m += 1
    nodes[m - 1].next = NONE
    return m


cdef int merge_many(const BpeTables* t, const uint8_t* p, size_t n, Workspace* ws, IdSink* out) noexcept nogil:
    """Merge a piece of any length with a queue, in O(n log n)."""
    cdef Node* nodes
    cdef Bigram bigram
    cdef size_t queued = 0
    cdef uint32_t i, left, m
    if reserve(&ws.nodes, n * sizeof(Node)) != OK:
        return OUT_OF_MEMORY
    nodes = <Node*>ws.nodes.data
    m = make_nodes(t, p, n, nodes)
    for i in range(m):
        if queue_pair(t, nodes, i, &ws.heap, &queued) != OK:
            return OUT_OF_MEMORY
    while queued:
        bigram = pop_bigram(&ws.heap, &queued)
        if is_stale(nodes, &bigram):
            continue
        left = <uint32_t>bigram.order
        join(nodes, left, bigram.merged)
        if queue_pair(t, nodes, left, &ws.heap, &queued) != OK:
            return OUT_OF_MEMORY
        if nodes[left].previous != NONE and queue_pair(t, nodes, nodes[left].previous, &ws.heap, &queued) != OK:
            return OUT_OF_MEMORY
    i = 0
    while i != NONE:
        if push_symbol(t, nodes[i].symbol, p + nodes[i].start, nodes[i].end - nodes[i].start, out) != OK:
            return OUT_OF_MEMORY
        i = nodes[i].next
    return OK


cdef int encode_piece(
    const void* tables, const uint8_t* p, size_t n, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef const BpeTables* t = <const BpeTables*>tables
    cdef uint32_t whole
    cdef int status
    if t.ignore_merges or (t.whole_newline_runs and p[0] == 10):
        # The pattern that goes with whole_newline_runs makes pieces of newlines only or of none.
        whole = find(&t.symbols, p, n)
        if whole < t.n_tokens:
            return push(out, whole)
    status = merge_few(t, p, n, out)
    return merge_many(t, p, n, ws, out) if status == 1 else status


cdef int escape(const BpeTables* t, const uint8_t** text, size_t* n, Workspace* ws) noexcept nogil:
    """Escape the spaces of a fragment, where the tables want it; the text is in the workspace then."""
    if not t.escape_spaces:
        return OK
    if reserve(&ws.escaped, 3 * n[0]) != OK:
        return OUT_OF_MEMORY
    n[0] = escape_spaces(text[0], n[0], <uint8_t*>ws.escaped.data)
    text[0] = <const uint8_t*>ws.escaped.data
    return OK


cdef int encode_escaped(const BpeTables* t, const uint8_t* text, size_t n, Workspace* ws, IdSink* out) noexcept nogil:
    """Encode a text whose spaces are escaped already."""
    cdef Pieces pieces
    if not is_clean(text, n):
        if reserve(&ws.repaired, 3 * n) != OK:
            return OUT_OF_MEMORY
        n = repair(text, n, <uint8_t*>ws.repaired.data)
        text = <const uint8_t*>ws.repaired.data
    if n > LONGEST_TEXT:
        return TOO_LONG
    if split(t.split, text, n, &ws.split) != 0 or reserve_ids(out, n // 4 + 1) != OK:
        return OUT_OF_MEMORY
    pieces.text = text
    pieces.readable = n
    pieces.start = 0
    pieces.ends = ws.split.ends
    pieces.count = ws.split.n_ends
    return encode_pieces(t.cache, encode_piece, t, &pieces, ws, out)


cdef int encode_fragment(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef const BpeTables* t = <const BpeTables*>tables
    if escape(t, &text, &n, ws) != OK:
        return OUT_OF_MEMORY
    return encode_escaped(t, text, n, ws, out)


cdef class BpeModel(Model):
    """BPE over a set of tables."""

    cdef readonly BpeTableSet table_set

    def __init__(self, BpeTableSet table_set not None):
        self.table_set = table_set
        self.encode_fragment = encode_fragment
        self.tables = &table_set.t
