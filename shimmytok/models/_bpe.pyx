"""Byte pair encoding: the merge loop.  Equal to llm_tokenizer_bpe_session of llama.cpp.

A piece is merged by rank, then from the left: few symbols by scanning for the lowest rank, many with a queue.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._vocab cimport find, prefetch_slot, prefetch_text
from shimmytok._word_cache cimport Missed, Pieces, encode_pieces
from shimmytok._workspace cimport LONGEST_TEXT, NONE, OK, OUT_OF_MEMORY, TOO_LONG, Buffer, reserve, reserve_ids
from shimmytok.models._bpe_short cimport merge_short
from shimmytok.models._bpe_symbols cimport first_symbol, push_symbol, rank_of
from shimmytok.models._bpe_tables cimport BpeTableSet
from shimmytok.models._model cimport Model
from shimmytok.models._queue cimport Bigram, Node, is_stale, join, pop_bigram, push_bigram
from shimmytok.normalizers._spaces cimport escape_spaces
from shimmytok.pretokenizers._split cimport split_begin, split_more
from shimmytok.unicode._utf8 cimport is_clean, repair


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


cdef void find_whole(const BpeTables* t, Missed* words, size_t count, IdSink* found) noexcept nogil:
    """Give the words that are tokens their ids; the memory of all is asked for before it is read."""
    cdef size_t k
    cdef uint32_t whole
    for k in range(count):
        prefetch_slot(&t.symbols, words[k].p, words[k].n)
    for k in range(count):
        prefetch_text(&t.symbols, words[k].p, words[k].n)
    for k in range(count):
        words[k].count = 0
        whole = find(&t.symbols, words[k].p, words[k].n)
        if whole < t.n_tokens:
            found.ids[found.n] = whole
            words[k].first = found.n
            words[k].count = 1
            found.n += 1


cdef int encode_missed(
    const void* tables, Missed* words, size_t count, Workspace* ws, IdSink* found
) noexcept nogil:
    cdef const BpeTables* t = <const BpeTables*>tables
    cdef size_t k
    if reserve_ids(found, count) != OK:
        return OUT_OF_MEMORY
    if t.ignore_merges:
        find_whole(t, words, count, found)
    else:
        for k in range(count):
            words[k].count = 0
            # The pattern that goes with whole_newline_runs makes pieces of newlines only or of none.
            if t.whole_newline_runs and words[k].p[0] == 10:
                find_whole(t, &words[k], 1, found)
    if merge_short(t, words, count, found) != OK:
        return OUT_OF_MEMORY
    for k in range(count):
        if words[k].count == 0:
            words[k].first = found.n
            if merge_many(t, words[k].p, words[k].n, ws, found) != OK:
                return OUT_OF_MEMORY
            words[k].count = <uint32_t>(found.n - words[k].first)
    return OK


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
    cdef int status, more = 1
    if not is_clean(text, n):
        if reserve(&ws.repaired, 3 * n) != OK:
            return OUT_OF_MEMORY
        n = repair(text, n, <uint8_t*>ws.repaired.data)
        text = <const uint8_t*>ws.repaired.data
    if n > LONGEST_TEXT:
        return TOO_LONG
    pieces.text = text
    pieces.readable = n
    pieces.start = 0
    pieces.starts = NULL
    split_begin(t.split, text, n, &ws.split)
    while more:
        more = split_more(t.split, text, n, &ws.split)
        if more < 0:
            return OUT_OF_MEMORY
        pieces.ends = ws.split.ends
        pieces.count = ws.split.n_ends
        status = encode_pieces(t.cache, encode_missed, t, &pieces, ws, out)
        if status != OK:
            return status
        if pieces.count:
            pieces.start = pieces.ends[pieces.count - 1]
    return OK


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
