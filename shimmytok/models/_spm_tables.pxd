"""The tables of SPM, and what two of its symbols become."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._cuts cimport CutTables
from shimmytok._vocab cimport Table, find
from shimmytok._word_cache cimport WordCacheTables
from shimmytok._workspace cimport NONE, NOT_ENCODABLE, OK, OUT_OF_MEMORY, IdSink, push, reserve_ids
from shimmytok.models._pair_memo cimport shim_mix_pair, shim_pair_memo, shim_recall, shim_remember

cdef struct SpmTables:
    Table texts
    CutTables cuts
    WordCacheTables* cache
    shim_pair_memo memo
    const uint32_t* ranks          # of each token, by falling score
    const uint32_t* ascii_pairs    # first character << 7 | second -> their token, or NONE; the space stands for U+2581
    uint32_t[128] ascii            # the token of each such character, or NONE
    uint32_t longest               # bytes of the longest token
    uint32_t[256] byte_token       # NONE where the vocabulary has none
    uint32_t unknown               # NONE where the vocabulary has none
    bint add_space_prefix


cdef inline uint32_t joint(
    const SpmTables* t, uint32_t left, uint32_t right, const uint8_t* p, size_t n
) noexcept nogil:
    """The token whose text two symbols make together (p[0:n]), or NONE."""
    cdef uint64_t mixed
    cdef uint32_t token
    if n > t.longest:
        return NONE
    if left == NONE or right == NONE or t.memo.places == NULL:
        return find(&t.texts, p, n)
    mixed = shim_mix_pair(left, right)
    if not shim_recall(&t.memo, mixed, &token):
        token = find(&t.texts, p, n)
        shim_remember(&t.memo, mixed, token)
    return token


cdef inline int push_symbol(const SpmTables* t, uint32_t symbol, const uint8_t* p, size_t n, IdSink* out) noexcept nogil:
    """Push a token, or for a character that is none its byte tokens; the unknown token once where one is missing.

    (llama.cpp aborts on a missing byte token; SentencePiece gives the unknown token.)
    """
    cdef size_t i
    if symbol != NONE:
        return push(out, symbol)
    if reserve_ids(out, n) != OK:
        return OUT_OF_MEMORY
    for i in range(n):
        if t.byte_token[p[i]] == NONE:
            return push(out, t.unknown) if t.unknown != NONE else NOT_ENCODABLE
    for i in range(n):
        out.ids[out.n] = t.byte_token[p[i]]
        out.n += 1
    return OK
