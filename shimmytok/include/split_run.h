/* The loops that run a table (split_table.h) over the symbols of a block.
 *
 * They write one byte of boundaries for each two symbols, and no position: split_ends.h does that.  One cursor waits
 * for its load at each step; so a block is cut where all states meet, and several cursors run side by side. */
#ifndef SHIMMYTOK_SPLIT_RUN_H
#define SHIMMYTOK_SPLIT_RUN_H

#include "cpu.h"
#include "split_table.h"

#define SHIM_CURSORS 4
#define SHIM_MIN_PART 8   /* pairs of symbols that are worth a cursor */
#define SHIM_CUT_SEARCH 64 /* pairs among which a cut is looked for */

/* Number the pairs of symbols. */
static inline void shim_pair(size_t n_symbols, const uint8_t *symbols, size_t n_pairs, uint16_t *numbers) {
    size_t i;
    unsigned w = (unsigned)n_symbols;
    for (i = 0; i < n_pairs; i++) numbers[i] = (uint16_t)(symbols[2 * i] * w + symbols[2 * i + 1]);
}

#if SHIM_X86
SHIM_AVX2 static inline void shim_pair_avx2(size_t n_symbols, const uint8_t *symbols, size_t n_pairs,
                                            uint16_t *numbers) {
    const __m256i weights = _mm256_set1_epi16((short)(256 | n_symbols));
    size_t i;
    for (i = 0; i < n_pairs; i += 16) { /* both arrays have room for 32 bytes more */
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(symbols + 2 * i));
        _mm256_storeu_si256((__m256i *)(numbers + i), _mm256_maddubs_epi16(bytes, weights));
    }
}
#endif

/* Run from pair `begin` to before `end`; the row behind. */
static inline uint32_t shim_run_one(const uint32_t *table, const uint16_t *numbers, uint8_t *found, size_t begin,
                                    size_t end, uint32_t row) {
    size_t i;
    for (i = begin; i < end; i++) {
        const uint32_t *column = table + numbers[i];
        uint32_t entry = column[row];
        found[i] = (uint8_t)entry;
        row = entry >> 8;
    }
    return row;
}

/* Run `length` pairs with four cursors, from `begin[k]` in `row[k]`; the rows are those behind then. */
static inline void shim_run_four(const uint32_t *table, const uint16_t *numbers, uint8_t *found, const size_t *begin,
                                 size_t length, uint32_t *row) {
    const uint16_t *na = numbers + begin[0], *nb = numbers + begin[1], *nc = numbers + begin[2],
                   *nd = numbers + begin[3];
    uint8_t *fa = found + begin[0], *fb = found + begin[1], *fc = found + begin[2], *fd = found + begin[3];
    uint32_t a = row[0], b = row[1], c = row[2], d = row[3];
    size_t i;
    for (i = 0; i < length; i++) {
        const uint32_t *ca = table + na[i], *cb = table + nb[i], *cc = table + nc[i], *cd = table + nd[i];
        a = ca[a];
        b = cb[b];
        c = cc[c];
        d = cd[d];
        fa[i] = (uint8_t)a;
        fb[i] = (uint8_t)b;
        fc[i] = (uint8_t)c;
        fd[i] = (uint8_t)d;
        a >>= 8;
        b >>= 8;
        c >>= 8;
        d >>= 8;
    }
    row[0] = a;
    row[1] = b;
    row[2] = c;
    row[3] = d;
}

/* A place near pair `at`, behind `from`, where all states meet; its row in `row`.  `from`: there is none. */
static inline size_t shim_cut(const shim_restart *t, const uint16_t *numbers, size_t from, size_t at, uint32_t *row) {
    size_t low = at - from > SHIM_CUT_SEARCH ? at - SHIM_CUT_SEARCH : from;
    for (; at > low; at--) {
        if (t->meeting[numbers[at - 1]] != SHIM_NO_ROW) {
            *row = t->meeting[numbers[at - 1]];
            return at;
        }
    }
    return from;
}

/* Run all pairs from `row`; the row behind. */
static inline uint32_t shim_run_pairs(const shim_restart *t, const uint16_t *numbers, size_t n_pairs, uint8_t *found,
                                      uint32_t row) {
    size_t begin[SHIM_CURSORS + 1], length = n_pairs, k;
    uint32_t rows[SHIM_CURSORS];
    begin[0] = 0;
    rows[0] = row;
    begin[SHIM_CURSORS] = n_pairs;
    for (k = 1; k < SHIM_CURSORS && n_pairs >= SHIM_CURSORS * SHIM_MIN_PART; k++) {
        begin[k] = shim_cut(t, numbers, begin[k - 1], n_pairs * k / SHIM_CURSORS, &rows[k]);
        if (begin[k] == begin[k - 1]) break;
    }
    if (k < SHIM_CURSORS) return shim_run_one(t->pairs, numbers, found, 0, n_pairs, row);
    for (k = 0; k < SHIM_CURSORS; k++)
        if (begin[k + 1] - begin[k] < length) length = begin[k + 1] - begin[k];
    shim_run_four(t->pairs, numbers, found, begin, length, rows);
    for (k = 0; k < SHIM_CURSORS; k++)
        row = shim_run_one(t->pairs, numbers, found, begin[k] + length, begin[k + 1], rows[k]);
    return row;
}

/* The same with the table of single symbols, whose rows `row` is one of. */
static inline uint32_t shim_run_single(const shim_restart *t, const uint8_t *symbols, size_t n_pairs, uint8_t *found,
                                       uint32_t row) {
    size_t i;
    for (i = 0; i < n_pairs; i++) {
        uint32_t first = t->single[row + symbols[2 * i]], second = t->single[(first >> 8) + symbols[2 * i + 1]];
        found[i] = (uint8_t)shim_both(first, second);
        row = second >> 8;
    }
    return row;
}

/* Run a symbol that has no second one, as the first of a pair. */
static inline uint32_t shim_run_odd(const shim_restart *t, uint8_t symbol, uint8_t *found, uint32_t row) {
    uint32_t entry = t->single[row + symbol];
    *found = (uint8_t)((entry & 15) << 1 | (entry & 0x60));
    return entry >> 8;
}

#endif
