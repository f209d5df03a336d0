/* Which of 64 bytes are in a set of byte values.
 *
 * Two shuffles look a byte's lower half up in 16 rows; each row has a bit for each upper half that is in the set. */
#ifndef SHIMMYTOK_BYTE_SET_H
#define SHIMMYTOK_BYTE_SET_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bits.h"
#include "cpu.h"
#include "eight_bytes.h"

typedef struct {
    uint8_t low[16];      /* by lower half: bit h is upper half h, 0 to 7 */
    uint8_t high[16];     /* by lower half: bit h is upper half 8 + h */
    uint8_t member[256];
} shim_byte_set;

static inline void shim_byte_set_add(shim_byte_set *set, uint8_t c) {
    (c < 0x80 ? set->low : set->high)[c & 15] |= (uint8_t)(1u << (c >> 4 & 7));
    set->member[c] = 1;
}

#if SHIM_X86
SHIM_AVX2 static inline uint32_t shim_byte_set_mask32(const shim_byte_set *set, const uint8_t *p) {
    const __m256i low = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)set->low));
    const __m256i high = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)set->high));
    const __m256i bits = _mm256_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128,
                                          1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
    const __m256i nibble = _mm256_set1_epi8(15);
    __m256i text = _mm256_loadu_si256((const __m256i *)p);
    __m256i lower = _mm256_and_si256(text, nibble);
    __m256i upper = _mm256_and_si256(_mm256_srli_epi16(text, 4), nibble);
    __m256i row = _mm256_blendv_epi8(_mm256_shuffle_epi8(low, lower), _mm256_shuffle_epi8(high, lower), text);
    __m256i bit = _mm256_shuffle_epi8(bits, upper);
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_and_si256(row, bit), bit));
}

SHIM_AVX2 static uint64_t shim_byte_set_mask_avx2(const shim_byte_set *set, const uint8_t *p) {
    return shim_byte_set_mask32(set, p) | (uint64_t)shim_byte_set_mask32(set, p + 32) << 32;
}
#endif

/* Bit i tells whether p[i] is in the set; at most 64 bytes are looked at, and bits from n on are 0. */
static inline uint64_t shim_byte_set_mask(const shim_byte_set *set, const uint8_t *p, size_t n, int level) {
    uint64_t mask = 0;
    size_t i;
#if SHIM_X86
    if (level && n >= 64) return shim_byte_set_mask_avx2(set, p);
#endif
    (void)level;
    if (n > 64) n = 64;
    for (i = 0; n - i >= 8; i += 8) mask |= (uint64_t)shim_low_bits(shim_map_bytes(set->member, p + i)) << i;
    for (; i < n; i++) mask |= (uint64_t)set->member[p[i]] << i;
    return mask;
}

#endif
