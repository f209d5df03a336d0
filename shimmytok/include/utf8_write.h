/* The UTF-8 of a str, from the form in which CPython keeps it: 1, 2 or 4 bytes a character.
 *
 * A lone surrogate becomes three bytes, as llama.cpp's lenient UTF-8 has it.  Runs of ASCII go by 16 characters; with
 * AVX-512 so does everything, with AVX2 by 8: each character becomes four bytes, of which those that count are drawn
 * together. */
#ifndef SHIMMYTOK_UTF8_WRITE_H
#define SHIMMYTOK_UTF8_WRITE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bits.h"
#include "compress.h"
#include "cpu.h"
#include "narrow.h"

#define SHIM_UTF8_SLACK 64               /* bytes that may be written beyond the text */

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

/* Characters in a row that are not ASCII tend to be followed by more of them: these go one by one. */
#define SHIM_UTF8_WRITE(bytes, type)                                                    \
    static size_t shim_utf8_write_##bytes(const type *p, size_t n, uint8_t *out) {      \
        const uint8_t *begin = out;                                                     \
        size_t i = 0;                                                                   \
        while (n - i >= 16) {                                                           \
            uint32_t mask = shim_narrow_##bytes(p + i, out);                            \
            uint32_t k = mask ? (uint32_t)shim_lowest(mask) : 16;                       \
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

#if SHIM_X86
/* The UTF-8 of 8 characters, each in four bytes of its own; bit i of *taken: byte i counts. */
SHIM_AVX2 static inline __m256i shim_utf8_of_8(__m256i c, uint32_t *taken) {
    const __m256i six = _mm256_set1_epi32(63);
    __m256i two = _mm256_cmpgt_epi32(c, _mm256_set1_epi32(0x7F)), three = _mm256_cmpgt_epi32(c, _mm256_set1_epi32(0x7FF));
    __m256i four = _mm256_cmpgt_epi32(c, _mm256_set1_epi32(0xFFFF)), counts, bytes, next;
    __m256i a = _mm256_and_si256(c, six), b = _mm256_and_si256(_mm256_srli_epi32(c, 6), six);
    counts = _mm256_or_si256(_mm256_srli_epi32(two, 16), _mm256_set1_epi32(0xFF));
    counts = _mm256_or_si256(_mm256_or_si256(counts, _mm256_srli_epi32(three, 8)), four);
    *taken = (uint32_t)_mm256_movemask_epi8(counts);
    bytes = _mm256_or_si256(_mm256_or_si256(_mm256_set1_epi32(0x80C0), _mm256_srli_epi32(c, 6)), _mm256_slli_epi32(a, 8));
    bytes = _mm256_blendv_epi8(c, bytes, two);
    next = _mm256_or_si256(_mm256_or_si256(_mm256_set1_epi32(0x8080E0), _mm256_srli_epi32(c, 12)),
                           _mm256_or_si256(_mm256_slli_epi32(b, 8), _mm256_slli_epi32(a, 16)));
    bytes = _mm256_blendv_epi8(bytes, next, three);
    if (SHIM_UNLIKELY(!_mm256_testz_si256(four, four))) {
        __m256i d = _mm256_and_si256(_mm256_srli_epi32(c, 12), six);
        next = _mm256_or_si256(_mm256_set1_epi32((int)0x808080F0), _mm256_srli_epi32(c, 18));
        next = _mm256_or_si256(next, _mm256_or_si256(_mm256_slli_epi32(d, 8), _mm256_slli_epi32(b, 16)));
        bytes = _mm256_blendv_epi8(bytes, _mm256_or_si256(next, _mm256_slli_epi32(a, 24)), four);
    }
    return bytes;
}

/* Append those of eight bytes that a mask names; eight are written. */
SHIM_AVX2 static inline uint8_t *shim_utf8_draw(__m128i bytes, uint32_t mask, uint8_t *out) {
    _mm_storel_epi64((__m128i *)out, _mm_shuffle_epi8(bytes, shim_compress_order(mask)));
    return out + _mm_popcnt_u32(mask);
}

#define SHIM_UTF8_WRITE_AVX2(bytes, type, widen)                                             \
    SHIM_AVX2 static size_t shim_utf8_write_avx2_##bytes(const type *p, size_t n, uint8_t *out) { \
        const uint8_t *begin = out;                                                          \
        size_t i = 0;                                                                        \
        while (n - i >= 16) {                                                                \
            uint32_t mask = shim_narrow_##bytes(p + i, out), taken, k;                       \
            if (!mask) {                                                                     \
                i += 16;                                                                     \
                out += 16;                                                                   \
                continue;                                                                    \
            }                                                                                \
            for (k = 0; k < 2; k++, i += 8) {                                                \
                __m256i wide = shim_utf8_of_8(widen, &taken);                                \
                __m128i low = _mm256_castsi256_si128(wide), high = _mm256_extracti128_si256(wide, 1); \
                out = shim_utf8_draw(low, taken & 0xFF, out);                                \
                out = shim_utf8_draw(_mm_unpackhi_epi64(low, low), taken >> 8 & 0xFF, out);  \
                out = shim_utf8_draw(high, taken >> 16 & 0xFF, out);                         \
                out = shim_utf8_draw(_mm_unpackhi_epi64(high, high), taken >> 24, out);      \
            }                                                                                \
        }                                                                                    \
        while (i < n) out = shim_utf8_char(p[i++], out);                                     \
        return (size_t)(out - begin);                                                        \
    }
SHIM_UTF8_WRITE_AVX2(1, uint8_t, _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(p + i))))
SHIM_UTF8_WRITE_AVX2(2, uint16_t, _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(p + i))))
SHIM_UTF8_WRITE_AVX2(4, uint32_t, _mm256_loadu_si256((const __m256i *)(p + i)))

SHIM_AVX512 static inline __m512i shim_wide(const void *p, size_t i, int kind) {
    if (kind == 1) return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)((const uint8_t *)p + i)));
    if (kind == 2) return _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)((const uint16_t *)p + i)));
    return _mm512_loadu_si512((const uint32_t *)p + i);
}

/* Write characters from number *i on as long as blocks of them are ASCII; *i and *out move on. */
SHIM_AVX512 static inline void shim_utf8_ascii_wide(const void *p, size_t n, int kind, size_t *i, uint8_t **out) {
    while (kind == 1 && n - *i >= 64) {
        __m512i c = _mm512_loadu_si512((const uint8_t *)p + *i);
        if (_mm512_movepi8_mask(c)) return;
        _mm512_storeu_si512(*out, c);
        *out += 64;
        *i += 64;
    }
    while (kind == 2 && n - *i >= 32) {
        __m512i c = _mm512_loadu_si512((const uint16_t *)p + *i);
        if (_mm512_test_epi16_mask(c, _mm512_set1_epi16((short)0xFF80))) return;
        _mm256_storeu_si256((__m256i *)*out, _mm512_cvtepi16_epi8(c));
        *out += 32;
        *i += 32;
    }
}

/* Write as many of n characters as come in blocks of 16; their number, and *out moves on. */
SHIM_AVX512 static inline size_t shim_utf8_write_wide(const void *p, size_t n, int kind, uint8_t **end) {
    const __m512i six = _mm512_set1_epi32(63);
    uint8_t *out = *end;
    size_t i = 0;
    while (n - i >= 16) {
        __m512i c = shim_wide(p, i, kind), a, b, bytes, counts;
        __mmask16 two = _mm512_cmpge_epu32_mask(c, _mm512_set1_epi32(0x80)), three, four;
        __mmask64 taken;
        if (!two) {
            _mm_storeu_si128((__m128i *)out, _mm512_cvtepi32_epi8(c));
            out += 16;
            i += 16;
            shim_utf8_ascii_wide(p, n, kind, &i, &out);
            continue;
        }
        three = _mm512_cmpge_epu32_mask(c, _mm512_set1_epi32(0x800));
        four = kind == 4 ? _mm512_cmpge_epu32_mask(c, _mm512_set1_epi32(0x10000)) : 0;
        a = _mm512_and_si512(c, six);
        b = _mm512_and_si512(_mm512_srli_epi32(c, 6), six);
        bytes = _mm512_mask_or_epi32(c, two, _mm512_or_si512(_mm512_set1_epi32(0x80C0), _mm512_srli_epi32(c, 6)),
                                     _mm512_slli_epi32(a, 8));
        bytes = _mm512_mask_or_epi32(bytes, three, _mm512_or_si512(_mm512_set1_epi32(0x8080E0), _mm512_srli_epi32(c, 12)),
                                     _mm512_or_si512(_mm512_slli_epi32(b, 8), _mm512_slli_epi32(a, 16)));
        if (four) {
            __m512i d = _mm512_and_si512(_mm512_srli_epi32(c, 12), six);
            bytes = _mm512_mask_or_epi32(
                bytes, four, _mm512_or_si512(_mm512_set1_epi32((int)0x808080F0), _mm512_srli_epi32(c, 18)),
                _mm512_or_si512(_mm512_slli_epi32(d, 8),
                                _mm512_or_si512(_mm512_slli_epi32(b, 16), _mm512_slli_epi32(a, 24))));
        }
        counts = _mm512_mask_set1_epi32(_mm512_set1_epi32(0xFF), two, 0xFFFF);
        counts = _mm512_mask_set1_epi32(counts, three, 0xFFFFFF);
        counts = _mm512_mask_set1_epi32(counts, four, -1);
        taken = _mm512_movepi8_mask(counts);
        _mm512_storeu_si512(out, _mm512_maskz_compress_epi8(taken, bytes));
        out += (size_t)_mm_popcnt_u64(taken);
        i += 16;
    }
    *end = out;
    return i;
}

SHIM_AVX512 static size_t shim_utf8_write_avx512(const void *p, size_t n, int kind, uint8_t *out) {
    uint8_t *end = out;
    size_t i;
    uint32_t c;
    if (kind == 1) i = shim_utf8_write_wide(p, n, 1, &end);
    else if (kind == 2) i = shim_utf8_write_wide(p, n, 2, &end);
    else i = shim_utf8_write_wide(p, n, 4, &end);
    for (; i < n; i++) {
        c = kind == 1 ? ((const uint8_t *)p)[i] : kind == 2 ? ((const uint16_t *)p)[i] : ((const uint32_t *)p)[i];
        end = shim_utf8_char(c, end);
    }
    return (size_t)(end - out);
}
#endif

/* The bytes that n characters may take, with the slack; `kind`: bytes a character. */
static inline size_t shim_utf8_room(size_t n, int kind) {
    return n * (kind == 1 ? 2 : kind == 2 ? 3 : 4) + SHIM_UTF8_SLACK;
}

/* Write n characters; the number of bytes. */
static inline size_t shim_utf8_write(const void *p, size_t n, int kind, uint8_t *out, int level) {
#if SHIM_X86
    if (level > 1) return shim_utf8_write_avx512(p, n, kind, out);
    if (level && kind == 1) return shim_utf8_write_avx2_1((const uint8_t *)p, n, out);
    if (level && kind == 2) return shim_utf8_write_avx2_2((const uint16_t *)p, n, out);
    if (level) return shim_utf8_write_avx2_4((const uint32_t *)p, n, out);
#endif
    (void)level;
    if (kind == 1) return shim_utf8_write_1((const uint8_t *)p, n, out);
    if (kind == 2) return shim_utf8_write_2((const uint16_t *)p, n, out);
    return shim_utf8_write_4((const uint32_t *)p, n, out);
}

#endif
