/* The instructions of AVX-512 that this library uses, done by loops: so the code for them can be tested, under bounds
 * checks and sanitizers too, on processors that have AVX2 only: cpu.h includes this if SHIM_EMULATE_AVX512 is defined.
 *
 * Each does what Intel's guide says of the intrinsic whose name it takes.  One that is used and missing here takes a
 * __m512i that is no union, and does not compile. */
#ifndef SHIMMYTOK_AVX512_EMULATED_H
#define SHIMMYTOK_AVX512_EMULATED_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

typedef union {
    uint8_t b[64];
    uint16_t w[32];
    uint32_t d[16];
    uint64_t q[8];
    __m128i x[4];
    __m256i y[2];
} shim_zmm;

/* Bodies: of a vector, whose lane i is an expression, of the first half or quarter of one, and of a mask. */
#define SHIM_LANES(lane, count, value) \
    { \
        shim_zmm r; \
        int i; \
        for (i = 0; i < (count); i++) r.lane[i] = value; \
        return r; \
    }
#define SHIM_PART(part, lane, count, value) \
    { \
        shim_zmm r; \
        int i; \
        for (i = 0; i < (count); i++) r.lane[i] = value; \
        return r.part[0]; \
    }
#define SHIM_MASK(count, bit) \
    { \
        uint64_t r = 0; \
        int i; \
        for (i = 0; i < (count); i++) r |= (uint64_t)((bit) != 0) << i; \
        return r; \
    }
#define SHIM_CHOSEN (mask >> i & 1)
#define SHIM_COMPRESS(lane, count) \
    { \
        shim_zmm r = {{0}}; \
        int i, n = 0; \
        for (i = 0; i < (count); i++) \
            if (SHIM_CHOSEN) r.lane[n++] = a.lane[i]; \
        return r; \
    }

#define SHIM_EMULATED(type, name) static inline __attribute__((target("avx2"))) type shim_emulated_##name

SHIM_EMULATED(shim_zmm, loadu_si512)(const void *p) {
    shim_zmm r;
    memcpy(&r, p, 64);
    return r;
}
SHIM_EMULATED(void, storeu_si512)(void *p, shim_zmm a) { memcpy(p, &a, 64); }
SHIM_EMULATED(shim_zmm, maskz_loadu_epi8)(uint64_t mask, const void *p)
    SHIM_LANES(b, 64, SHIM_CHOSEN ? ((const uint8_t *)p)[i] : 0)

SHIM_EMULATED(shim_zmm, set1_epi8)(char v) SHIM_LANES(b, 64, (uint8_t)v)
SHIM_EMULATED(shim_zmm, set1_epi16)(short v) SHIM_LANES(w, 32, (uint16_t)v)
SHIM_EMULATED(shim_zmm, set1_epi32)(int v) SHIM_LANES(d, 16, (uint32_t)v)
SHIM_EMULATED(shim_zmm, set1_epi64)(long long v) SHIM_LANES(q, 8, (uint64_t)v)
SHIM_EMULATED(shim_zmm, set_epi64)(long long h, long long g, long long f, long long e, long long d, long long c,
                                   long long b, long long a) {
    const long long all[8] = {a, b, c, d, e, f, g, h};
    return shim_emulated_loadu_si512(all);
}

SHIM_EMULATED(shim_zmm, add_epi8)(shim_zmm a, shim_zmm b) SHIM_LANES(b, 64, (uint8_t)(a.b[i] + b.b[i]))
SHIM_EMULATED(shim_zmm, add_epi16)(shim_zmm a, shim_zmm b) SHIM_LANES(w, 32, (uint16_t)(a.w[i] + b.w[i]))
SHIM_EMULATED(shim_zmm, add_epi32)(shim_zmm a, shim_zmm b) SHIM_LANES(d, 16, a.d[i] + b.d[i])
SHIM_EMULATED(shim_zmm, add_epi64)(shim_zmm a, shim_zmm b) SHIM_LANES(q, 8, a.q[i] + b.q[i])
SHIM_EMULATED(shim_zmm, mul_epu32)(shim_zmm a, shim_zmm b)
    SHIM_LANES(q, 8, (uint64_t)(uint32_t)a.q[i] * (uint32_t)b.q[i])
SHIM_EMULATED(shim_zmm, mask_sub_epi8)(shim_zmm src, uint64_t mask, shim_zmm a, shim_zmm b)
    SHIM_LANES(b, 64, SHIM_CHOSEN ? (uint8_t)(a.b[i] - b.b[i]) : src.b[i])

SHIM_EMULATED(shim_zmm, and_si512)(shim_zmm a, shim_zmm b) SHIM_LANES(q, 8, a.q[i] & b.q[i])
SHIM_EMULATED(shim_zmm, or_si512)(shim_zmm a, shim_zmm b) SHIM_LANES(q, 8, a.q[i] | b.q[i])
SHIM_EMULATED(shim_zmm, xor_si512)(shim_zmm a, shim_zmm b) SHIM_LANES(q, 8, a.q[i] ^ b.q[i])
SHIM_EMULATED(shim_zmm, mask_and_epi64)(shim_zmm src, uint64_t mask, shim_zmm a, shim_zmm b)
    SHIM_LANES(q, 8, SHIM_CHOSEN ? a.q[i] & b.q[i] : src.q[i])
SHIM_EMULATED(shim_zmm, mask_or_epi32)(shim_zmm src, uint64_t mask, shim_zmm a, shim_zmm b)
    SHIM_LANES(d, 16, SHIM_CHOSEN ? a.d[i] | b.d[i] : src.d[i])
SHIM_EMULATED(shim_zmm, mask_mov_epi8)(shim_zmm src, uint64_t mask, shim_zmm a)
    SHIM_LANES(b, 64, SHIM_CHOSEN ? a.b[i] : src.b[i])
SHIM_EMULATED(shim_zmm, mask_set1_epi32)(shim_zmm src, uint64_t mask, int v)
    SHIM_LANES(d, 16, SHIM_CHOSEN ? (uint32_t)v : src.d[i])

SHIM_EMULATED(shim_zmm, slli_epi16)(shim_zmm a, unsigned n) SHIM_LANES(w, 32, n < 16 ? (uint16_t)(a.w[i] << n) : 0)
SHIM_EMULATED(shim_zmm, slli_epi32)(shim_zmm a, unsigned n) SHIM_LANES(d, 16, n < 32 ? a.d[i] << n : 0)
SHIM_EMULATED(shim_zmm, srli_epi32)(shim_zmm a, unsigned n) SHIM_LANES(d, 16, n < 32 ? a.d[i] >> n : 0)
SHIM_EMULATED(shim_zmm, srli_epi64)(shim_zmm a, unsigned n) SHIM_LANES(q, 8, n < 64 ? a.q[i] >> n : 0)

SHIM_EMULATED(uint64_t, cmpeq_epi8_mask)(shim_zmm a, shim_zmm b) SHIM_MASK(64, a.b[i] == b.b[i])
SHIM_EMULATED(uint64_t, cmpge_epu8_mask)(shim_zmm a, shim_zmm b) SHIM_MASK(64, a.b[i] >= b.b[i])
SHIM_EMULATED(uint64_t, cmpgt_epu8_mask)(shim_zmm a, shim_zmm b) SHIM_MASK(64, a.b[i] > b.b[i])
SHIM_EMULATED(uint64_t, cmpgt_epi8_mask)(shim_zmm a, shim_zmm b) SHIM_MASK(64, (int8_t)a.b[i] > (int8_t)b.b[i])
SHIM_EMULATED(uint64_t, cmpge_epu32_mask)(shim_zmm a, shim_zmm b) SHIM_MASK(16, a.d[i] >= b.d[i])
SHIM_EMULATED(uint64_t, test_epi8_mask)(shim_zmm a, shim_zmm b) SHIM_MASK(64, a.b[i] & b.b[i])
SHIM_EMULATED(uint64_t, test_epi16_mask)(shim_zmm a, shim_zmm b) SHIM_MASK(32, a.w[i] & b.w[i])
SHIM_EMULATED(uint64_t, testn_epi8_mask)(shim_zmm a, shim_zmm b) SHIM_MASK(64, (a.b[i] & b.b[i]) == 0)
SHIM_EMULATED(uint64_t, testn_epi64_mask)(shim_zmm a, shim_zmm b) SHIM_MASK(8, (a.q[i] & b.q[i]) == 0)
SHIM_EMULATED(uint64_t, movepi8_mask)(shim_zmm a) SHIM_MASK(64, a.b[i] & 0x80)

SHIM_EMULATED(shim_zmm, permutexvar_epi8)(shim_zmm at, shim_zmm a) SHIM_LANES(b, 64, a.b[at.b[i] & 63])
SHIM_EMULATED(shim_zmm, permutex2var_epi8)(shim_zmm a, shim_zmm at, shim_zmm b)
    SHIM_LANES(b, 64, (at.b[i] & 64 ? b : a).b[at.b[i] & 63])
SHIM_EMULATED(shim_zmm, shuffle_i64x2)(shim_zmm a, shim_zmm b, int at)
    SHIM_LANES(x, 4, (i < 2 ? a : b).x[at >> 2 * i & 3])
SHIM_EMULATED(shim_zmm, maskz_compress_epi8)(uint64_t mask, shim_zmm a) SHIM_COMPRESS(b, 64)
SHIM_EMULATED(shim_zmm, maskz_compress_epi16)(uint32_t mask, shim_zmm a) SHIM_COMPRESS(w, 32)

SHIM_EMULATED(__m128i, castsi512_si128)(shim_zmm a) { return a.x[0]; }
SHIM_EMULATED(__m256i, castsi512_si256)(shim_zmm a) { return a.y[0]; }
SHIM_EMULATED(__m256i, extracti64x4_epi64)(shim_zmm a, int k) { return a.y[k]; }
SHIM_EMULATED(__m256i, cvtepi16_epi8)(shim_zmm a) SHIM_PART(y, b, 32, (uint8_t)a.w[i])
SHIM_EMULATED(__m128i, cvtepi32_epi8)(shim_zmm a) SHIM_PART(x, b, 16, (uint8_t)a.d[i])
SHIM_EMULATED(__m256i, cvtepi64_epi32)(shim_zmm a) SHIM_PART(y, d, 8, (uint32_t)a.q[i])
SHIM_EMULATED(shim_zmm, cvtepu8_epi32)(__m128i v) {
    const shim_zmm a = {.x = {v}};
    SHIM_LANES(d, 16, a.b[i])
}
SHIM_EMULATED(shim_zmm, cvtepu16_epi32)(__m256i v) {
    const shim_zmm a = {.y = {v}};
    SHIM_LANES(d, 16, a.w[i])
}

#undef _mm512_add_epi16
#define _mm512_add_epi16 shim_emulated_add_epi16
#undef _mm512_add_epi32
#define _mm512_add_epi32 shim_emulated_add_epi32
#undef _mm512_add_epi64
#define _mm512_add_epi64 shim_emulated_add_epi64
#undef _mm512_add_epi8
#define _mm512_add_epi8 shim_emulated_add_epi8
#undef _mm512_and_si512
#define _mm512_and_si512 shim_emulated_and_si512
#undef _mm512_castsi512_si128
#define _mm512_castsi512_si128 shim_emulated_castsi512_si128
#undef _mm512_castsi512_si256
#define _mm512_castsi512_si256 shim_emulated_castsi512_si256
#undef _mm512_cmpeq_epi8_mask
#define _mm512_cmpeq_epi8_mask shim_emulated_cmpeq_epi8_mask
#undef _mm512_cmpge_epu32_mask
#define _mm512_cmpge_epu32_mask shim_emulated_cmpge_epu32_mask
#undef _mm512_cmpge_epu8_mask
#define _mm512_cmpge_epu8_mask shim_emulated_cmpge_epu8_mask
#undef _mm512_cmpgt_epi8_mask
#define _mm512_cmpgt_epi8_mask shim_emulated_cmpgt_epi8_mask
#undef _mm512_cmpgt_epu8_mask
#define _mm512_cmpgt_epu8_mask shim_emulated_cmpgt_epu8_mask
#undef _mm512_cvtepi16_epi8
#define _mm512_cvtepi16_epi8 shim_emulated_cvtepi16_epi8
#undef _mm512_cvtepi32_epi8
#define _mm512_cvtepi32_epi8 shim_emulated_cvtepi32_epi8
#undef _mm512_cvtepi64_epi32
#define _mm512_cvtepi64_epi32 shim_emulated_cvtepi64_epi32
#undef _mm512_cvtepu16_epi32
#define _mm512_cvtepu16_epi32 shim_emulated_cvtepu16_epi32
#undef _mm512_cvtepu8_epi32
#define _mm512_cvtepu8_epi32 shim_emulated_cvtepu8_epi32
#undef _mm512_extracti64x4_epi64
#define _mm512_extracti64x4_epi64 shim_emulated_extracti64x4_epi64
#undef _mm512_loadu_si512
#define _mm512_loadu_si512 shim_emulated_loadu_si512
#undef _mm512_mask_and_epi64
#define _mm512_mask_and_epi64 shim_emulated_mask_and_epi64
#undef _mm512_mask_mov_epi8
#define _mm512_mask_mov_epi8 shim_emulated_mask_mov_epi8
#undef _mm512_mask_or_epi32
#define _mm512_mask_or_epi32 shim_emulated_mask_or_epi32
#undef _mm512_mask_set1_epi32
#define _mm512_mask_set1_epi32 shim_emulated_mask_set1_epi32
#undef _mm512_mask_sub_epi8
#define _mm512_mask_sub_epi8 shim_emulated_mask_sub_epi8
#undef _mm512_maskz_compress_epi16
#define _mm512_maskz_compress_epi16 shim_emulated_maskz_compress_epi16
#undef _mm512_maskz_compress_epi8
#define _mm512_maskz_compress_epi8 shim_emulated_maskz_compress_epi8
#undef _mm512_maskz_loadu_epi8
#define _mm512_maskz_loadu_epi8 shim_emulated_maskz_loadu_epi8
#undef _mm512_movepi8_mask
#define _mm512_movepi8_mask shim_emulated_movepi8_mask
#undef _mm512_mul_epu32
#define _mm512_mul_epu32 shim_emulated_mul_epu32
#undef _mm512_or_si512
#define _mm512_or_si512 shim_emulated_or_si512
#undef _mm512_permutex2var_epi8
#define _mm512_permutex2var_epi8 shim_emulated_permutex2var_epi8
#undef _mm512_permutexvar_epi8
#define _mm512_permutexvar_epi8 shim_emulated_permutexvar_epi8
#undef _mm512_set1_epi16
#define _mm512_set1_epi16 shim_emulated_set1_epi16
#undef _mm512_set1_epi32
#define _mm512_set1_epi32 shim_emulated_set1_epi32
#undef _mm512_set1_epi64
#define _mm512_set1_epi64 shim_emulated_set1_epi64
#undef _mm512_set1_epi8
#define _mm512_set1_epi8 shim_emulated_set1_epi8
#undef _mm512_set_epi64
#define _mm512_set_epi64 shim_emulated_set_epi64
#undef _mm512_shuffle_i64x2
#define _mm512_shuffle_i64x2 shim_emulated_shuffle_i64x2
#undef _mm512_slli_epi16
#define _mm512_slli_epi16 shim_emulated_slli_epi16
#undef _mm512_slli_epi32
#define _mm512_slli_epi32 shim_emulated_slli_epi32
#undef _mm512_srli_epi32
#define _mm512_srli_epi32 shim_emulated_srli_epi32
#undef _mm512_srli_epi64
#define _mm512_srli_epi64 shim_emulated_srli_epi64
#undef _mm512_storeu_si512
#define _mm512_storeu_si512 shim_emulated_storeu_si512
#undef _mm512_test_epi16_mask
#define _mm512_test_epi16_mask shim_emulated_test_epi16_mask
#undef _mm512_test_epi8_mask
#define _mm512_test_epi8_mask shim_emulated_test_epi8_mask
#undef _mm512_testn_epi64_mask
#define _mm512_testn_epi64_mask shim_emulated_testn_epi64_mask
#undef _mm512_testn_epi8_mask
#define _mm512_testn_epi8_mask shim_emulated_testn_epi8_mask
#undef _mm512_xor_si512
#define _mm512_xor_si512 shim_emulated_xor_si512
#undef __m512i
#define __m512i shim_zmm

#endif
