/* The merges of BPE: the rank of a pair of symbols, in a hash table whose buckets are cache lines, and the symbol that
 * the two become.
 *
 * A look-up exists for each level of vector instructions (cpu.h), all with the same answers.  Whether a pair is there
 * cannot be foreseen: so those with vectors have one branch, to the next bucket, which is hardly ever taken.  It would be
 * two with || in place of |.
 *
 * Most lists of merges are in the order of the tokens they make: the symbol of a rank is that of the rank before, or the
 * next one.  A bit a rank says which, so that the symbols of all ranks are in the second cache. */
#ifndef SHIMMYTOK_PAIR_RANKS_H
#define SHIMMYTOK_PAIR_RANKS_H

#include <stdint.h>

#include "bits.h"
#include "cpu.h"
#include "hash.h"

#define SHIM_BUCKET 8                     /* slots of the table of pairs that share a cache line */

#define SHIM_MERGED_BITS 6                /* of the ranks of a block, 64 */
#define SHIM_MERGED_BLOCK (1u << SHIM_MERGED_BITS)

typedef struct {
    uint64_t steps;                       /* bit i: the symbol of the i-th rank is one more than that of the rank before */
    uint32_t first;                       /* the symbol of the first rank that a pair has; all ones: see `merged` */
} shim_merged_block;

typedef struct {
    const uint64_t *pairs;                /* buckets of slots: left symbol, right symbol, rank + 1; 0: empty */
    uint64_t bucket_mask;
    uint64_t seed;
    uint32_t symbol_bits;
    uint32_t rank_bits;
    uint32_t no_symbol;
    const shim_merged_block *blocks;      /* rank -> the symbol that the two become */
    const uint32_t *merged;               /* the same, for blocks in no order; NULL when there are none */
    const uint32_t *byte_pairs;           /* byte << 8 | byte -> rank, or all ones */
    const uint32_t *byte_symbol;
} shim_merges;

/* Make a block of the symbols of at most 64 ranks; 0 when it could not tell them, 1 otherwise.  All ones stand for a
 * rank that no pair has, and may become any symbol. */
static inline int shim_merged_pack(shim_merged_block *block, const uint32_t *merged, size_t n) {
    uint32_t last = UINT32_MAX;
    size_t i;
    block->steps = 0;
    block->first = UINT32_MAX;
    for (i = 0; i < n; i++) {
        if (merged[i] == UINT32_MAX) continue;
        if (last == UINT32_MAX) block->first = merged[i];
        else if (merged[i] == last + 1) block->steps |= 1ULL << i;
        else if (merged[i] != last) {
            block->first = UINT32_MAX;
            return 0;
        }
        last = merged[i];
    }
    if (last == UINT32_MAX) block->first = 0;
    return 1;
}

/* The symbol that the two of a rank become. */
#define SHIM_MERGED(ones)                                                                   \
    const shim_merged_block *block = t->blocks + (rank >> SHIM_MERGED_BITS);                \
    if (SHIM_UNLIKELY(block->first == UINT32_MAX)) return t->merged[rank];                  \
    return block->first + (uint32_t)ones(block->steps & ((2ULL << (rank & (SHIM_MERGED_BLOCK - 1))) - 1));

static inline uint32_t shim_merged_portable(const shim_merges *t, uint32_t rank) { SHIM_MERGED(shim_ones) }

#if SHIM_X86
SHIM_AVX2 static inline uint32_t shim_merged_avx2(const shim_merges *t, uint32_t rank) { SHIM_MERGED(_mm_popcnt_u64) }
#endif

static inline uint64_t shim_pair_key(const shim_merges *t, uint32_t left, uint32_t right) {
    return (uint64_t)left << t->symbol_bits | right;
}

static inline const uint64_t *shim_pair_bucket(const shim_merges *t, uint64_t key) {
    return t->pairs + (shim_hash_pair(key, t->seed) & t->bucket_mask) * SHIM_BUCKET;
}

/* The rank of the merge of two symbols, whose slot is in this bucket or behind it; or all ones. */
static inline uint32_t shim_bucket_rank_portable(const shim_merges *t, const uint64_t *bucket, uint64_t key) {
    const uint32_t bits = t->rank_bits;
    for (;;) {
        uint64_t found = 0;
        uint32_t i;
        for (i = 0; i < SHIM_BUCKET; i++) found |= bucket[i] & (0 - (uint64_t)(bucket[i] >> bits == key));
        if (SHIM_LIKELY(found | (bucket[SHIM_BUCKET - 1] == 0))) return (uint32_t)(found & ((1ULL << bits) - 1)) - 1;
        bucket += SHIM_BUCKET;
        if (bucket > t->pairs + t->bucket_mask * SHIM_BUCKET) bucket = t->pairs;
    }
}

#if SHIM_X86
SHIM_AVX2 static inline uint32_t shim_bucket_rank_avx2(const shim_merges *t, const uint64_t *bucket, uint64_t key) {
    const __m128i bits = _mm_cvtsi32_si128((int)t->rank_bits);
    const __m256i wanted = _mm256_set1_epi64x((long long)key);
    for (;;) {
        __m256i a = _mm256_load_si256((const __m256i *)bucket), b = _mm256_load_si256((const __m256i *)(bucket + 4));
        __m256i same_a = _mm256_cmpeq_epi64(_mm256_srl_epi64(a, bits), wanted);
        __m256i same_b = _mm256_cmpeq_epi64(_mm256_srl_epi64(b, bits), wanted);
        __m256i slots = _mm256_or_si256(_mm256_and_si256(a, same_a), _mm256_and_si256(b, same_b));
        __m128i slot = _mm_or_si128(_mm256_castsi256_si128(slots), _mm256_extracti128_si256(slots, 1));
        uint64_t found = (uint64_t)_mm_cvtsi128_si64(_mm_or_si128(slot, _mm_unpackhi_epi64(slot, slot)));
        if (SHIM_LIKELY(found | (bucket[SHIM_BUCKET - 1] == 0)))
            return (uint32_t)(found & ((1ULL << t->rank_bits) - 1)) - 1;
        bucket += SHIM_BUCKET;
        if (bucket > t->pairs + t->bucket_mask * SHIM_BUCKET) bucket = t->pairs;
    }
}
#endif

#endif
