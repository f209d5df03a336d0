/* Merging short pieces that take turns: what a piece does in its turn (models/_bpe_short.pyx).
 *
 * In its turn a piece takes the ranks that it asked for in the last one, merges once and asks for the next two.  A turn
 * has no branch that the text makes hard to foresee, beside the one that ends a piece: beyond its first and its last
 * symbol stands one that merges with nothing, and for its pairs there is a bucket that asks for no memory. */
#ifndef SHIMMYTOK_BPE_TURNS_H
#define SHIMMYTOK_BPE_TURNS_H

#include <string.h>

#include "cpu.h"
#include "least.h"
#include "missed.h"
#include "pair_ranks.h"
#include "prefetch.h"

#define SHIM_TURN_SYMBOLS 32              /* of a piece */
#define SHIM_TURN_PLACES 40               /* room for these, and one on both sides */
#define SHIM_TURN_BLOCK SHIM_LEAST_OF     /* orders that are compared at a time: those of most pieces */
#define SHIM_FEW_TURNS 8                  /* pieces: so many wait longer for memory than they take */
#define SHIM_PLACE_BITS 6                 /* a merge that waits is rank << SHIM_PLACE_BITS | place: the least goes first */
#define SHIM_PLACE_MASK ((1u << SHIM_PLACE_BITS) - 1)
#define SHIM_NO_ORDER (UINT32_MAX << SHIM_PLACE_BITS) /* and above: no merge; an order of the rank UINT32_MAX */

typedef struct {
    shim_missed *word;
    uint64_t keys[2];                     /* of the pairs whose ranks it asked for */
    const uint64_t *buckets[2];
    uint32_t left[2];                     /* the place of the left symbol of each, */
    uint32_t answers[2];                  /* and the orders of these merges */
    uint32_t best;                        /* the order of the merge that is next */
    uint32_t m;                           /* symbols it began with: places 1 to m; 0 and m + 1 stand for none */
    uint32_t symbol[SHIM_TURN_PLACES];
    uint32_t order[SHIM_TURN_PLACES + SHIM_TURN_BLOCK]; /* of the merge of each symbol with the next one */
    uint8_t next[SHIM_TURN_PLACES];
    uint8_t previous[SHIM_TURN_PLACES];
    uint8_t start[SHIM_TURN_PLACES];      /* the byte of the piece where a symbol begins */
} shim_turn;

static const uint64_t shim_no_pairs[SHIM_BUCKET]
#if defined(__GNUC__) || defined(__clang__)
    __attribute__((aligned(64)))
#endif
    = {0};

#define SHIM_MIN(a, b) ((a) < (b) ? (a) : (b))

/* The order of the merge of a piece that goes first, of those whose ranks are known; SHIM_NO_ORDER or above: none. */
#define SHIM_FIRST(level)                                                     \
    uint32_t best = UINT32_MAX, at;                                           \
    for (at = 1; at < turn->m; at += SHIM_TURN_BLOCK) {                       \
        uint32_t least = shim_least_##level(turn->order + at);                \
        best = SHIM_MIN(best, least);                                         \
    }                                                                         \
    return best

static inline uint32_t shim_first_portable(const shim_turn *turn) { SHIM_FIRST(portable); }

#if SHIM_X86
SHIM_AVX2 static inline uint32_t shim_first_avx2(const shim_turn *turn) { SHIM_FIRST(avx2); }
#endif

static inline uint32_t shim_order(uint32_t rank, uint32_t place) { return rank << SHIM_PLACE_BITS | place; }

/* Ask for the rank of the symbols at two places, `some`: 1, or 0 when one of them stands for none. */
static inline void shim_turn_ask(const shim_merges *t, shim_turn *turn, int i, uint32_t left, uint32_t right, int some) {
    uint64_t key = shim_pair_key(t, turn->symbol[left], turn->symbol[right]);
    size_t bucket = (size_t)shim_pair_bucket(t, key), mask = 0 - (size_t)some;
    bucket = (bucket & mask) | ((size_t)shim_no_pairs & ~mask);
    turn->keys[i] = key;
    turn->left[i] = left;
    turn->buckets[i] = (const uint64_t *)bucket;
    SHIM_PREFETCH(turn->buckets[i]);
}

/* Do the chosen merge, of two that become `symbol`, and ask for the ranks of the new pairs. */
static inline void shim_turn_merge(const shim_merges *t, shim_turn *turn, uint32_t symbol) {
    uint32_t k = turn->best & SHIM_PLACE_MASK, right = turn->next[k], left = turn->previous[k];
    turn->symbol[k] = symbol;
    turn->order[right] = turn->order[k] = turn->order[left] = SHIM_NO_ORDER;
    right = turn->next[right];
    turn->next[k] = (uint8_t)right;
    turn->previous[right] = (uint8_t)k;
    shim_turn_ask(t, turn, 0, k, right, right <= turn->m);
    shim_turn_ask(t, turn, 1, left, k, left > 0);
}

/* Ask for the memory of the ranks that the merge after this one would ask for: it is the next one unless a pair goes before
 * it whose rank is not known yet.  Where few pieces take turns, their work does not cover the wait. */
#define SHIM_FORESEE(level)                                                                                       \
    uint32_t best = shim_first_##level(turn), k, symbol;                                                          \
    if (best >= SHIM_NO_ORDER) return;                                                                            \
    k = best & SHIM_PLACE_MASK;                                                                                   \
    symbol = shim_merged_##level(t, best >> SHIM_PLACE_BITS);                                                     \
    SHIM_PREFETCH(shim_pair_bucket(t, shim_pair_key(t, turn->symbol[turn->previous[k]], symbol)));                \
    SHIM_PREFETCH(shim_pair_bucket(t, shim_pair_key(t, symbol, turn->symbol[turn->next[turn->next[k]]])))

static inline void shim_foresee_portable(const shim_merges *t, const shim_turn *turn) { SHIM_FORESEE(portable); }

#if SHIM_X86
SHIM_AVX2 static inline void shim_foresee_avx2(const shim_merges *t, const shim_turn *turn) { SHIM_FORESEE(avx2); }
#endif

/* One turn for each of n pieces; those in which nothing merges any more are moved to the end: how many still go on.
 * Each step is done for all of them before the next one, since what follows in a piece waits for it. */
#define SHIM_TAKE_TURNS(level)                                                                          \
    const shim_merges copy = *tables, *t = &copy; /* which nothing that is written can change */        \
    size_t k, left;                                                                                     \
    for (k = 0; k < n; k++) {                                                                           \
        shim_turn *turn = turns[k];                                                                     \
        int i;                                                                                          \
        for (i = 0; i < 2; i++)                                                                         \
            turn->answers[i] =                                                                          \
                shim_order(shim_bucket_rank_##level(t, turn->buckets[i], turn->keys[i]), turn->left[i]); \
    }                                                                                                   \
    for (k = 0; k < n; k++) {                                                                           \
        shim_turn *turn = turns[k];                                                                     \
        uint32_t best = SHIM_MIN(turn->answers[0], turn->answers[1]), least = shim_first_##level(turn); \
        turn->order[turn->left[0]] = turn->answers[0]; /* not before: they would be read back at once */ \
        turn->order[turn->left[1]] = turn->answers[1];                                                  \
        turn->best = SHIM_MIN(best, least);                                                             \
    }                                                                                                   \
    for (k = 0, left = n; k < left;) {                                                                  \
        shim_turn *turn = turns[k];                                                                     \
        if (turn->best >= SHIM_NO_ORDER) {                                                              \
            turns[k] = turns[--left];                                                                   \
            turns[left] = turn;                                                                         \
        } else {                                                                                        \
            shim_turn_merge(t, turn, shim_merged_##level(t, turn->best >> SHIM_PLACE_BITS));            \
            if (n <= SHIM_FEW_TURNS) shim_foresee_##level(t, turn);                                     \
            k++;                                                                                        \
        }                                                                                               \
    }                                                                                                   \
    return left

static size_t shim_take_turns_portable(const shim_merges *tables, shim_turn **turns, size_t n) {
    SHIM_TAKE_TURNS(portable);
}

#if SHIM_X86
SHIM_AVX2 static size_t shim_take_turns_avx2(const shim_merges *tables, shim_turn **turns, size_t n) {
    SHIM_TAKE_TURNS(avx2);
}
#endif

static inline size_t shim_take_turns(const shim_merges *t, int level, shim_turn **turns, size_t n) {
#if SHIM_X86
    if (level) return shim_take_turns_avx2(t, turns, n);
#endif
    (void)level;
    return shim_take_turns_portable(t, turns, n);
}

/* Set up what all pieces have alike; the symbols, where they start and their orders are written. */
static inline void shim_turn_begin(const shim_merges *t, shim_turn *turn, shim_missed *word, uint32_t m) {
    static const uint8_t numbers[2 + SHIM_TURN_PLACES] = {0,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12,
                                                          13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
                                                          27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40};
    int i;
    turn->word = word;
    turn->m = m;
    turn->symbol[0] = turn->symbol[m + 1] = t->no_symbol;
    turn->start[m + 1] = (uint8_t)word->n;
    memset(turn->order + m, 0xFF, SHIM_TURN_BLOCK * sizeof *turn->order);
    turn->order[0] = SHIM_NO_ORDER;
    memcpy(turn->previous, numbers, SHIM_TURN_PLACES);
    memcpy(turn->next, numbers + 2, SHIM_TURN_PLACES);
    for (i = 0; i < 2; i++) {
        turn->keys[i] = 0;
        turn->buckets[i] = shim_no_pairs;
        turn->left[i] = 0;
    }
}

/* Begin with a piece of at most SHIM_TURN_SYMBOLS bytes, each of them a symbol. */
static inline void shim_turn_begin_bytes(const shim_merges *t, shim_turn *turn, shim_missed *word) {
    const uint8_t *p = word->p;
    uint32_t n = word->n, i;
    shim_turn_begin(t, turn, word, n);
    memcpy(turn->start, turn->previous, SHIM_TURN_PLACES);
    for (i = 0; i < n; i++) turn->symbol[i + 1] = t->byte_symbol[p[i]];
    for (i = 1; i < n; i++) turn->order[i] = shim_order(t->byte_pairs[(size_t)p[i - 1] << 8 | p[i]], i);
}

#endif
