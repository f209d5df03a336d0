/* Where 64 bytes of a clean text may be cut: between two characters that no merge joins (_bpe_cuts.pyx).
 *
 * First, where there could be a cut at all; then each such place is looked up by a hash of the bytes around it.  All
 * levels (cpu.h) give the same answers.  There are no gathers, which are slow on many processors. */
#ifndef SHIMMYTOK_CUT_MARKS_H
#define SHIMMYTOK_CUT_MARKS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ascii.h"
#include "bits.h"
#include "character_marks.h"
#include "cpu.h"
#include "eight_bytes.h"
#include "hash.h"
#include "prefetch.h"

#define SHIM_CUT_ROOM 66                 /* bytes that the fastest way reads from the place on where it begins */

typedef struct {
    const uint64_t *joined;  /* bits by the hash of what is around a place (shim_joint): merges join there */
    uint64_t mask;           /* bits of a hash that count, fewer than 32 */
    const uint64_t *leads;   /* bits by the two bytes around a place: the same */
    const uint64_t *ascii;   /* 128 bits by the byte of ASCII before a place: merges join there; NULL: always */
    const uint8_t *known;    /* by lead byte: SHIM_KNOWN, SHIM_BEHIND_ASCII, or 0: cuts behind other characters only */
} shim_joints;

#define SHIM_KNOWN 1         /* no cut is looked for before the character */
#define SHIM_BEHIND_ASCII 2  /* cuts are looked for behind ASCII, too; U+2581's lead byte may have this, and no other */
#define SHIM_MARK_LEAD 0xE2

#if SHIM_X86

/* Two tables of 16: among the 64 lead bytes only those below 0xE0 can be known, and only one above can be more. */
SHIM_AVX2 static inline uint32_t shim_cut_marks_32(const uint8_t *known, const uint8_t *p) {
    const __m256i low = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(known + 0xC0)));
    const __m256i high = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(known + 0xD0)));
    __m256i text = _mm256_loadu_si256((const __m256i *)p), before = _mm256_loadu_si256((const __m256i *)(p - 1));
    __m256i row = _mm256_xor_si256(text, _mm256_set1_epi8((char)0xC0)); /* a byte of another row has an upper half */
    __m256i found = _mm256_or_si256(
        _mm256_shuffle_epi8(low, _mm256_adds_epu8(row, _mm256_set1_epi8(0x70))),
        _mm256_shuffle_epi8(high, _mm256_adds_epu8(_mm256_xor_si256(row, _mm256_set1_epi8(0x10)), _mm256_set1_epi8(0x70))));
    const __m256i mark = _mm256_set1_epi8((char)(known[SHIM_MARK_LEAD] == SHIM_BEHIND_ASCII ? SHIM_MARK_LEAD : 0));
    __m256i lead = _mm256_and_si256(before, _mm256_cmpgt_epi8(text, _mm256_set1_epi8((char)0xBF)));
    /* Bit 7 counts: a lead byte is negative too. */
    lead = _mm256_andnot_si256(_mm256_cmpgt_epi8(found, _mm256_setzero_si256()), _mm256_and_si256(lead, text));
    lead = _mm256_or_si256(lead, _mm256_and_si256(_mm256_cmpeq_epi8(text, mark), text));
    return (uint32_t)_mm256_movemask_epi8(lead);
}

SHIM_AVX2 static uint64_t shim_cut_marks_avx2(const uint8_t *known, const uint8_t *p, size_t n) {
    uint8_t rest[65] = {0};
    __m256i any;
    if (n < 64) {
        memcpy(rest, p - 1, n + 1);
        p = rest + 1;
    }
    any = _mm256_or_si256(_mm256_loadu_si256((const __m256i *)p), _mm256_loadu_si256((const __m256i *)(p + 32)));
    if (_mm256_testz_si256(any, _mm256_set1_epi8((char)0x80))) return 0; /* all ASCII, as most of a European text */
    return shim_cut_marks_32(known, p) | (uint64_t)shim_cut_marks_32(known, p + 32) << 32;
}

SHIM_AVX512 static uint64_t shim_cut_marks_avx512(const uint8_t *known, const uint8_t *p, size_t n) {
    __mmask64 within = n >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << n) - 1;
    __m512i text = _mm512_maskz_loadu_epi8(within, p), before = _mm512_maskz_loadu_epi8(within, p - 1);
    __mmask64 lead = _mm512_cmpgt_epu8_mask(text, _mm512_set1_epi8((char)0xBF)), wide = _mm512_movepi8_mask(before);
    if (!lead) return 0;
    text = _mm512_permutexvar_epi8(text, _mm512_loadu_si512(known + 0xC0));
    return lead & ((wide & _mm512_testn_epi8_mask(text, _mm512_set1_epi8(SHIM_KNOWN))) |
                   _mm512_test_epi8_mask(text, _mm512_set1_epi8(SHIM_BEHIND_ASCII)));
}
#endif

static inline uint64_t shim_cut_marks_portable(const uint8_t *known, const uint8_t *p, size_t n) {
    const uint8_t mark = known[SHIM_MARK_LEAD] == SHIM_BEHIND_ASCII ? SHIM_MARK_LEAD : 0;
    uint8_t rest[65] = {0};
    uint64_t mask = 0;
    size_t i;
    if (n < 64) {
        memcpy(rest, p - 1, n + 1);
        p = rest + 1;
    }
    for (i = 0; i < 64; i += 8) {
        uint64_t text = shim_read_word(p + i), leads = shim_lead_bytes(text);
        leads &= shim_read_word(p + i - 1) | shim_bytes_equal(text, mark);
        for (; leads; leads &= leads - 1) {
            size_t at = i + (shim_lowest(leads) >> 3);
            mask |= (uint64_t)(known[p[at]] != SHIM_KNOWN) << at;
        }
    }
    return mask;
}

/* Bit i: a character begins at p[i] before which a cut is looked for, by `known` and the character before it. */
static inline uint64_t shim_cut_marks(const uint8_t *known, const uint8_t *p, size_t n, int level) {
#if SHIM_X86
    if (level > 1) return shim_cut_marks_avx512(known, p, n);
    if (level) return shim_cut_marks_avx2(known, p, n);
#endif
    (void)level;
    return shim_cut_marks_portable(known, p, n);
}

static inline uint64_t shim_bit_at(const uint64_t *bits, uint64_t k) { return bits[k >> 6] >> (k & 63); }

/* The hash of what is around a place before a character that is not ASCII: the two bytes before it, or the one that is
 * ASCII, and the character's first three. */
static inline uint32_t shim_joint(const shim_joints *t, const uint8_t *p) {
    uint64_t left = (p - 1)[0], right = (uint64_t)p[0] << 16 | (uint64_t)p[1] << 8;
    if (left >= 0x80) left |= (uint64_t)(p - 2)[0] << 8;
    if (p[0] >= 0xE0) right |= p[2];
    return (uint32_t)(shim_hash_pair(left << 32 | right, 0) & t->mask);
}

/* The places of `marks` where no merge joins.  All of their bits are asked for before the first is looked at. */
static inline uint64_t shim_cuts_portable(const shim_joints *t, const uint8_t *p, uint64_t marks) {
    uint32_t joints[64];
    uint64_t left, cuts = 0;
    size_t n = 0;
    for (left = marks; left; left &= left - 1) {
        joints[n] = shim_joint(t, p + shim_lowest(left));
        SHIM_PREFETCH(t->joined + (joints[n] >> 6));
        n++;
    }
    n = 0;
    for (left = marks; left; left &= left - 1) {
        const uint8_t *at = p + shim_lowest(left);
        uint64_t joined = shim_bit_at(t->joined, joints[n++]) | shim_bit_at(t->leads, (uint64_t)at[-1] << 8 | at[0]);
        cuts |= (left & (0 - left)) & ((joined & 1) - 1);
    }
    return cuts;
}

#if SHIM_X86
/* Eight places at a time become hashes, by hand: there is no multiplication to 128 bits.  p[-2] and p[SHIM_CUT_ROOM - 1]
 * can be read. */
SHIM_AVX512 static uint64_t shim_cuts_avx512(const shim_joints *t, const uint8_t *p, uint64_t marks) {
    static const uint8_t iota[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                     16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                     32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                     48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    /* From the lowest byte of a key on: the third byte after the place, the second, the first; a zero; the last byte
     * before it, and the one before that.  As distances from p - 2. */
    const __m512i around = _mm512_set1_epi64(0x0000000100020304LL), in_key = _mm512_set1_epi64(0x0000FFFF00FFFFFFLL);
    const __m512i k_low = _mm512_set1_epi64((uint32_t)SHIM_K0), k_high = _mm512_set1_epi64((int64_t)(SHIM_K0 >> 32));
    const __m512i text = _mm512_loadu_si512(p - 2), more = _mm512_maskz_loadu_epi8(15, p + 62);
    const __m512i places = _mm512_maskz_compress_epi8(marks, _mm512_loadu_si512(iota));
    __m512i eight = _mm512_set_epi64(0x0707070707070707LL, 0x0606060606060606LL, 0x0505050505050505LL,
                                     0x0404040404040404LL, 0x0303030303030303LL, 0x0202020202020202LL,
                                     0x0101010101010101LL, 0);
    uint32_t hashes[32], pairs[32];
    uint64_t cuts = 0;
    size_t k, n = (size_t)_mm_popcnt_u64(marks);
    for (k = 0; k < n; k += 8) {
        __m512i from = _mm512_add_epi8(_mm512_permutexvar_epi8(eight, places), around);
        __m512i key = _mm512_and_si512(_mm512_permutex2var_epi8(text, from, more), in_key);
        __m512i pair = _mm512_or_si512(_mm512_and_si512(_mm512_srli_epi64(key, 24), _mm512_set1_epi64(0xFF00)),
                                       _mm512_and_si512(_mm512_srli_epi64(key, 16), _mm512_set1_epi64(0xFF)));
        __mmask8 of_two = _mm512_testn_epi64_mask(key, _mm512_set1_epi64(0x200000)); /* the place's lead byte < 0xE0 */
        __mmask8 of_ascii = _mm512_testn_epi64_mask(key, _mm512_set1_epi64(0x8000000000LL)); /* the byte before it < 0x80 */
        __m512i left = _mm512_srli_epi64(key, 32), low, middle;
        left = _mm512_mask_and_epi64(left, of_ascii, left, _mm512_set1_epi64(0xFF));
        key = _mm512_mask_and_epi64(key, of_two, key, _mm512_set1_epi64(0xFFFF00));
        low = _mm512_mul_epu32(key, k_low);
        middle = _mm512_add_epi64(_mm512_srli_epi64(low, 32), _mm512_mul_epu32(key, k_high));
        middle = _mm512_add_epi64(middle, _mm512_mul_epu32(left, k_low));
        middle = _mm512_add_epi64(_mm512_srli_epi64(middle, 32), _mm512_mul_epu32(left, k_high));
        _mm256_storeu_si256((__m256i *)(hashes + k), _mm512_cvtepi64_epi32(_mm512_xor_si512(low, middle)));
        _mm256_storeu_si256((__m256i *)(pairs + k), _mm512_cvtepi64_epi32(pair));
        eight = _mm512_add_epi8(eight, _mm512_set1_epi8(8));
    }
    for (k = 0; k < n; k++) {
        uint64_t joined = shim_bit_at(t->joined, hashes[k] & t->mask) | shim_bit_at(t->leads, pairs[k]);
        cuts |= (~joined & 1) << k;
    }
    return _pdep_u64(cuts, marks);
}
#endif

/* The places between two bytes of ASCII where no merge joins, but for those between letters, where one mostly does. */
static inline uint64_t shim_cuts_of_ascii(const shim_joints *t, const uint8_t *p, size_t n, int level) {
    shim_character_marks marks;
    uint64_t letters, wide, wanted, cuts = 0;
    shim_find_characters(p, n, level, &marks);
    letters = marks.letter << 1 | (uint64_t)((uint8_t)((p[-1] | 0x20) - 'a') < 26);
    wide = marks.high | marks.high << 1 | p[-1] >> 7;
    for (wanted = ~(letters & marks.letter) & ~wide; wanted; wanted &= wanted - 1) {
        unsigned i = shim_lowest(wanted);
        uint64_t joined = shim_bit_at(t->ascii, (uint64_t)p[(int)i - 1] << 7 | p[i]);
        cuts |= (~joined & 1) << i;
    }
    return cuts;
}

/* Bit i: the text may be cut at p[i].
 *
 * At most 64 bytes are looked at, and bits from n on are 0; `room` bytes can be read from p on, or with 0 the n there are,
 * and p[-1]; p[-2] where a place is behind a character that is not ASCII, or where there is room. */
static inline uint64_t shim_find_cuts(const shim_joints *t, const uint8_t *p, size_t n, size_t room, int level) {
    uint64_t marks, cuts = t->ascii ? shim_cuts_of_ascii(t, p, n, level) : 0;
    if (n < 64 && shim_is_ascii(p, n)) return cuts; /* most short texts */
    marks = shim_cut_marks(t->known, p, n, level);
    if (!marks) return cuts;
#if SHIM_X86
    if (level > 1 && room >= SHIM_CUT_ROOM && marks >> 1) return cuts | shim_cuts_avx512(t, p, marks);
#endif
    (void)room;
    return cuts | shim_cuts_portable(t, p, marks);
}

#endif
