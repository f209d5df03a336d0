/* The least of sixteen numbers.  All levels (cpu.h) give the same answer. */
#ifndef SHIMMYTOK_LEAST_H
#define SHIMMYTOK_LEAST_H

#include <stdint.h>
#include <string.h>

#include "cpu.h"

#define SHIM_LEAST_OF 16

#if SHIM_NEON
static inline uint32_t shim_least_portable(const uint32_t *numbers) {
    uint32x4_t a = vminq_u32(vld1q_u32(numbers), vld1q_u32(numbers + 4));
    uint32x4_t b = vminq_u32(vld1q_u32(numbers + 8), vld1q_u32(numbers + 12));
    return vminvq_u32(vminq_u32(a, b));
}
#else
static inline uint32_t shim_least_portable(const uint32_t *numbers) {
    uint32_t least[4], i, k; /* of every fourth: compilers make vector instructions of it */
    memcpy(least, numbers, sizeof least);
    for (i = 4; i < SHIM_LEAST_OF; i += 4) {
        for (k = 0; k < 4; k++) least[k] = numbers[i + k] < least[k] ? numbers[i + k] : least[k];
    }
    for (i = 2; i; i /= 2) {
        for (k = 0; k < i; k++) least[k] = least[k + i] < least[k] ? least[k + i] : least[k];
    }
    return least[0];
}
#endif

#if SHIM_X86
SHIM_AVX2 static inline uint32_t shim_least_avx2(const uint32_t *numbers) {
    __m256i all = _mm256_min_epu32(_mm256_loadu_si256((const __m256i *)numbers),
                                   _mm256_loadu_si256((const __m256i *)(numbers + 8)));
    __m128i least = _mm_min_epu32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
    least = _mm_min_epu32(least, _mm_shuffle_epi32(least, 0x4E));
    least = _mm_min_epu32(least, _mm_shuffle_epi32(least, 0xB1));
    return (uint32_t)_mm_cvtsi128_si32(least);
}
#endif

static inline uint32_t shim_least(int level, const uint32_t *numbers) {
#if SHIM_X86
    if (level) return shim_least_avx2(numbers);
#endif
    (void)level;
    return shim_least_portable(numbers);
}

#endif
