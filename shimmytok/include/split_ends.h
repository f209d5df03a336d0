/* From boundaries to the ends of pieces, as offsets in the text.
 *
 * The boundaries of 64 symbols are 64 bits, the bit of each being that of the symbol behind it.  They come from the bytes of
 * pairs of symbols (split_run.h), if not from split_bits.h.  Where a boundary is older than a pair, or boundaries are to be
 * dropped, which is rare, the 64 are taken one by one. */
#ifndef SHIMMYTOK_SPLIT_ENDS_H
#define SHIMMYTOK_SPLIT_ENDS_H

#include <string.h>

#include "bits.h"
#include "compress.h"
#include "cpu.h"
#include "eight_bytes.h"
#include "split_table.h"

#define SHIM_RARE 0x78 /* of a byte: boundaries before the symbol before the pair, and drops */

/* A chunk of 64 symbols, and of the bytes that were found for their pairs.  It needs its own 32, with zeros where there are
 * no more symbols, and bit 0 of the one before them, which is 0 before the first chunk.  Of a chunk that was run by bits
 * the last byte alone is there, and bit 0 alone of that. */
typedef struct {
    uint64_t mask;         /* bit k: there is a boundary before symbol 64 * chunk - 1 + k */
    int rare;              /* these are not all: what was found tells */
} shim_chunk;

typedef struct {           /* where the symbols of a block are */
    const uint16_t *places; /* less `base`; NULL: all symbols are bytes.  places[-1] can be read */
    size_t base;           /* offset of the block in the text */
    uint32_t before[4];    /* offsets of the last four symbols before the block */
} shim_places;

static inline uint32_t shim_place(const shim_places *p, ptrdiff_t symbol) {
    if (symbol < 0) return p->before[4 + symbol];
    return (uint32_t)(p->base + (p->places ? p->places[symbol] : (size_t)symbol));
}

/* Symbols and drops of pairs 32 * chunk to 32 * chunk + 31, one by one; the number of ends then.  (Within the loops that
 * ask for it, compilers made it twice as slow.) */
static SHIM_NOINLINE size_t shim_ends_rare(const uint8_t *found, size_t chunk, const shim_places *p, uint32_t *ends,
                                           size_t n) {
    ptrdiff_t pair = (ptrdiff_t)chunk * 32, last = pair + 31;
    if (found[pair - 1] & 1) ends[n++] = shim_place(p, 2 * pair - 1);
    for (; pair <= last; pair++) {
        uint32_t ages = found[pair] & (pair == last ? 30 : 31); /* what is before the last symbol is told with the next chunk */
        n -= SHIM_DROPPED(found[pair]);
        while (ages) { /* the oldest first */
            unsigned age = shim_highest(ages);
            ends[n++] = shim_place(p, 2 * pair + 1 - (ptrdiff_t)age);
            ages ^= 1U << age;
        }
    }
    return n;
}

/* What the end of a text of `size` bytes brings, `count` symbols behind the first of the block; `entry` is that of `ends` for
 * the state there.  The number of ends then. */
static inline size_t shim_last_ends(uint32_t entry, size_t count, size_t size, const shim_places *p, uint32_t *ends,
                                    size_t n) {
    int age;
    n -= SHIM_DROPPED(entry);
    for (age = 3; age > 0; age--)
        if (entry >> age & 1) ends[n++] = shim_place(p, (ptrdiff_t)count - age);
    ends[n++] = (uint32_t)size;
    return n;
}

/* Bit k of x at bit 2k. */
static inline uint64_t shim_spread(uint64_t x) {
    x = (x | x << 16) & 0x0000FFFF0000FFFFULL;
    x = (x | x << 8) & 0x00FF00FF00FF00FFULL;
    x = (x | x << 4) & 0x0F0F0F0F0F0F0F0FULL;
    x = (x | x << 2) & 0x3333333333333333ULL;
    return (x | x << 1) & 0x5555555555555555ULL;
}

static inline shim_chunk shim_chunk_of(const uint8_t *found, size_t chunk) {
    uint64_t even = 0, odd = 0, any = 0;
    shim_chunk c;
    unsigned k;
    for (k = 0; k < 4; k++) {
        uint64_t here = shim_read_word(found + 32 * chunk + 8 * k);
        uint64_t before = shim_read_word(found + 32 * chunk + 8 * k - 1);
        any |= here;
        even |= (uint64_t)shim_low_bits(here >> 2 | before) << 8 * k;
        odd |= (uint64_t)shim_low_bits(here >> 1) << 8 * k;
    }
    c.rare = (any & SHIM_EVERY_BYTE * SHIM_RARE) != 0;
    c.mask = shim_spread(even) | shim_spread(odd) << 1;
    return c;
}

/* Write the places of a chunk's boundaries, four at a time: how many there are cannot be foreseen.  Up to three more are
 * written behind them.  The number of ends then. */
static inline size_t shim_ends_of_mask(uint64_t mask, size_t chunk, const shim_places *p, uint32_t *ends, size_t n) {
    const size_t first = 64 * chunk - 1;
    const uint32_t base = (uint32_t)(p->base + (p->places ? 0 : first));
    const size_t count = shim_ones(mask);
    uint32_t *to = ends + n;
    size_t k;
    if (chunk == 0 && (mask & 1)) { /* the last symbol of the block before */
        *to++ = p->before[3];
        mask &= mask - 1;
    }
    for (; mask; to += 4) {
        for (k = 0; k < 4; k++, mask &= mask - 1) {
            size_t bit = shim_lowest(mask | SHIM_LAST_BIT);
            to[k] = base + (p->places ? p->places[first + bit] : (uint32_t)bit);
        }
    }
    return n + count;
}

static inline size_t shim_ends(const shim_chunk *chunks, size_t n_chunks, const uint8_t *found, const shim_places *p,
                               uint32_t *ends, size_t n) {
    size_t chunk;
    for (chunk = 0; chunk < n_chunks; chunk++) {
        if (chunks[chunk].rare) n = shim_ends_rare(found, chunk, p, ends, n);
        else n = shim_ends_of_mask(chunks[chunk].mask, chunk, p, ends, n);
    }
    return n;
}

#if SHIM_X86

SHIM_AVX2 static inline shim_chunk shim_chunk_of_avx2(const uint8_t *found, size_t chunk) {
    shim_chunk c;
    __m256i here = _mm256_loadu_si256((const __m256i *)(found + 32 * chunk));
    __m256i before = _mm256_loadu_si256((const __m256i *)(found + 32 * chunk - 1));
    __m256i even = _mm256_or_si256(_mm256_slli_epi16(here, 5), _mm256_slli_epi16(before, 7)); /* bit 7 counts */
    __m256i odd = _mm256_slli_epi16(here, 6);
    uint64_t low = (uint32_t)_mm256_movemask_epi8(_mm256_unpacklo_epi8(even, odd));
    uint64_t high = (uint32_t)_mm256_movemask_epi8(_mm256_unpackhi_epi8(even, odd));
    c.rare = !_mm256_testz_si256(here, _mm256_set1_epi8(SHIM_RARE));
    c.mask = (low & 0xFFFF) | (high & 0xFFFF) << 16 | (low >> 16) << 32 | (high >> 16) << 48;
    return c;
}

/* Eight symbols at a time, without a branch: how many boundaries they have cannot be foreseen. */
SHIM_AVX2 static inline size_t shim_ends_avx2(const shim_chunk *chunks, size_t n_chunks, const uint8_t *found,
                                              const shim_places *p, uint32_t *ends, size_t n) {
    size_t chunk, k;
    for (chunk = 0; chunk < n_chunks; chunk++) {
        uint64_t mask = chunks[chunk].mask;
        const size_t first = 64 * chunk - 1;
        __m256i from = _mm256_set1_epi32((int)(uint32_t)(p->base + (p->places ? 0 : first)));
        if (SHIM_UNLIKELY(chunks[chunk].rare)) {
            n = shim_ends_rare(found, chunk, p, ends, n);
            continue;
        }
        if (chunk == 0 && (mask & 1)) { /* the last symbol of the block before */
            ends[n++] = p->before[3];
            mask &= mask - 1;
        }
        for (k = 0; k < 64; k += 8) {
            __m128i places = shim_compress_order(mask >> k & 0xFF);
            if (p->places) { /* of 16 bits: both bytes of each */
                places = _mm_unpacklo_epi8(places, places);
                places = _mm_add_epi8(_mm_add_epi8(places, places), _mm_set1_epi16(0x0100));
                places = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(p->places + first + k)), places);
                _mm256_storeu_si256((__m256i *)(ends + n), _mm256_add_epi32(from, _mm256_cvtepu16_epi32(places)));
            } else {
                _mm256_storeu_si256((__m256i *)(ends + n), _mm256_add_epi32(from, _mm256_cvtepu8_epi32(places)));
                from = _mm256_add_epi32(from, _mm256_set1_epi32(8));
            }
            n += (size_t)_mm_popcnt_u64(mask >> k & 0xFF);
        }
    }
    return n;
}

/* Widen `count` numbers of 16 bits, add `base`, and write them; up to 31 more are written. */
SHIM_AVX512 static inline void shim_write_places(__m512i numbers, size_t count, uint32_t base, uint32_t *ends) {
    const __m512i from = _mm512_set1_epi32((int)base);
    _mm512_storeu_si512(ends, _mm512_add_epi32(from, _mm512_cvtepu16_epi32(_mm512_castsi512_si256(numbers))));
    if (SHIM_UNLIKELY(count > 16))
        _mm512_storeu_si512(ends + 16,
                            _mm512_add_epi32(from, _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(numbers, 1))));
}

SHIM_AVX512 static inline size_t shim_ends_avx512(const shim_chunk *chunks, size_t n_chunks, const uint8_t *found,
                                                  const shim_places *p, uint32_t *ends, size_t n) {
    static const uint8_t iota[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                     16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                     32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                     48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    const __m512i numbers = _mm512_loadu_si512(iota);
    size_t chunk, k;
    for (chunk = 0; chunk < n_chunks; chunk++) {
        uint64_t mask = chunks[chunk].mask;
        size_t count = (size_t)_mm_popcnt_u64(mask), half = (size_t)_mm_popcnt_u64(mask & 0xFFFFFFFF);
        if (SHIM_UNLIKELY(chunks[chunk].rare)) {
            n = shim_ends_rare(found, chunk, p, ends, n);
            continue;
        }
        if (chunk == 0 && (mask & 1)) { /* the last symbol of the block before */
            ends[n++] = p->before[3];
            count--;
            half--;
            mask &= mask - 1;
        }
        if (p->places) {
            const uint16_t *places = p->places + 64 * chunk - 1;
            __m512i low = _mm512_maskz_compress_epi16((__mmask32)mask, _mm512_loadu_si512(places));
            __m512i high = _mm512_maskz_compress_epi16((__mmask32)(mask >> 32), _mm512_loadu_si512(places + 32));
            shim_write_places(low, half, (uint32_t)p->base, ends + n);
            shim_write_places(high, count - half, (uint32_t)p->base, ends + n + half);
        } else {
            __m512i places = _mm512_maskz_compress_epi8(mask, numbers);
            const __m512i from = _mm512_set1_epi32((int)(uint32_t)(p->base + 64 * chunk - 1));
            _mm512_storeu_si512(
                ends + n, _mm512_add_epi32(from, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(places))));
            for (k = 16; SHIM_UNLIKELY(k < count); k += 16) {
                places = _mm512_shuffle_i64x2(places, places, 0x39); /* the next 16 to the front */
                _mm512_storeu_si512(ends + n + k, _mm512_add_epi32(from, _mm512_cvtepu8_epi32(
                                                                             _mm512_castsi512_si128(places))));
            }
        }
        n += count;
    }
    return n;
}

#endif

#endif
