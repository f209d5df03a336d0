/* The run of a table over 64 symbols at a time by arithmetic on bits, where its state is a likely one (split_likely.h).
 *
 * Bit k of a word is symbol k of 64.  Which of its two states the table is in after each of them: in the second one where
 * the symbol leads there, and on through all symbols behind that lead to the same as before.  That is what a sum does with
 * its carries.  Where a state is neither, `single` reads on until it is one again. */
#ifndef SHIMMYTOK_SPLIT_BITS_H
#define SHIMMYTOK_SPLIT_BITS_H

#include "bits.h"
#include "cpu.h"
#include "split_likely.h"
#include "split_run.h"

#if SHIM_X86

#define SHIM_STRANGE 2   /* in place of which of the two states it is: neither */
#define SHIM_PATIENCE 4  /* symbols a chunk, on average, that may be read one by one before this is given up, */
#define SHIM_AT_LEAST 16 /* and how many there may be at first; */
#define SHIM_PER_PLACE 3 /* each place from which on they are read counts as so many more, */
#define SHIM_LATE 32     /* and a chunk that was run in vain as so many */

typedef struct {
    size_t n_strange; /* symbols that were read one by one, */
    size_t most;      /* and how many may be */
    unsigned which;   /* of the likely states of the last symbol, or SHIM_STRANGE: then it is in */
    uint32_t row;     /* of `single` */
} shim_bits_run;

typedef enum { SHIM_IS_RUN, SHIM_IS_LATE, SHIM_GIVES_UP } shim_word;

/* The bits of two planes, each where a bit of `second` says so. */
static inline uint64_t shim_either(const uint64_t *planes, size_t at, uint64_t second) {
    return (planes[0] >> at & ~second) | (planes[1] >> at & second);
}

/* 32 bytes out of a table of 32, by symbols. */
SHIM_AVX2 static inline __m256i shim_by_symbol(const uint8_t *table, __m256i symbols, const int is_large) {
    __m256i low = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)table)), high;
    low = _mm256_shuffle_epi8(low, symbols);
    if (!is_large) return low;
    high = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(table + 16)));
    return _mm256_blendv_epi8(low, _mm256_shuffle_epi8(high, symbols), _mm256_slli_epi16(symbols, 3));
}

typedef struct {    /* of 32 symbols */
    __m256i before; /* the rows of the ones before them, */
    __m256i low;    /* and the bits of their columns: of the first eight, */
    __m256i high;   /* and of the others */
} shim_neighbours;

/* The last byte of `rows` is the row of the symbol before these, and then of the last one. */
SHIM_AVX2 static inline shim_neighbours shim_neighbours_of(const shim_likely *l, __m256i symbols, __m256i *rows,
                                                           const int is_large, const int is_wide) {
    __m256i here = shim_by_symbol(l->row_of, symbols, is_large);
    shim_neighbours n;
    n.before = _mm256_alignr_epi8(here, _mm256_permute2x128_si256(*rows, here, 0x21), 15);
    n.low = shim_by_symbol(l->bit_of[0], symbols, is_large);
    n.high = is_wide ? shim_by_symbol(l->bit_of[1], symbols, is_large) : n.low;
    *rows = here;
    return n;
}

/* Where a plane has no bit. */
SHIM_AVX2 static inline uint32_t shim_not_in(const uint8_t (*plane)[SHIM_ROWS], const shim_neighbours *n,
                                             const int is_wide) {
    __m256i table = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)plane[0])), is;
    is = _mm256_and_si256(_mm256_shuffle_epi8(table, n->before), n->low);
    if (is_wide) {
        table = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)plane[1]));
        is = _mm256_or_si256(is, _mm256_and_si256(_mm256_shuffle_epi8(table, n->before), n->high));
    }
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(is, _mm256_setzero_si256()));
}

/* All planes of 32 symbols, or of 64. */
SHIM_AVX2 static inline void shim_planes_of(const shim_likely *l, __m256i a, __m256i b, const int is_64, __m256i *rows,
                                            uint64_t *planes, const int is_large, const int is_wide) {
    shim_neighbours of_a = shim_neighbours_of(l, a, rows, is_large, is_wide), of_b = of_a;
    size_t k;
    if (is_64) of_b = shim_neighbours_of(l, b, rows, is_large, is_wide);
    for (k = 0; k < SHIM_PLANES; k++) {
        uint64_t not_in = ~(uint64_t)0;
        if (!l->is_empty[k]) {
            not_in = shim_not_in(l->planes[k], &of_a, is_wide);
            if (is_64) not_in |= (uint64_t)shim_not_in(l->planes[k], &of_b, is_wide) << 32;
        }
        planes[k] = ~not_in;
    }
}

SHIM_AVX2 static inline void shim_planes_avx2(const shim_likely *l, size_t n_symbols, __m256i a, __m256i b,
                                              const int is_64, __m256i *rows, uint64_t *planes) {
    if (l->is_wide) shim_planes_of(l, a, b, is_64, rows, planes, 1, 1);
    else if (n_symbols > 16) shim_planes_of(l, a, b, is_64, rows, planes, 1, 0);
    else shim_planes_of(l, a, b, is_64, rows, planes, 0, 0);
}

/* Which of the likely states of a symbol a row is. */
static inline unsigned shim_which(const shim_likely *l, uint32_t row, uint8_t symbol) {
    return row == l->states[0][symbol] ? 0 : row == l->states[1][symbol] ? 1 : SHIM_STRANGE;
}

/* The row of `single` that a run is in; `last` is the last symbol it has read. */
static inline uint32_t shim_row(const shim_likely *l, const shim_bits_run *r, const uint8_t *last) {
    return r->which == SHIM_STRANGE ? r->row : l->states[r->which][*last];
}

/* Go on at symbol `at` from a likely state, up to one that is not, or to `n`: where that is. */
static inline size_t shim_run_likely(const uint64_t *planes, size_t at, size_t n, shim_bits_run *r, uint64_t *now,
                                     uint64_t *before) {
    uint64_t second = planes[SHIM_SECOND] >> at, same = planes[SHIM_SAME] >> at, was, unlikely, likely = ~(uint64_t)0;
    size_t left = 64;
    second |= same & ~(same + ((second << 1 | r->which) & same));
    was = second << 1 | r->which;
    unlikely = shim_either(planes + SHIM_UNLIKELY_FROM, at, was);
    if (n - at < 64) unlikely |= (uint64_t)1 << (n - at);
    if (unlikely) {
        left = shim_lowest(unlikely);
        likely = ((uint64_t)1 << left) - 1;
    }
    *now |= (shim_either(planes + SHIM_NOW_FROM, at, was) & likely) << at;
    *before |= (shim_either(planes + SHIM_BEFORE_FROM, at, was) & likely) << at;
    if (left) r->which = second >> (left - 1) & 1;
    return at + left;
}

/* Run n symbols, up to 64.  Bits of boundaries before a symbol go to `now`, of those before the symbol before it to
 * `before`.  Where there are others, or it takes too long, all of these and the run mean nothing then: whoever calls knows
 * the row at the beginning. */
static inline shim_word shim_run_word(const shim_restart *t, const uint64_t *planes, const uint8_t *symbols, size_t n,
                                      shim_bits_run *r, uint64_t *now, uint64_t *before) {
    size_t at = 0;
    *now = *before = 0;
    if (SHIM_LIKELY(n == 64 && r->which != SHIM_STRANGE)) at = shim_run_likely(planes, 0, 64, r, now, before);
    while (SHIM_UNLIKELY(at < n)) {
        uint32_t entry;
        uint8_t symbol;
        int is_strange = 0;
        if (r->which != SHIM_STRANGE) {
            size_t to = shim_run_likely(planes, at, n, r, now, before);
            if (to == n) break;
            r->row = shim_row(t->likely, r, symbols + to - 1);
            at = to;
        }
        symbol = symbols[at];
        r->n_strange += SHIM_PER_PLACE;
        do { /* where digits are counted, as in all strange runs of one symbol, it will be strange again */
            entry = t->single[r->row + symbol];
            if (entry & SHIM_TOLD_LATE) return SHIM_IS_LATE;
            if (++r->n_strange > r->most) return SHIM_GIVES_UP;
            r->row = entry >> 8;
            *now |= (uint64_t)(entry & 1) << at;
            *before |= (uint64_t)(entry >> 1 & 1) << at;
            at++;
            r->which = shim_which(t->likely, r->row, symbol);
            is_strange |= r->which == SHIM_STRANGE;
        } while (is_strange && at < n && symbols[at] == symbol);
    }
    return SHIM_IS_RUN;
}

#endif

#endif
