/* Which of 64 bytes are ASCII letters, spaces, or not ASCII: where a text may be worth cutting. */
#ifndef SHIMMYTOK_CHARACTER_MARKS_H
#define SHIMMYTOK_CHARACTER_MARKS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cpu.h"
#include "eight_bytes.h"

typedef struct {
    uint64_t letter;
    uint64_t space;
    uint64_t high;        /* not ASCII */
} shim_character_marks;

#if SHIM_X86
SHIM_AVX2 static inline void shim_character_marks_32(const uint8_t *p, uint32_t *letter, uint32_t *space,
                                                     uint32_t *high) {
    __m256i text = _mm256_loadu_si256((const __m256i *)p);
    /* In lower case, and moved up so that z is the greatest signed byte. */
    __m256i moved = _mm256_add_epi8(_mm256_or_si256(text, _mm256_set1_epi8(0x20)), _mm256_set1_epi8(127 - 'z'));
    *letter = (uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi8(moved, _mm256_set1_epi8(127 - 26)));
    *space = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(text, _mm256_set1_epi8(0x20)));
    *high = (uint32_t)_mm256_movemask_epi8(text);
}

SHIM_AVX2 static void shim_character_marks_avx2(const uint8_t *p, shim_character_marks *marks) {
    uint32_t letter[2], space[2], high[2];
    shim_character_marks_32(p, &letter[0], &space[0], &high[0]);
    shim_character_marks_32(p + 32, &letter[1], &space[1], &high[1]);
    marks->letter = letter[0] | (uint64_t)letter[1] << 32;
    marks->space = space[0] | (uint64_t)space[1] << 32;
    marks->high = high[0] | (uint64_t)high[1] << 32;
}
#endif

static inline void shim_character_marks_portable(const uint8_t *p, shim_character_marks *marks) {
    uint64_t letter = 0, space = 0, high = 0;
    unsigned i;
    for (i = 0; i < 64; i += 8) {
        uint64_t text = shim_read_word(p + i);
        letter |= (uint64_t)shim_answers(shim_bytes_among(text | SHIM_EVERY_BYTE * 0x20, 'a', 'z')) << i;
        space |= (uint64_t)shim_answers(shim_bytes_equal(text, ' ')) << i;
        high |= (uint64_t)shim_answers(text) << i;
    }
    marks->letter = letter;
    marks->space = space;
    marks->high = high;
}

/* Bit i is for p[i].  At most 64 bytes are looked at; from n on, bits are 0, but those of `high` are 1. */
static inline void shim_find_characters(const uint8_t *p, size_t n, int level, shim_character_marks *marks) {
    uint8_t rest[64];
    if (n < 64) {
        memset(rest, 0x80, 64);
        memcpy(rest, p, n);
        p = rest;
    }
#if SHIM_X86
    if (level) {
        shim_character_marks_avx2(p, marks);
        return;
    }
#endif
    (void)level;
    shim_character_marks_portable(p, marks);
}

#endif
