/* Merging short pieces of byte-level BPE, several at a time, with AVX-512: the quick form of models/_bpe_short.pyx.
 *
 * A piece of up to 32 bytes is a vector or two of merges that wait (rank << 5 | place, the least goes first), an array
 * of symbols and a mask of those that live.  Pieces of about one length make a group.  All of them do one step after the
 * other together, so that their cache misses overlap, and as many steps as the longest may need.  A step has no branch
 * that the text makes hard to foresee: where there is no neighbour stands a symbol that merges with nothing, and where
 * nothing merges any more a step changes nothing.  What that wastes is less than a mispredicted branch a piece would
 * cost. */
#ifndef SHIMMYTOK_BPE_LANES_H
#define SHIMMYTOK_BPE_LANES_H

#include "cpu.h"
#include "missed.h"
#include "pair_ranks.h"

#define SHIM_FEW 16                       /* places of a short piece, one vector; the others have two */
#define SHIM_PLACES 32

#if SHIM_X86
#define SHIM_GROUP 12                     /* pieces */
#define SHIM_SORTED 512                   /* pieces that are sorted by their length at a time */

typedef struct {
    __m512i order[2];
    uint64_t keys[2];                     /* of the pairs whose ranks are on their way: with the right neighbour, */
    const uint64_t *buckets[2];           /* and with the left one */
    shim_missed *word;
    uint64_t live;                        /* the places that have a symbol, and the one behind them all */
    uint32_t places[2];                   /* the left one of each pair, as a mask; 0: there is none */
    uint32_t symbols[SHIM_PLACES + 3];    /* one before the piece, those of its places, one behind them, one nowhere */
} shim_lane;

/* The symbols and the ranks at 16 places from `at` on. */
SHIM_AVX512 static inline void shim_lane_begin_at(const shim_merges *t, shim_lane *lane, uint32_t at) {
    const __m512i places = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i none = _mm512_set1_epi32(-1);
    uint64_t live = ((1ULL << lane->word->n) - 1) >> at;
    const uint8_t *p = lane->word->p + at;
    __m512i first = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8((__mmask16)live, p));
    __m512i second = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8((__mmask16)(live >> 1), p + 1));
    __m512i pairs = _mm512_or_si512(_mm512_slli_epi32(first, 8), second);
    __m512i ranks = _mm512_mask_i32gather_epi32(none, (__mmask16)(live >> 1), pairs, t->byte_pairs, 4);
    __m512i symbols = _mm512_mask_i32gather_epi32(_mm512_set1_epi32((int)t->no_symbol), (__mmask16)live, first,
                                                  t->byte_symbol, 4);
    __m512i order = _mm512_or_si512(_mm512_slli_epi32(ranks, 5), _mm512_add_epi32(places, _mm512_set1_epi32((int)at)));
    lane->order[at / 16] = _mm512_mask_mov_epi32(none, _mm512_cmpneq_epi32_mask(ranks, none), order);
    _mm512_storeu_si512(lane->symbols + 1 + at, symbols);
}

SHIM_AVX512 static inline void shim_lane_begin(const shim_merges *t, shim_missed *word, shim_lane *lane, int wide) {
    lane->word = word;
    lane->live = ((1ULL << word->n) - 1) | 1ULL << (wide ? SHIM_PLACES : SHIM_FEW);
    shim_lane_begin_at(t, lane, 0);
    if (wide) shim_lane_begin_at(t, lane, 16);
    lane->symbols[0] = lane->symbols[1 + (wide ? SHIM_PLACES : SHIM_FEW)] = t->no_symbol;
}

SHIM_AVX512 static inline void shim_lane_ask(const shim_merges *t, shim_lane *lane, int i, uint32_t left,
                                             uint32_t right, uint64_t place) {
    lane->keys[i] = shim_pair_key(t, left, right);
    lane->buckets[i] = shim_pair_bucket(t, lane->keys[i]);
    lane->places[i] = (uint32_t)place;
    _mm_prefetch((const char *)lane->buckets[i], _MM_HINT_T0);
}

/* Put `value` at the places of a mask. */
SHIM_AVX512 static inline void shim_lane_set(__m512i *order, uint32_t places, uint32_t value, int wide) {
    order[0] = _mm512_mask_set1_epi32(order[0], (__mmask16)places, (int)value);
    if (wide) order[1] = _mm512_mask_set1_epi32(order[1], (__mmask16)(places >> 16), (int)value);
}

SHIM_AVX512 static inline void shim_lane_answer(const shim_merges *t, const shim_lane *lane, int i, __m512i *order,
                                                int wide) {
    uint32_t rank = shim_bucket_rank_avx512(t, lane->buckets[i], lane->keys[i]), place = lane->places[i];
    uint32_t none = 0u - (rank == UINT32_MAX);
    shim_lane_set(order, place, rank << 5 | _tzcnt_u32(place) | none, wide);
}

/* Merge once, and ask for the ranks of the two new pairs; all ones, or 0 when nothing merges any more. */
SHIM_AVX512 static inline uint32_t shim_lane_merge(const shim_merges *t, shim_lane *lane, const __m512i *order,
                                                   int wide) {
    uint32_t best = _mm512_reduce_min_epu32(wide ? _mm512_min_epu32(order[0], order[1]) : order[0]);
    uint32_t some = 0u - (best != UINT32_MAX), k = best & (wide ? 31 : 15);
    uint32_t symbol = shim_merged_avx2(t, (best & some) >> 5), left, right;
    uint64_t live = lane->live, gone = live & (~1ULL << k), below;
    lane->symbols[some ? k + 1 : SHIM_PLACES + 2] = symbol;
    gone &= (0 - gone) & (0 - (uint64_t)(some & 1));
    live &= ~gone;
    lane->live = live;
    lane->order[0] = order[0];
    if (wide) lane->order[1] = order[1];
    shim_lane_set(lane->order, (uint32_t)gone | 1u << k, UINT32_MAX, wide);
    right = (uint32_t)_tzcnt_u64(live & (~1ULL << k));
    below = live & ((1ULL << k) - 1);
    left = 63 - (uint32_t)_lzcnt_u64(below);                             /* -1: there is none */
    shim_lane_ask(t, lane, 0, symbol, lane->symbols[right + 1], 1u << k & some);
    shim_lane_ask(t, lane, 1, lane->symbols[left + 1], symbol, (below ? 1ULL << left : 0) & some);
    return some;
}

/* Write the ids of a piece; their number, or 0 when a symbol of it is no token. */
SHIM_AVX512 static inline uint32_t shim_lane_finish(const shim_merges *t, const shim_lane *lane, uint32_t *ids,
                                                    int wide) {
    const __m512i n_tokens = _mm512_set1_epi32((int)t->n_tokens);
    uint32_t places = (uint32_t)(lane->live & ((1ULL << (wide ? SHIM_PLACES : SHIM_FEW)) - 1)), n = 0, i;
    for (i = 0; i <= (uint32_t)wide; i++) {
        __m512i symbols = _mm512_loadu_si512(lane->symbols + 1 + 16 * i);
        __mmask16 live = (__mmask16)(places >> 16 * i);
        if (_mm512_mask_cmpge_epu32_mask(live, symbols, n_tokens)) return 0;
        _mm512_storeu_si512(ids + n, _mm512_maskz_compress_epi32(live, symbols));
        n += (uint32_t)_mm_popcnt_u32(live);
    }
    return n;
}

/* Merge some words of at most SHIM_FEW bytes, or with `wide` SHIM_PLACES, and write their ids to found[at] and on; where
 * they end. */
SHIM_AVX512 static inline size_t shim_merge_group(const shim_merges *t, shim_missed *words, const uint16_t *which,
                                                  size_t count, uint32_t *found, size_t at, const int wide) {
    shim_lane lanes[SHIM_GROUP];
    uint32_t some = 1, size = 0;
    size_t i;
    for (i = 0; i < count; i++) {
        shim_missed *word = &words[which[i]];
        shim_lane_begin(t, word, &lanes[i], wide);
        if (word->n > size) size = word->n;
    }
    for (i = 0; i < count; i++) shim_lane_merge(t, &lanes[i], lanes[i].order, wide);
    for (; size > 2 && some; size--) {
        some = 0;
        for (i = 0; i < count; i++) {
            __m512i order[2];
            order[0] = lanes[i].order[0];
            if (wide) order[1] = lanes[i].order[1];
            shim_lane_answer(t, &lanes[i], 0, order, wide);
            shim_lane_answer(t, &lanes[i], 1, order, wide);
            some |= shim_lane_merge(t, &lanes[i], order, wide);
        }
    }
    for (i = 0; i < count; i++) {
        lanes[i].word->first = at;
        lanes[i].word->count = shim_lane_finish(t, &lanes[i], found + at, wide);
        at += lanes[i].word->count;
    }
    return at;
}

SHIM_AVX512 static size_t shim_merge_few(const shim_merges *t, shim_missed *words, const uint16_t *which, size_t count,
                                         uint32_t *found, size_t at) {
    return shim_merge_group(t, words, which, count, found, at, 0);
}

SHIM_AVX512 static size_t shim_merge_wide(const shim_merges *t, shim_missed *words, const uint16_t *which, size_t count,
                                          uint32_t *found, size_t at) {
    return shim_merge_group(t, words, which, count, found, at, 1);
}

/* The numbers of the words of at most SHIM_PLACES bytes whose count is 0, the shortest first; ends[n] says where those
 * of n bytes begin in the list, ends[SHIM_PLACES + 1] where it ends. */
static inline void shim_sort_short(const shim_missed *words, size_t count, uint16_t *which, size_t *ends) {
    size_t i;
    memset(ends, 0, (SHIM_PLACES + 2) * sizeof *ends);
#define SHIM_KIND(w) ((w).count == 0 && (w).n <= SHIM_PLACES ? (w).n : SHIM_PLACES + 1)
    for (i = 0; i < count; i++) ends[SHIM_KIND(words[i])]++;
    for (i = 1; i < SHIM_PLACES + 2; i++) ends[i] += ends[i - 1];
    for (i = count; i--;) which[--ends[SHIM_KIND(words[i])]] = (uint16_t)i;
#undef SHIM_KIND
}

/* Merge the words of at most SHIM_PLACES bytes whose count is 0, and give them their ids: found[first] and on, where as
 * many ids as they have bytes and SHIM_PLACES more have room.  The number of ids written; a word with a symbol that is
 * no token keeps the count 0. */
static size_t shim_merge_lanes(const shim_merges *t, shim_missed *words, size_t count, uint32_t *found, size_t first) {
    uint16_t which[SHIM_SORTED];
    size_t ends[SHIM_PLACES + 2], at = first, part, begin, end;
    for (; count; words += part, count -= part) {
        part = count < SHIM_SORTED ? count : SHIM_SORTED;
        shim_sort_short(words, part, which, ends);
        for (begin = 0; begin < ends[SHIM_FEW + 1]; begin = end) {       /* in groups of about one size */
            size_t left = ends[SHIM_FEW + 1] - begin, groups = (left + SHIM_GROUP - 1) / SHIM_GROUP;
            end = begin + (left + groups - 1) / groups;
            at = shim_merge_few(t, words, which + begin, end - begin, found, at);
        }
        for (; begin < ends[SHIM_PLACES + 1]; begin = end) {
            size_t left = ends[SHIM_PLACES + 1] - begin, groups = (left + SHIM_GROUP - 1) / SHIM_GROUP;
            end = begin + (left + groups - 1) / groups;
            at = shim_merge_wide(t, words, which + begin, end - begin, found, at);
        }
    }
    return at - first;
}
#endif

/* The same at a level of vector instructions; nothing is done where the level has no quick form. */
static inline size_t shim_merge_quickly(const shim_merges *t, int level, shim_missed *words, size_t count,
                                        uint32_t *found, size_t first) {
#if SHIM_X86
    if (level > 1) return shim_merge_lanes(t, words, count, found, first);
#endif
    (void)t, (void)level, (void)words, (void)count, (void)found, (void)first;
    return 0;
}

#endif
