/* What pairs of symbols become, in one word for each place: read and written by many threads without a lock.
 *
 * A pair (2 x 24 bits) is mixed one to one; its upper bits number the place, the rest is kept there in full, so that a
 * place never answers for another pair.  A word holds both that rest and the answer, and is read and written whole. */
#ifndef SHIMMYTOK_PAIR_MEMO_H
#define SHIMMYTOK_PAIR_MEMO_H

#include <stdint.h>

#include "word_cache.h"                   /* SHIM_READ, SHIM_WRITE */

#define SHIM_MEMO_SYMBOLS 0xFFFFFFu       /* symbols are below; as an answer: nothing */
#define SHIM_MEMO_PAIR 48
#define SHIM_MEMO_ANSWER 25               /* bits of the answer + 1; 0 is an empty place */
#define SHIM_MEMO_SMALLEST 10             /* bits of a place's number: the rest and the answer fit 64 bits */

typedef struct {
    uint64_t *places;                     /* NULL: no memory */
    unsigned int bits;                    /* of a place's number */
} shim_pair_memo;

static inline uint64_t shim_mix_pair(uint32_t left, uint32_t right) {
    const uint64_t mask = ((uint64_t)1 << SHIM_MEMO_PAIR) - 1;
    uint64_t x = (uint64_t)left << 24 | right;
    x = x * 0x9E3779B97F4BULL & mask;     /* an odd factor: one to one */
    x ^= x >> 24;
    return x * 0xD6E8FEB86659ULL & mask;
}

static inline uint64_t *shim_memo_place(const shim_pair_memo *memo, uint64_t mixed) {
    return memo->places + (mixed >> (SHIM_MEMO_PAIR - memo->bits));
}

static inline uint64_t shim_memo_rest(const shim_pair_memo *memo, uint64_t mixed) {
    return mixed & (((uint64_t)1 << (SHIM_MEMO_PAIR - memo->bits)) - 1);
}

/* Is it known what a mixed pair becomes?  UINT32_MAX: nothing. */
static inline int shim_recall(const shim_pair_memo *memo, uint64_t mixed, uint32_t *merged) {
    uint64_t word = SHIM_READ(shim_memo_place(memo, mixed));
    uint32_t answer = (uint32_t)(word & (((uint64_t)1 << SHIM_MEMO_ANSWER) - 1));
    *merged = answer == SHIM_MEMO_SYMBOLS + 1 ? UINT32_MAX : answer - 1;
    return answer != 0 && word >> SHIM_MEMO_ANSWER == shim_memo_rest(memo, mixed);
}

static inline void shim_remember(const shim_pair_memo *memo, uint64_t mixed, uint32_t merged) {
    uint64_t answer = (merged == UINT32_MAX ? SHIM_MEMO_SYMBOLS : merged) + (uint64_t)1;
    SHIM_WRITE(shim_memo_place(memo, mixed), shim_memo_rest(memo, mixed) << SHIM_MEMO_ANSWER | answer);
}

#endif
