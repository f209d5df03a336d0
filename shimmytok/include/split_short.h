/* Splitting a short text by a table (split_table.h), all of it at once: by bits, by pairs, or symbol by symbol. */
#ifndef SHIMMYTOK_SPLIT_SHORT_H
#define SHIMMYTOK_SPLIT_SHORT_H

#include "ascii.h"
#include "eight_bytes.h"
#include "split_bits.h"
#include "split_ends.h"
#include "split_symbols.h"

#define SHIM_SHORT 64        /* bytes: the longest text that is not worth a block */
#define SHIM_SHORT_ASCII 256 /* the same, if it is ASCII and is run by bits */
#define SHIM_WORTH_BITS 16   /* bytes of a text that is run by bits, */
#define SHIM_WORTH_PAIRS 32  /* or by pairs of them */

/* Of boundaries, the youngest of which is the lowest bit: drop those that an entry drops. */
static inline uint64_t shim_drop(uint64_t boundaries, uint32_t entry) {
    uint32_t k;
    for (k = SHIM_DROPPED(entry); SHIM_UNLIKELY(k); k--) boundaries &= boundaries - 1;
    return boundaries;
}

/* Write the ends of the pieces of a text of m symbols, the last of which led to a state: how many there are.  Bit k of
 * `boundaries` is k symbols before the last one; the symbols are at `places`, or with NULL bytes. */
static inline size_t shim_short_ends(const shim_restart *t, uint64_t boundaries, uint32_t state, size_t m, size_t size,
                                     const uint8_t *places, uint32_t *ends) {
    uint32_t entry = t->ends[state];
    size_t n = 0;
    boundaries = shim_drop(boundaries, entry) | (entry & 15) >> 1; /* these are counted from the end of the text */
    boundaries &= ~(uint64_t)0 >> (64 - m);
    while (boundaries) {
        unsigned k = shim_highest(boundaries);
        ends[n++] = places ? places[m - 1 - k] : (uint32_t)m - 1 - k;
        boundaries ^= (uint64_t)1 << k;
    }
    ends[n++] = (uint32_t)size;
    return n;
}

/* The ends of the pieces of a clean text of 1 to SHIM_SHORT bytes, `ascii`: all of them; how many there are. */
static inline size_t shim_split_short_of(const shim_restart *t, const uint8_t *text, size_t size, uint32_t *ends,
                                         const int ascii) {
    uint8_t places[SHIM_SHORT];
    uint64_t boundaries = 0;
    uint32_t entry = 0;
    size_t at = 0, m = 0;
    do {
        uint8_t symbol;
        if (!ascii) places[m++] = (uint8_t)at;
        if (ascii || text[at] < 0x80) {
            symbol = t->ascii[text[at++]];
        } else {
            symbol = shim_wide_symbol(t, text + at);
            do at++;
            while (at < size && !shim_is_first(text[at]));
        }
        entry = t->single[(entry >> 8) + symbol];
        boundaries = shim_drop(boundaries << 1, entry) | (entry & 15);
    } while (at < size);
    return shim_short_ends(t, boundaries, (entry >> 8) / (uint32_t)t->n_symbols, ascii ? size : m, size,
                           ascii ? NULL : places, ends);
}

/* The same of a text of ASCII by the table of pairs, which is too large for the first cache. */
static inline size_t shim_split_pairs(const shim_restart *t, const uint8_t *text, size_t size, uint32_t *ends) {
    const uint32_t w = (uint32_t)t->n_symbols;
    uint32_t entry = size % 2 ? t->single[t->ascii[text[0]]] : 0, row = (entry >> 8) * w;
    uint64_t boundaries = entry & 15;
    size_t at;
    for (at = size % 2; at < size; at += 2) {
        entry = t->pairs[row + t->ascii[text[at]] * w + t->ascii[text[at + 1]]];
        boundaries = shim_drop(boundaries << 2, entry) | (entry & 31);
        row = entry >> 8;
    }
    return shim_short_ends(t, boundaries, row / (w * w), size, size, NULL, ends);
}

#if SHIM_X86
/* 1 to 16 bytes, and zeros; eight bytes up to the last one can be read. */
static inline __m128i shim_load_16(const uint8_t *p, size_t n) {
    uint64_t words[2];
    if (n < 8) return _mm_cvtsi64_si128((long long)(shim_read_word(p + n - 8) >> (64 - 8 * n)));
    shim_words(p, n, words, 2);
    return _mm_set_epi64x((long long)words[1], (long long)words[0]);
}

/* The symbols of 1 to 32 bytes of ASCII, by rows of shim_load_rows, and whatever; the same can be read. */
SHIM_AVX2 static inline __m256i shim_symbols_of_32(const __m256i *rows, const uint8_t *p, size_t n) {
    __m256i bytes;
    if (n <= 16) bytes = _mm256_castsi128_si256(shim_load_16(p, n));
    else bytes = _mm256_set_m128i(shim_load_16(p + 16, n - 16), _mm_loadu_si128((const __m128i *)p));
    return shim_look_up(rows, 8, bytes);
}

/* The ends of the pieces of a text of ASCII of SHIM_WORTH_BITS to SHIM_SHORT_ASCII bytes, by bits; 0: that does not pay, or
 * cannot tell.  Up to seven more are written behind them. */
SHIM_AVX2 static size_t shim_split_bits(const shim_restart *t, const uint8_t *text, size_t size, uint32_t *ends) {
    const shim_places bytes = {NULL, 0, {0}};
    uint8_t symbols[SHIM_SHORT_ASCII];
    uint64_t planes[SHIM_PLANES], now, before, mask, carry = 0;
    __m256i of_ascii[8], a, b, rows = _mm256_setzero_si256();
    shim_bits_run run = {0, SHIM_AT_LEAST, SHIM_STRANGE, 0};
    size_t n = 0, at, count, i, k;
    shim_load_rows(t->ascii, 8, of_ascii);
    for (at = 0; at < size; at += 64) {
        size_t left = size - at;
        a = b = shim_symbols_of_32(of_ascii, text + at, left < 32 ? left : 32);
        _mm256_storeu_si256((__m256i *)(symbols + at), a);
        if (left > 32) {
            b = shim_symbols_of_32(of_ascii, text + at + 32, left < 64 ? left - 32 : 32);
            _mm256_storeu_si256((__m256i *)(symbols + at + 32), b);
            shim_planes_avx2(t->likely, t->n_symbols, a, b, 1, &rows, planes);
        } else {
            shim_planes_avx2(t->likely, t->n_symbols, a, b, 0, &rows, planes);
        }
        if (shim_run_word(t, planes, symbols + at, left < 64 ? left : 64, &run, &now, &before) != SHIM_IS_RUN) return 0;
        mask = before | now << 1 | carry;
        carry = now >> 63;
        count = (size_t)_mm_popcnt_u64(mask);
        for (i = 0; i < count; i += 8) /* how many there are cannot be foreseen */
            for (k = 0; k < 8; k++, mask &= mask - 1) ends[n + i + k] = (uint32_t)(at - 1 + _tzcnt_u64(mask));
        n += count;
    }
    if (carry) ends[n++] = (uint32_t)size - 1;
    i = shim_row(t->likely, &run, symbols + size - 1) / (uint32_t)t->n_symbols;
    return shim_last_ends(t->ends[i], size, size, &bytes, ends, n);
}
#endif

/* The ends of the pieces of a clean text of up to SHIM_SHORT_ASCII bytes, all of them; how many there are.  0: there are
 * none, or it is better split block by block. */
static inline size_t shim_split_short(const shim_restart *t, int level, const uint8_t *text, size_t size,
                                      uint32_t *ends) {
    int ascii;
    if (size <= 1) { /* a newline between special tokens, mostly; there is room for an end more than there are bytes */
        ends[0] = 1;
        return size;
    }
    ascii = shim_is_ascii(text, size);
#if SHIM_X86
    if (ascii && level >= 1 && size >= SHIM_WORTH_BITS && t->likely) {
        size_t n = shim_split_bits(t, text, size, ends);
        if (n) return n;
    }
#endif
    (void)level;
    if (size > SHIM_SHORT) return 0;
    if (ascii && size >= SHIM_WORTH_PAIRS && t->pairs) return shim_split_pairs(t, text, size, ends);
    return ascii ? shim_split_short_of(t, text, size, ends, 1) : shim_split_short_of(t, text, size, ends, 0);
}

#endif
