/* The UTF-8 of a str, from the form in which CPython keeps it: 1, 2 or 4 bytes a character.
 *
 * A lone surrogate becomes three bytes, as llama.cpp's lenient UTF-8 has it.  Runs of ASCII go by 16 characters. */
#ifndef SHIMMYTOK_UTF8_WRITE_H
#define SHIMMYTOK_UTF8_WRITE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bits.h"

#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
#define SHIM_SSE2 1
#else
#define SHIM_SSE2 0
#endif

#define SHIM_UTF8_SLACK 16               /* bytes that may be written beyond the text */

static inline uint8_t *shim_utf8_char(uint32_t c, uint8_t *out) {
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return out + 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xC0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 63));
        return out + 2;
    }
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xE0 | c >> 12);
        out[1] = (uint8_t)(0x80 | (c >> 6 & 63));
        out[2] = (uint8_t)(0x80 | (c & 63));
        return out + 3;
    }
    out[0] = (uint8_t)(0xF0 | c >> 18);
    out[1] = (uint8_t)(0x80 | (c >> 12 & 63));
    out[2] = (uint8_t)(0x80 | (c >> 6 & 63));
    out[3] = (uint8_t)(0x80 | (c & 63));
    return out + 4;
}

#if SHIM_SSE2
/* Narrow 16 characters to bytes; bit i tells that character i is not ASCII. */
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
#else
#define SHIM_NARROW(bytes, type)                                                        \
    static inline uint32_t shim_narrow_##bytes(const type *p, uint8_t *out) {           \
        uint32_t mask = 0, i;                                                           \
        for (i = 0; i < 16; i++) {                                                      \
            out[i] = (uint8_t)p[i];                                                     \
            mask |= (uint32_t)(p[i] >= 0x80) << i;                                      \
        }                                                                               \
        return mask;                                                                    \
    }
SHIM_NARROW(1, uint8_t)
SHIM_NARROW(2, uint16_t)
SHIM_NARROW(4, uint32_t)
#endif

/* Characters in a row that are not ASCII tend to be followed by more of them: these go one by one. */
#define SHIM_UTF8_WRITE(bytes, type)                                                    \
    static size_t shim_utf8_write_##bytes(const type *p, size_t n, uint8_t *out) {      \
        const uint8_t *begin = out;                                                     \
        size_t i = 0;                                                                   \
        while (n - i >= 16) {                                                           \
            uint32_t mask = shim_narrow_##bytes(p + i, out);                            \
            uint32_t k = mask ? (uint32_t)shim_lowest(mask) : 16;               \
            i += k;                                                                     \
            out += k;                                                                   \
            if (!mask) continue;                                                        \
            do out = shim_utf8_char(p[i++], out);                                       \
            while (i < n && p[i] >= 0x80);                                              \
        }                                                                               \
        while (i < n) out = shim_utf8_char(p[i++], out);                                \
        return (size_t)(out - begin);                                                   \
    }
SHIM_UTF8_WRITE(1, uint8_t)
SHIM_UTF8_WRITE(2, uint16_t)
SHIM_UTF8_WRITE(4, uint32_t)

/* The bytes that n characters may take, with the slack; `kind`: bytes a character. */
static inline size_t shim_utf8_room(size_t n, int kind) {
    return n * (kind == 1 ? 2 : kind == 2 ? 3 : 4) + SHIM_UTF8_SLACK;
}

/* Write n characters; the number of bytes. */
static inline size_t shim_utf8_write(const void *p, size_t n, int kind, uint8_t *out) {
    if (kind == 1) return shim_utf8_write_1((const uint8_t *)p, n, out);
    if (kind == 2) return shim_utf8_write_2((const uint16_t *)p, n, out);
    return shim_utf8_write_4((const uint32_t *)p, n, out);
}

#endif
