"""The symbols that merging starts from, how two of them merge, and what they become at the end."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._vocab cimport find
from shimmytok._workspace cimport NONE, OK, OUT_OF_MEMORY, IdSink, push, reserve_ids
from shimmytok.models._bpe_tables cimport BpeTables, Merges

cdef extern from "pair_ranks.h":
    uint64_t pair_key "shim_pair_key"(const Merges* m, uint32_t left, uint32_t right) noexcept nogil
    const uint64_t* pair_bucket "shim_pair_bucket"(const Merges* m, uint64_t key) noexcept nogil
    uint32_t merged "shim_merged_portable"(const Merges* m, uint32_t rank) noexcept nogil
    uint32_t shim_bucket_rank_portable(const Merges* m, const uint64_t* bucket, uint64_t key) noexcept nogil


cdef inline uint32_t rank_of(const BpeTables* t, uint32_t left, uint32_t right) noexcept nogil:
    cdef uint64_t key = pair_key(&t.merges, left, right)
    return shim_bucket_rank_portable(&t.merges, pair_bucket(&t.merges, key), key)


cdef inline size_t character_size(uint8_t lead) noexcept nogil:
    return 1 if lead < 0xC0 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4


cdef inline uint32_t first_symbol(const BpeTables* t, const uint8_t* p, size_t n, size_t* size) noexcept nogil:
    """The symbol merging starts from: a byte, or in raw UTF-8 vocabularies a character."""
    cdef uint32_t k
    size[0] = 1 if t.byte_level else min(character_size(p[0]), n)
    if size[0] == 1:
        return t.merges.byte_symbol[p[0]]
    k = find(&t.symbols, p, size[0])
    return t.merges.no_symbol if k == NONE else k


cdef inline uint32_t first_rank(
    const BpeTables* t, const uint8_t* p, size_t n, uint32_t left, uint32_t right
) noexcept nogil:
    """The rank of two symbols that merging starts from, whose texts are the n bytes together."""
    return t.merges.byte_pairs[<size_t>p[0] << 8 | p[1]] if n == 2 else rank_of(t, left, right)


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
