/* The merges of BPE, and the rank of a pair of symbols: a hash table whose buckets are cache lines.
 *
 * A look-up exists for each level of vector instructions (cpu.h), all with the same answers.  Whether a pair is there
 * cannot be foreseen: so those with vectors have one branch, to the next bucket, which is hardly ever taken.  It would be
 * two with || in place of |. */
#ifndef SHIMMYTOK_PAIR_RANKS_H
#define SHIMMYTOK_PAIR_RANKS_H

#include <stdint.h>

#include "cpu.h"
#include "hash.h"

#define SHIM_BUCKET 8                     /* slots of the table of pairs that share a cache line */

typedef struct {
    const uint64_t *pairs;                /* buckets of slots: left symbol, right symbol, rank + 1; 0: empty */
    uint64_t bucket_mask;
    uint64_t seed;
    uint32_t symbol_bits;
    uint32_t rank_bits;
    uint32_t no_symbol;
    uint32_t n_tokens;
    const uint32_t *merged;               /* rank -> symbol */
    const uint32_t *byte_pairs;           /* byte << 8 | byte -> rank, or all ones */
    const uint32_t *byte_symbol;
} shim_merges;

static inline uint64_t shim_pair_key(const shim_merges *t, uint32_t left, uint32_t right) {
    return (uint64_t)left << t->symbol_bits | right;
}

static inline const uint64_t *shim_pair_bucket(const shim_merges *t, uint64_t key) {
    return t->pairs + (shim_hash_pair(key, t->seed) & t->bucket_mask) * SHIM_BUCKET;
}

/* The rank of the merge of two symbols, whose slot is in this bucket or behind it; or all ones. */
static inline uint32_t shim_bucket_rank_portable(const shim_merges *t, const uint64_t *bucket, uint64_t key) {
    uint32_t i;
    for (;;) {
        for (i = 0; i < SHIM_BUCKET; i++) {
            if (bucket[i] == 0) return UINT32_MAX;
            if (bucket[i] >> t->rank_bits == key) return (uint32_t)(bucket[i] & ((1ULL << t->rank_bits) - 1)) - 1;
        }
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

SHIM_AVX512 static inline uint32_t shim_bucket_rank_avx512(const shim_merges *t, const uint64_t *bucket, uint64_t key) {
    const __m512i wanted = _mm512_set1_epi64((long long)(key << t->rank_bits));
    const __m512i in_key = _mm512_set1_epi64((long long)(~0ULL << t->rank_bits));
    for (;;) {
        __m512i slots = _mm512_load_si512(bucket);
        __mmask8 same = _mm512_testn_epi64_mask(_mm512_xor_si512(slots, wanted), in_key);
        uint64_t slot = (uint64_t)_mm_cvtsi128_si64(_mm512_castsi512_si128(_mm512_maskz_compress_epi64(same, slots)));
        if (SHIM_LIKELY((uint32_t)same | (bucket[SHIM_BUCKET - 1] == 0)))
            return (uint32_t)(slot & ((1ULL << t->rank_bits) - 1)) - 1;
        bucket += SHIM_BUCKET;
        if (bucket > t->pairs + t->bucket_mask * SHIM_BUCKET) bucket = t->pairs;
    }
}
#endif

#endif
