/* Is a text clean UTF-8 (_utf8.pyx), 32 bytes a step.
 *
 * Each byte is looked at with the one before it: three tables of 16, by the halves of the byte before and the upper half
 * of this one, have a bit for each way in which two bytes can be wrong together, and what all three agree on is wrong.
 * What is left is whether third and fourth bytes are where they must be.  (J. Keiser, D. Lemire: Validating UTF-8 in less
 * than one instruction per byte, 2021; without the test for surrogates, which are clean here.) */
#ifndef SHIMMYTOK_UTF8_CHECK_H
#define SHIMMYTOK_UTF8_CHECK_H

#include <stdint.h>
#include <string.h>

#include "cpu.h"

#if SHIM_X86

enum {
    SHIM_TOO_SHORT = 1 << 0,       /* a first byte, then no continuation */
    SHIM_TOO_LONG = 1 << 1,        /* ASCII, then a continuation */
    SHIM_OVERLONG_3 = 1 << 2,      /* E0, then less than A0 */
    SHIM_TOO_LARGE = 1 << 3,       /* F4, then 90 or more; or more than F4 */
    SHIM_OVERLONG_2 = 1 << 4,      /* C0 or C1 */
    SHIM_TOO_LARGE_1000 = 1 << 5,  /* more than F4, then less than 90 */
    SHIM_OVERLONG_4 = 1 << 5,      /* F0, then less than 90: the halves of the byte before tell these two apart */
    SHIM_TWO_CONTINUATIONS = 1 << 7, /* right if the byte is a third or fourth one */
    SHIM_ANY_LOW = SHIM_TOO_SHORT | SHIM_TOO_LONG | SHIM_TWO_CONTINUATIONS
};

typedef struct {
    __m256i before; /* the 32 bytes before */
    __m256i wrong;  /* not 0: something was */
} shim_utf8_check;

#define SHIM_TABLE(...) _mm256_broadcastsi128_si256(_mm_setr_epi8(__VA_ARGS__))

SHIM_AVX2 static inline void shim_check_32(shim_utf8_check *c, __m256i bytes) {
    enum {
        L = SHIM_ANY_LOW,
        M = SHIM_ANY_LOW | SHIM_TOO_LARGE | SHIM_TOO_LARGE_1000,
        C = SHIM_TOO_LONG | SHIM_OVERLONG_2 | SHIM_TWO_CONTINUATIONS,
        S = SHIM_TOO_SHORT,
        T = SHIM_TOO_LONG,
        W = SHIM_TWO_CONTINUATIONS
    };
    const __m256i high_before =
        SHIM_TABLE(T, T, T, T, T, T, T, T, (char)W, (char)W, (char)W, (char)W, S | SHIM_OVERLONG_2, S,
                   S | SHIM_OVERLONG_3, S | SHIM_TOO_LARGE | SHIM_TOO_LARGE_1000 | SHIM_OVERLONG_4);
    const __m256i low_before = SHIM_TABLE(
        (char)(L | SHIM_OVERLONG_3 | SHIM_OVERLONG_2 | SHIM_OVERLONG_4), (char)(L | SHIM_OVERLONG_2), (char)L, (char)L,
        (char)(L | SHIM_TOO_LARGE), (char)M, (char)M, (char)M, (char)M, (char)M, (char)M, (char)M, (char)M, (char)M,
        (char)M, (char)M);
    const __m256i high_here =
        SHIM_TABLE(S, S, S, S, S, S, S, S, (char)(C | SHIM_OVERLONG_3 | SHIM_TOO_LARGE_1000 | SHIM_OVERLONG_4),
                   (char)(C | SHIM_OVERLONG_3 | SHIM_TOO_LARGE), (char)(C | SHIM_TOO_LARGE),
                   (char)(C | SHIM_TOO_LARGE), S, S, S, S);
    const __m256i half = _mm256_set1_epi8(15);
    __m256i joint = _mm256_permute2x128_si256(c->before, bytes, 0x21);
    __m256i one = _mm256_alignr_epi8(bytes, joint, 15), two = _mm256_alignr_epi8(bytes, joint, 14);
    __m256i three = _mm256_alignr_epi8(bytes, joint, 13);
    __m256i both = _mm256_shuffle_epi8(high_before, _mm256_and_si256(_mm256_srli_epi16(one, 4), half));
    both = _mm256_and_si256(both, _mm256_shuffle_epi8(low_before, _mm256_and_si256(one, half)));
    both = _mm256_and_si256(
        both, _mm256_shuffle_epi8(high_here, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half)));
    /* Bit 7: two bytes before is a first byte of three or four, or three before one of four. */
    two = _mm256_subs_epu8(two, _mm256_set1_epi8(0xE0 - 0x80));
    three = _mm256_subs_epu8(three, _mm256_set1_epi8(0xF0 - 0x80));
    two = _mm256_and_si256(_mm256_or_si256(two, three), _mm256_set1_epi8((char)0x80));
    c->wrong = _mm256_or_si256(c->wrong, _mm256_xor_si256(two, both));
    c->before = bytes;
}

SHIM_AVX2 static inline int shim_is_clean_avx2(const uint8_t *text, size_t n) {
    /* More than these in the last three bytes: the character goes on. */
    const __m256i complete = _mm256_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                              -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, (char)0xEF, (char)0xDF,
                                              (char)0xBF);
    shim_utf8_check c = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    uint8_t rest[32] = {0};
    size_t i = 0;
    while (n - i >= 32) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(text + i));
        if (!_mm256_movemask_epi8(bytes)) {
            c.wrong = _mm256_or_si256(c.wrong, _mm256_subs_epu8(c.before, complete));
            c.before = bytes;
            for (i += 32; n - i >= 64; i += 64) {
                bytes = _mm256_or_si256(_mm256_loadu_si256((const __m256i *)(text + i)),
                                        _mm256_loadu_si256((const __m256i *)(text + i + 32)));
                if (_mm256_movemask_epi8(bytes)) break;
            }
            continue;
        }
        shim_check_32(&c, bytes);
        i += 32;
        if (!(i & 0xFFF) && !_mm256_testz_si256(c.wrong, c.wrong)) return 0;
    }
    if (n > i) memcpy(rest, text + i, n - i);
    shim_check_32(&c, _mm256_loadu_si256((const __m256i *)rest)); /* ends with a zero: n - i < 32 */
    return _mm256_testz_si256(c.wrong, c.wrong);
}

#else

static inline int shim_is_clean_avx2(const uint8_t *text, size_t n) { /* never called */
    (void)text;
    return n == 0;
}

#endif

#endif
