/* From the bytes of a clean text to symbols (split_table.h), a block at a time.
 *
 * First a symbol for each byte, of which only those of first bytes count; then, unless all is ASCII, those are moved
 * together and their places noted.  Buffers have room for 64 bytes more than is asked for. */
#ifndef SHIMMYTOK_SPLIT_SYMBOLS_H
#define SHIMMYTOK_SPLIT_SYMBOLS_H

#include <string.h>

#include "bits.h"
#include "compress.h"
#include "cpu.h"
#include "eight_bytes.h"
#include "split_table.h"

#define SHIM_FIRST_CLASS 2 /* of characters */

/* The character outside ASCII at `p`. */
static inline uint32_t shim_wide_character(const uint8_t *p) {
    uint32_t lead = p[0];
    if (lead < 0xE0) return (lead & 0x1F) << 6 | (p[1] & 0x3F);
    if (lead < 0xF0) return (lead & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
    return (lead & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 | (uint32_t)(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
}

static inline uint8_t shim_wide_symbol(const shim_restart *t, const uint8_t *p) {
    return (uint8_t)(shim_class(t, shim_wide_character(p)) - SHIM_FIRST_CLASS);
}

static inline int shim_is_first(uint8_t byte) { return (byte & 0xC0) != 0x80; }

/* Write the symbols of bytes from `i` on that are ASCII, some at a time; where they end, or less than that is left. */
static inline size_t shim_ascii_symbols(const shim_restart *t, const uint8_t *text, size_t i, size_t end,
                                        uint8_t *symbols) {
#if SHIM_NEON
    const uint8x16x4_t low = vld1q_u8_x4(t->ascii), high = vld1q_u8_x4(t->ascii + 64);
    for (; end - i >= 16; i += 16) {
        uint8x16_t bytes = vld1q_u8(text + i);
        if (vmaxvq_u8(bytes) >= 0x80) break;
        /* What is beyond a table is 0 by the first look-up, and stays as it was by the second. */
        vst1q_u8(symbols + i, vqtbx4q_u8(vqtbl4q_u8(low, bytes), high, veorq_u8(bytes, vdupq_n_u8(0x40))));
    }
#endif
    for (; end - i >= 8 && !shim_wide_bytes(shim_read_word(text + i)); i += 8) {
        size_t k;
        for (k = 0; k < 8; k++) symbols[i + k] = t->ascii[text[i + k]];
    }
    return i;
}

/* Write the symbols of bytes `begin` to before `end`; whether one is not ASCII. */
static inline int shim_symbols(const shim_restart *t, const uint8_t *text, size_t begin, size_t end,
                               uint8_t *symbols) {
    size_t i = begin;
    int wide = 0;
    while (i < end) {
        i = shim_ascii_symbols(t, text, i, end, symbols);
        for (; i < end && text[i] < 0x80; i++) symbols[i] = t->ascii[text[i]];
        for (; i < end && text[i] >= 0x80; i++) {
            wide = 1;
            if (!shim_is_first(text[i])) continue;
            symbols[i] = t->alike[text[i] & 0x3F];
            if (symbols[i] == SHIM_MIXED) symbols[i] = shim_wide_symbol(t, text + i);
        }
    }
    return wide;
}

/* Move the symbols of first bytes to the front, from byte `begin` and symbol `n` on; how many there are then. */
static inline size_t shim_gather(const uint8_t *text, const uint8_t *symbols, size_t begin, size_t end,
                                 uint8_t *gathered, uint16_t *places, size_t n) {
    size_t i = begin, k, stop;
    while (i < end) {
        if (end - i >= 8 && !shim_wide_bytes(shim_read_word(text + i))) {
            memcpy(gathered + n, symbols + i, 8);
            for (k = 0; k < 8; k++) places[n + k] = (uint16_t)(i + k);
            n += 8;
            i += 8;
            continue;
        }
        for (stop = end - i >= 8 ? i + 8 : end; i < stop; i++) {
            gathered[n] = symbols[i];
            places[n] = (uint16_t)i;
            n += (size_t)shim_is_first(text[i]);
        }
    }
    return n;
}

#if SHIM_X86

/* Rows of 16 numbers, each as what it differs in from the one before: for shim_look_up. */
SHIM_AVX2 static inline void shim_load_rows(const uint8_t *numbers, int n_rows, __m256i *rows) {
    int k;
    for (k = 0; k < n_rows; k++)
        rows[k] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(numbers + 16 * k)));
    for (k = n_rows; --k;) rows[k] = _mm256_xor_si256(rows[k], rows[k - 1]);
}

/* What rows say of bytes below 16 * n_rows, signed ones; 0 of those below 0.  A byte of row k has what rows 0 to k differ
 * in, and has become negative, which shuffles to 0, for those behind. */
SHIM_AVX2 static inline __m256i shim_look_up(const __m256i *rows, int n_rows, __m256i bytes) {
    __m256i found = _mm256_shuffle_epi8(rows[0], bytes);
    int k;
    for (k = 1; k < n_rows; k++) {
        bytes = _mm256_subs_epi8(bytes, _mm256_set1_epi8(16));
        found = _mm256_xor_si256(found, _mm256_shuffle_epi8(rows[k], bytes));
    }
    return found;
}

/* Lead bytes less 0xC0; all others become negative. */
SHIM_AVX2 static inline __m256i shim_leads(__m256i bytes) {
    return _mm256_subs_epi8(_mm256_xor_si256(bytes, _mm256_set1_epi8((char)0x80)), _mm256_set1_epi8(0x40));
}

/* Which of 32 bytes are not inside a character. */
SHIM_AVX2 static inline uint32_t shim_firsts(__m256i bytes) {
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi8(bytes, _mm256_set1_epi8((char)0xBF)));
}

#define SHIM_WORTH_PAGE 4 /* characters of a page, 256 code points: fewer become symbols one by one */

/* The classes of a page, that of the character at `p`. */
static inline const uint8_t *shim_classes_of_page(const shim_restart *t, const uint8_t *p) {
    return t->pages + ((size_t)t->page_of[shim_wide_character(p) >> 8] << 8);
}

/* Put the symbols of those mixed characters, which begin at `firsts`, of the 32 bytes at `p` that are of the first one's
 * page into `found`, unless they are few: which are left.  Three bytes behind the 32 can be read. */
SHIM_AVX2 static inline uint32_t shim_page_avx2(const shim_restart *t, const uint8_t *p, uint32_t firsts,
                                                __m256i *found) {
    /* Of its last bytes but one, a page has four. */
    const __m256i page_bits = _mm256_set1_epi8((char)0xFC), low_bits = _mm256_set1_epi8(0x3F);
    const uint8_t *one = p + shim_lowest(firsts), *classes;
    const int n_more = 1 + (one[0] >= 0xE0) + (one[0] >= 0xF0);
    __m256i bytes = _mm256_loadu_si256((const __m256i *)p), same = _mm256_set1_epi8(-1), last;
    __m256i symbols = _mm256_setzero_si256();
    uint32_t places;
    int k;
    for (k = 0; k < n_more - 1; k++) {
        same = _mm256_and_si256(same, _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8((char)one[k])));
        bytes = _mm256_loadu_si256((const __m256i *)(p + k + 1));
    }
    last = _mm256_cmpeq_epi8(_mm256_and_si256(bytes, page_bits), _mm256_set1_epi8((char)(one[k] & 0xFC)));
    same = _mm256_and_si256(same, last);
    places = (uint32_t)_mm256_movemask_epi8(same);
    if (_mm_popcnt_u32(places) < SHIM_WORTH_PAGE) return firsts;
    classes = shim_classes_of_page(t, one);
    last = _mm256_loadu_si256((const __m256i *)(p + n_more));
    bytes = _mm256_andnot_si256(low_bits, _mm256_slli_epi16(bytes, 6));
    bytes = _mm256_or_si256(bytes, _mm256_and_si256(last, low_bits));
    for (k = 0; k < 16; k++) { /* a byte of another row becomes negative, which shuffles to 0 */
        __m256i row = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(classes + 16 * k)));
        __m256i at = _mm256_xor_si256(bytes, _mm256_set1_epi8((char)(16 * k)));
        at = _mm256_adds_epu8(at, _mm256_set1_epi8(0x70));
        symbols = _mm256_or_si256(symbols, _mm256_shuffle_epi8(row, at));
    }
    symbols = _mm256_sub_epi8(symbols, _mm256_set1_epi8(SHIM_FIRST_CLASS));
    *found = _mm256_blendv_epi8(*found, symbols, same);
    return firsts & ~places;
}

SHIM_AVX2 static inline int shim_symbols_avx2(const shim_restart *t, const uint8_t *text, size_t n,
                                              uint8_t *symbols) {
    __m256i rows[8], alike[4];
    size_t i;
    int wide = 0;
    shim_load_rows(t->ascii, 8, rows);
    shim_load_rows(t->alike, 4, alike);
    for (i = 0; n - i >= 32; i += 32) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(text + i)), found = shim_look_up(rows, 8, bytes), leads;
        uint32_t firsts = (uint32_t)_mm256_movemask_epi8(bytes);
        if (firsts) {
            wide = 1;
            leads = shim_look_up(alike, 4, shim_leads(bytes));
            found = _mm256_or_si256(found, leads);
            firsts &= shim_firsts(bytes);
            firsts &= (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(leads, _mm256_set1_epi8((char)SHIM_MIXED)));
            if (_mm_popcnt_u32(firsts) >= SHIM_WORTH_PAGE && n - i >= 32 + 3)
                firsts = shim_page_avx2(t, text + i, firsts, &found);
        }
        _mm256_storeu_si256((__m256i *)(symbols + i), found);
        for (; firsts; firsts &= firsts - 1) {
            size_t at = i + shim_lowest(firsts);
            symbols[at] = shim_wide_symbol(t, text + at);
        }
    }
    return wide | shim_symbols(t, text, i, n, symbols);
}

SHIM_AVX2 static inline size_t shim_gather_avx2(const uint8_t *text, const uint8_t *symbols, size_t n,
                                                uint8_t *gathered, uint16_t *places) {
    const __m256i iota = _mm256_set_epi16(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    size_t i, k, kept = 0;
    for (i = 0; n - i >= 32; i += 32) {
        uint32_t firsts = shim_firsts(_mm256_loadu_si256((const __m256i *)(text + i)));
        if (firsts == UINT32_MAX) {
            _mm256_storeu_si256((__m256i *)(gathered + kept), _mm256_loadu_si256((const __m256i *)(symbols + i)));
            for (k = 0; k < 32; k += 16)
                _mm256_storeu_si256((__m256i *)(places + kept + k), _mm256_add_epi16(iota, _mm256_set1_epi16((short)(i + k))));
            kept += 32;
            continue;
        }
        for (k = 0; k < 4; k++, firsts >>= 8) {
            __m128i taken = shim_compress_order(firsts & 0xFF), at = _mm_cvtepu8_epi16(taken);
            taken = _mm_shuffle_epi8(_mm_loadl_epi64((const __m128i *)(symbols + i + 8 * k)), taken);
            _mm_storel_epi64((__m128i *)(gathered + kept), taken);
            at = _mm_add_epi16(at, _mm_set1_epi16((short)(i + 8 * k)));
            _mm_storeu_si128((__m128i *)(places + kept), at);
            kept += (size_t)_mm_popcnt_u32(firsts & 0xFF);
        }
    }
    return shim_gather(text, symbols, i, n, gathered, places, kept);
}

/* The same as shim_page_avx2, of 64 bytes. */
SHIM_AVX512 static inline uint64_t shim_page_avx512(const shim_restart *t, const uint8_t *p, uint64_t firsts,
                                                    __m512i *found) {
    const __m512i page_bits = _mm512_set1_epi8((char)0xFC);
    const uint8_t *one = p + shim_lowest(firsts), *classes;
    const int n_more = 1 + (one[0] >= 0xE0) + (one[0] >= 0xF0);
    __m512i bytes = _mm512_loadu_si512(p), low, high;
    __mmask64 same = ~(__mmask64)0;
    int k;
    for (k = 0; k < n_more - 1; k++) {
        same &= _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8((char)one[k]));
        bytes = _mm512_loadu_si512(p + k + 1);
    }
    same &= _mm512_cmpeq_epi8_mask(_mm512_and_si512(bytes, page_bits), _mm512_set1_epi8((char)(one[k] & 0xFC)));
    if (_mm_popcnt_u64(same) < SHIM_WORTH_PAGE) return firsts;
    classes = shim_classes_of_page(t, one);
    bytes = _mm512_and_si512(_mm512_slli_epi16(bytes, 6), _mm512_set1_epi8((char)0xC0));
    bytes = _mm512_or_si512(bytes, _mm512_and_si512(_mm512_loadu_si512(p + n_more), _mm512_set1_epi8(0x3F)));
    low = _mm512_permutex2var_epi8(_mm512_loadu_si512(classes), bytes, _mm512_loadu_si512(classes + 64));
    high = _mm512_permutex2var_epi8(_mm512_loadu_si512(classes + 128), bytes, _mm512_loadu_si512(classes + 192));
    low = _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(bytes), high);
    *found = _mm512_mask_sub_epi8(*found, same, low, _mm512_set1_epi8(SHIM_FIRST_CLASS));
    return firsts & ~same;
}

SHIM_AVX512 static inline int shim_symbols_avx512(const shim_restart *t, const uint8_t *text, size_t n,
                                                  uint8_t *symbols) {
    const __m512i low = _mm512_loadu_si512(t->ascii), high = _mm512_loadu_si512(t->ascii + 64);
    const __m512i alike = _mm512_loadu_si512(t->alike);
    uint64_t firsts, any = 0;
    size_t i;
    for (i = 0; i < n; i += 64) {
        __mmask64 within = n - i >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << (n - i)) - 1;
        __m512i bytes = _mm512_maskz_loadu_epi8(within, text + i);
        __m512i of_lead = _mm512_permutexvar_epi8(bytes, alike), found;
        firsts = _mm512_cmpge_epu8_mask(bytes, _mm512_set1_epi8((char)0xC0));
        any |= firsts;
        found = _mm512_mask_mov_epi8(_mm512_permutex2var_epi8(low, bytes, high), firsts, of_lead);
        firsts &= _mm512_cmpeq_epi8_mask(of_lead, _mm512_set1_epi8((char)SHIM_MIXED));
        if (_mm_popcnt_u64(firsts) >= SHIM_WORTH_PAGE && n - i >= 64 + 3)
            firsts = shim_page_avx512(t, text + i, firsts, &found);
        _mm512_storeu_si512(symbols + i, found);
        for (; firsts; firsts &= firsts - 1) {
            size_t at = i + shim_lowest(firsts);
            symbols[at] = shim_wide_symbol(t, text + at);
        }
    }
    return any != 0;
}

SHIM_AVX512 static inline size_t shim_gather_avx512(const uint8_t *text, const uint8_t *symbols, size_t n,
                                                    uint8_t *gathered, uint16_t *places) {
    static const uint16_t iota[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                      16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
    const __m512i numbers = _mm512_loadu_si512(iota);
    size_t i, kept = 0, half;
    for (i = 0; i < n; i += 64) {
        __mmask64 within = n - i >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << (n - i)) - 1;
        __m512i bytes = _mm512_maskz_loadu_epi8(within, text + i);
        uint64_t firsts = within & _mm512_cmpgt_epi8_mask(bytes, _mm512_set1_epi8((char)0xBF));
        __m512i lower = _mm512_add_epi16(numbers, _mm512_set1_epi16((short)i));
        __m512i upper = _mm512_add_epi16(numbers, _mm512_set1_epi16((short)(i + 32)));
        half = (size_t)_mm_popcnt_u64(firsts & 0xFFFFFFFF);
        _mm512_storeu_si512(gathered + kept, _mm512_maskz_compress_epi8(firsts, _mm512_loadu_si512(symbols + i)));
        _mm512_storeu_si512(places + kept, _mm512_maskz_compress_epi16((__mmask32)firsts, lower));
        _mm512_storeu_si512(places + kept + half, _mm512_maskz_compress_epi16((__mmask32)(firsts >> 32), upper));
        kept += (size_t)_mm_popcnt_u64(firsts);
    }
    return kept;
}

#endif

#endif
