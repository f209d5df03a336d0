/* The characters of clean UTF-8, in the form in which CPython keeps them: 1, 2 or 4 bytes each.
 *
 * With AVX2 a code point is made at each of eight bytes, as if a character began there, and those where one does are
 * drawn together: no branch asks how long a character is. */
#ifndef SHIMMYTOK_UTF8_READ_H
#define SHIMMYTOK_UTF8_READ_H

#include <stddef.h>
#include <stdint.h>

#include "compress.h"
#include "cpu.h"

#if SHIM_X86

#define SHIM_READ_BLOCK 32                /* bytes of text that are read, and characters that there is room for */
#define SHIM_READ_BYTES 8                 /* of each of these, code points are made at a time; 16 are read */

/* The code points that begin in the first eight of 16 bytes, the first ones of eight lanes; *count becomes their number. */
SHIM_AVX2 static inline __m256i shim_code_points(const uint8_t *p, size_t *count) {
    const __m128i of_lead = _mm_setr_epi8(0x7F, 0x7F, 0x7F, 0x7F, 0x7F, 0x7F, 0x7F, 0x7F, 0, 0, 0, 0, 0x1F, 0x1F, 0x0F, 0x07);
    const __m128i too_much = _mm_setr_epi8(18, 18, 18, 18, 18, 18, 18, 18, 0, 0, 0, 0, 12, 12, 6, 0);
    const __m256i first = _mm256_setr_epi8(-1, -1, -1, 0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, 3,
                                           -1, -1, -1, 4, -1, -1, -1, 5, -1, -1, -1, 6, -1, -1, -1, 7);
    const __m256i others = _mm256_setr_epi8(3, 2, 1, -1, 4, 3, 2, -1, 5, 4, 3, -1, 6, 5, 4, -1,
                                            7, 6, 5, -1, 8, 7, 6, -1, 9, 8, 7, -1, 10, 9, 8, -1);
    __m128i text = _mm_loadu_si128((const __m128i *)p);
    __m128i kind = _mm_and_si128(_mm_srli_epi16(text, 4), _mm_set1_epi8(0x0F));
    __m256i leads = _mm256_broadcastsi128_si256(_mm_and_si128(text, _mm_shuffle_epi8(of_lead, kind)));
    __m256i rest = _mm256_broadcastsi128_si256(_mm_and_si128(text, _mm_set1_epi8(0x3F)));
    __m256i bits = _mm256_or_si256(_mm256_shuffle_epi8(leads, first), _mm256_shuffle_epi8(rest, others));
    uint32_t begins = (uint32_t)_mm_movemask_epi8(_mm_cmpgt_epi8(text, _mm_set1_epi8((char)0xBF))) & 0xFF;
    /* Four times six bits become a number, as if all characters had four bytes. */
    bits = _mm256_maddubs_epi16(bits, _mm256_set1_epi16(64 << 8 | 1));
    bits = _mm256_madd_epi16(bits, _mm256_set1_epi32(4096 << 16 | 1));
    bits = _mm256_srlv_epi32(bits, _mm256_cvtepu8_epi32(_mm_shuffle_epi8(too_much, kind)));
    *count = (size_t)_mm_popcnt_u32(begins);
    return _mm256_permutevar8x32_epi32(bits, _mm256_cvtepu8_epi32(shim_compress_order(begins)));
}

SHIM_AVX2 static inline __m128i shim_halves(__m256i points) {
    return _mm256_castsi256_si128(_mm256_permute4x64_epi64(_mm256_packus_epi32(points, points), 0x08));
}

SHIM_AVX2 static inline void shim_write_points_1(uint8_t *out, __m256i points) {
    __m128i halves = shim_halves(points);
    _mm_storel_epi64((__m128i *)out, _mm_packus_epi16(halves, halves));
}

SHIM_AVX2 static inline void shim_write_points_2(uint16_t *out, __m256i points) {
    _mm_storeu_si128((__m128i *)out, shim_halves(points));
}

SHIM_AVX2 static inline void shim_write_points_4(uint32_t *out, __m256i points) {
    _mm256_storeu_si256((__m256i *)out, points);
}

SHIM_AVX2 static inline void shim_write_ascii_1(uint8_t *out, const uint8_t *p) {
    _mm256_storeu_si256((__m256i *)out, _mm256_loadu_si256((const __m256i *)p));
}

SHIM_AVX2 static inline void shim_write_ascii_2(uint16_t *out, const uint8_t *p) {
    int i;
    for (i = 0; i < 32; i += 16)
        _mm256_storeu_si256((__m256i *)(out + i), _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(p + i))));
}

SHIM_AVX2 static inline void shim_write_ascii_4(uint32_t *out, const uint8_t *p) {
    int i;
    for (i = 0; i < 32; i += 8)
        _mm256_storeu_si256((__m256i *)(out + i), _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(p + i))));
}

/* Write the characters of a clean text from its beginning on, as many as come in blocks: their number.  `room`: how many
 * there are in all.  *at becomes where the text goes on; there may be the rest of a character. */
#define SHIM_UTF8_READ(bytes, type)                                                                                \
    SHIM_AVX2 static size_t shim_utf8_read_##bytes(const uint8_t *p, size_t n, type *out, size_t room, size_t *at) { \
        size_t i = 0, k, done = 0, count;                                                                          \
        while (n - i >= SHIM_READ_BLOCK && room - done >= SHIM_READ_BLOCK) {                                       \
            if (_mm256_movemask_epi8(_mm256_loadu_si256((const __m256i *)(p + i))) == 0) {                         \
                shim_write_ascii_##bytes(out + done, p + i);                                                       \
                i += SHIM_READ_BLOCK;                                                                              \
                done += SHIM_READ_BLOCK;                                                                           \
                continue;                                                                                          \
            }                                                                                                      \
            for (k = 0; k < 3; k++, i += SHIM_READ_BYTES, done += count)                                           \
                shim_write_points_##bytes(out + done, shim_code_points(p + i, &count));                            \
        }                                                                                                          \
        *at = i;                                                                                                   \
        return done;                                                                                               \
    }
SHIM_UTF8_READ(1, uint8_t)
SHIM_UTF8_READ(2, uint16_t)
SHIM_UTF8_READ(4, uint32_t)

#else

#define SHIM_UTF8_READ(bytes, type)                                                                                 \
    static size_t shim_utf8_read_##bytes(const uint8_t *p, size_t n, type *out, size_t room, size_t *at) {          \
        (void)p, (void)n, (void)out, (void)room;                                                                    \
        *at = 0;                                                                                                    \
        return 0;                                                                                                   \
    }
SHIM_UTF8_READ(1, uint8_t)
SHIM_UTF8_READ(2, uint16_t)
SHIM_UTF8_READ(4, uint32_t)

#endif

#endif
