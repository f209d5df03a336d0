/* 16 characters of a str, of 1, 2 or 4 bytes each, narrowed to bytes; bit i of what a function returns tells that
 * character i is not ASCII, and its byte means nothing.  With what all processors of a kind have, whatever the level. */
#ifndef SHIMMYTOK_NARROW_H
#define SHIMMYTOK_NARROW_H

#include <stdint.h>

#include "cpu.h"

#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
#define SHIM_SSE2 1
#else
#define SHIM_SSE2 0
#endif

#if SHIM_SSE2
static inline uint32_t shim_narrow_1(const uint8_t *p, uint8_t *out) {
    __m128i text = _mm_loadu_si128((const __m128i *)p);
    _mm_storeu_si128((__m128i *)out, text);
    return (uint32_t)_mm_movemask_epi8(text);
}

static inline uint32_t shim_narrow_2(const uint16_t *p, uint8_t *out) {
    const __m128i high = _mm_set1_epi16((short)0xFF80), zero = _mm_setzero_si128();
    __m128i a = _mm_loadu_si128((const __m128i *)p), b = _mm_loadu_si128((const __m128i *)(p + 8));
    __m128i ascii = _mm_packs_epi16(_mm_cmpeq_epi16(_mm_and_si128(a, high), zero),
                                    _mm_cmpeq_epi16(_mm_and_si128(b, high), zero));
    _mm_storeu_si128((__m128i *)out, _mm_packus_epi16(a, b));
    return (uint32_t)_mm_movemask_epi8(ascii) ^ 0xFFFF;
}

static inline uint32_t shim_narrow_4(const uint32_t *p, uint8_t *out) {
    const __m128i high = _mm_set1_epi32(~0x7F), zero = _mm_setzero_si128();
    __m128i a = _mm_loadu_si128((const __m128i *)p), b = _mm_loadu_si128((const __m128i *)(p + 4));
    __m128i c = _mm_loadu_si128((const __m128i *)(p + 8)), d = _mm_loadu_si128((const __m128i *)(p + 12));
    __m128i ascii = _mm_packs_epi16(_mm_packs_epi32(_mm_cmpeq_epi32(_mm_and_si128(a, high), zero),
                                                    _mm_cmpeq_epi32(_mm_and_si128(b, high), zero)),
                                    _mm_packs_epi32(_mm_cmpeq_epi32(_mm_and_si128(c, high), zero),
                                                    _mm_cmpeq_epi32(_mm_and_si128(d, high), zero)));
    _mm_storeu_si128((__m128i *)out, _mm_packus_epi16(_mm_packs_epi32(a, b), _mm_packs_epi32(c, d)));
    return (uint32_t)_mm_movemask_epi8(ascii) ^ 0xFFFF;
}
#elif SHIM_NEON
/* Bytes, each 0 or all ones, as bits. */
static inline uint32_t shim_neon_bits(uint8x16_t bytes) {
    const uint8x16_t bits = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t some = vandq_u8(bytes, bits);
    return (uint32_t)vaddv_u8(vget_low_u8(some)) | (uint32_t)vaddv_u8(vget_high_u8(some)) << 8;
}

/* The lower halves of numbers. */
static inline uint8x16_t shim_neon_bytes(uint16x8_t a, uint16x8_t b) {
    return vuzp1q_u8(vreinterpretq_u8_u16(a), vreinterpretq_u8_u16(b));
}

static inline uint16x8_t shim_neon_halves(uint32x4_t a, uint32x4_t b) {
    return vuzp1q_u16(vreinterpretq_u16_u32(a), vreinterpretq_u16_u32(b));
}

static inline uint32_t shim_narrow_1(const uint8_t *p, uint8_t *out) {
    uint8x16_t text = vld1q_u8(p);
    vst1q_u8(out, text);
    if (vmaxvq_u8(text) < 0x80) return 0;
    return shim_neon_bits(vcgeq_u8(text, vdupq_n_u8(0x80)));
}

static inline uint32_t shim_narrow_2(const uint16_t *p, uint8_t *out) {
    const uint16x8_t wide = vdupq_n_u16(0x80);
    uint16x8_t a = vld1q_u16(p), b = vld1q_u16(p + 8);
    vst1q_u8(out, shim_neon_bytes(a, b));
    if (vmaxvq_u16(vorrq_u16(a, b)) < 0x80) return 0;
    return shim_neon_bits(shim_neon_bytes(vcgeq_u16(a, wide), vcgeq_u16(b, wide)));
}

static inline uint32_t shim_narrow_4(const uint32_t *p, uint8_t *out) {
    const uint32x4_t wide = vdupq_n_u32(0x80);
    uint32x4_t a = vld1q_u32(p), b = vld1q_u32(p + 4), c = vld1q_u32(p + 8), d = vld1q_u32(p + 12);
    vst1q_u8(out, shim_neon_bytes(shim_neon_halves(a, b), shim_neon_halves(c, d)));
    if (vmaxvq_u32(vorrq_u32(vorrq_u32(a, b), vorrq_u32(c, d))) < 0x80) return 0;
    return shim_neon_bits(shim_neon_bytes(shim_neon_halves(vcgeq_u32(a, wide), vcgeq_u32(b, wide)),
                                          shim_neon_halves(vcgeq_u32(c, wide), vcgeq_u32(d, wide))));
}
#else
/* The first loop is one of those that compilers make vector instructions of. */
#define SHIM_NARROW(bytes, type)                                                        \
    static inline uint32_t shim_narrow_##bytes(const type *p, uint8_t *out) {           \
        uint32_t mask = 0, i;                                                           \
        type all = 0;                                                                   \
        for (i = 0; i < 16; i++) {                                                      \
            out[i] = (uint8_t)p[i];                                                     \
            all |= p[i];                                                                \
        }                                                                               \
        if (all < 0x80) return 0;                                                       \
        for (i = 0; i < 16; i++) mask |= (uint32_t)(p[i] >= 0x80) << i;                 \
        return mask;                                                                    \
    }
SHIM_NARROW(1, uint8_t)
SHIM_NARROW(2, uint16_t)
SHIM_NARROW(4, uint32_t)
#endif

#endif
