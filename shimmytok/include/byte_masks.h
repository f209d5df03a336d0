/* 64 bytes of text at a time: which of them belong to a set of ASCII characters, and the numbers of set bits.
 *
 * Two sets are told apart at once.  All levels (cpu.h) give the same answers. */
#ifndef SHIMMYTOK_BYTE_MASKS_H
#define SHIMMYTOK_BYTE_MASKS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bits.h"
#include "compress.h"
#include "cpu.h"
#include "eight_bytes.h"

typedef struct {
    uint8_t sets[256];     /* of each byte: bit 0, is it in the first set; bit 1, in the second; bit 2, is it not ASCII */
    uint8_t rows[2][16];   /* of each set: bit h of row l is the character h << 4 | l */
} shim_byte_sets;

typedef struct {
    uint64_t first, second; /* members of each set */
    uint64_t wide;          /* bytes that are not ASCII */
} shim_masks;

static inline void shim_byte_sets_init(shim_byte_sets *t, const uint8_t *sets) {
    unsigned c;
    memset(t, 0, sizeof *t);
    memset(t->sets + 128, 4, 128);
    for (c = 0; c < 128; c++) {
        t->sets[c] = sets[c];
        t->rows[0][c & 15] |= (uint8_t)((sets[c] & 1) << (c >> 4));
        t->rows[1][c & 15] |= (uint8_t)((sets[c] >> 1 & 1) << (c >> 4));
    }
}

/* `base` plus the number of each set bit, lowest first; up to 64 numbers are written, some of them behind those that
 * count.  Four at a time: how many there are cannot be foreseen. */
static inline size_t shim_bit_numbers_portable(uint64_t mask, uint32_t base, uint32_t *out) {
    size_t n = shim_ones(mask), i;
    for (; mask; out += 4) {
        for (i = 0; i < 4; i++, mask &= mask - 1) out[i] = base + shim_lowest(mask | SHIM_LAST_BIT);
    }
    return n;
}

static inline void shim_masks_portable(const shim_byte_sets *t, const uint8_t *p, shim_masks *m) {
    uint64_t first = 0, second = 0, wide = 0;
    unsigned i;
    for (i = 0; i < 64; i += 8) {
        uint64_t sets = shim_map_bytes(t->sets, p + i);
        first |= (uint64_t)shim_low_bits(sets) << i;
        second |= (uint64_t)shim_low_bits(sets >> 1) << i;
        wide |= (uint64_t)shim_low_bits(sets >> 2) << i;
    }
    m->first = first;
    m->second = second;
    m->wide = wide;
}

#if SHIM_X86

SHIM_AVX2 static inline void shim_masks_avx2(const shim_byte_sets *t, const uint8_t *p, shim_masks *m) {
    /* A byte that is not ASCII shuffles to 0, which is no bit of `column`. */
    const __m256i bits = _mm256_set1_epi64x((long long)0x8040201008040201ULL), nibble = _mm256_set1_epi8(15);
    const __m256i first = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)t->rows[0]));
    const __m256i second = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)t->rows[1]));
    uint64_t found[3][2];
    int half;
    for (half = 0; half < 2; half++) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(p + 32 * half));
        __m256i column = _mm256_shuffle_epi8(bits, _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble));
        __m256i a = _mm256_and_si256(_mm256_shuffle_epi8(first, v), column);
        __m256i b = _mm256_and_si256(_mm256_shuffle_epi8(second, v), column);
        found[0][half] = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, column));
        found[1][half] = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, column));
        found[2][half] = (uint32_t)_mm256_movemask_epi8(v);
    }
    m->first = found[0][0] | found[0][1] << 32;
    m->second = found[1][0] | found[1][1] << 32;
    m->wide = found[2][0] | found[2][1] << 32;
}

SHIM_AVX512 static inline void shim_masks_avx512(const shim_byte_sets *t, const uint8_t *p, shim_masks *m) {
    __m512i v = _mm512_loadu_si512(p);
    __m512i sets = _mm512_permutex2var_epi8(_mm512_loadu_si512(t->sets), v, _mm512_loadu_si512(t->sets + 64));
    m->wide = _mm512_movepi8_mask(v);
    m->first = _mm512_test_epi8_mask(sets, _mm512_set1_epi8(1)) & ~m->wide;
    m->second = _mm512_test_epi8_mask(sets, _mm512_set1_epi8(2)) & ~m->wide;
}

SHIM_AVX2 static inline size_t shim_bit_numbers_avx2(uint64_t mask, uint32_t base, uint32_t *out) {
    size_t n = 0;
    for (; mask; mask >>= 8, base += 8) {
        __m256i numbers = _mm256_cvtepu8_epi32(shim_compress_order(mask & 0xFF));
        _mm256_storeu_si256((__m256i *)(out + n), _mm256_add_epi32(numbers, _mm256_set1_epi32((int)base)));
        n += (size_t)_mm_popcnt_u64(mask & 0xFF);
    }
    return n;
}

SHIM_AVX512 static inline size_t shim_bit_numbers_avx512(uint64_t mask, uint32_t base, uint32_t *out) {
    static const uint8_t iota[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                     16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                     32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                     48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    const __m512i from = _mm512_set1_epi32((int)base);
    __m512i numbers = _mm512_maskz_compress_epi8(mask, _mm512_loadu_si512(iota));
    size_t k, n = (size_t)_mm_popcnt_u64(mask);
    for (k = 0; k < n; k += 16) {
        __m512i wide = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(numbers));
        _mm512_storeu_si512(out + k, _mm512_add_epi32(from, wide));
        numbers = _mm512_shuffle_i64x2(numbers, numbers, 0x39); /* the next 16 to the front */
    }
    return n;
}

#endif

static inline void shim_masks_of(int level, const shim_byte_sets *t, const uint8_t *p, shim_masks *m) {
#if SHIM_X86
    if (level >= 2) {
        shim_masks_avx512(t, p, m);
        return;
    }
    if (level == 1) {
        shim_masks_avx2(t, p, m);
        return;
    }
#endif
    (void)level;
    shim_masks_portable(t, p, m);
}

static inline size_t shim_bit_numbers(int level, uint64_t mask, uint32_t base, uint32_t *out) {
#if SHIM_X86
    if (level >= 2) return shim_bit_numbers_avx512(mask, base, out);
    if (level == 1) return shim_bit_numbers_avx2(mask, base, out);
#endif
    (void)level;
    return shim_bit_numbers_portable(mask, base, out);
}

#endif
