/* Eight bytes of text in a word of 64 bits, the first one the lowest: questions that are asked of all of them at once,
 * on any processor. */
#ifndef SHIMMYTOK_EIGHT_BYTES_H
#define SHIMMYTOK_EIGHT_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bits.h"

#define SHIM_TOP_BITS (SHIM_EVERY_BYTE << 7) /* where the answers are, one a byte */

static inline uint64_t shim_read_word(const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* The bytes of a text as little-endian words, with 0 after them.  Each word is read where it is, or from the last eight
 * bytes, of which those before it are shifted out: copying as many bytes as there are takes longer. */
static inline void shim_words(const uint8_t *p, size_t n, uint64_t *words, size_t n_words) {
    size_t i, at, before;
    if (n < 8) {
        for (i = 0; i < n_words; i++) words[i] = 0;
        for (i = 0; i < n; i++) words[0] |= (uint64_t)p[i] << 8 * i;
        return;
    }
    for (i = 0; i < n_words; i++) {
        at = 8 * i < n - 8 ? 8 * i : n - 8;
        before = 8 * i - at;
        words[i] = before < 8 ? shim_read_word(p + at) >> 8 * before : 0;
    }
}

/* What a table of 256 has for each of eight bytes. */
static inline uint64_t shim_map_bytes(const uint8_t *table, const uint8_t *p) {
    uint64_t word = 0;
    unsigned k;
    for (k = 0; k < 8; k++) word |= (uint64_t)table[p[k]] << 8 * k;
    return word;
}

/* The lowest bit of each byte, as a number: the first byte's lowest. */
static inline unsigned shim_low_bits(uint64_t x) {
    return (unsigned)((x & SHIM_EVERY_BYTE) * 0x0102040810204080ULL >> 56);
}

/* The same with the top bits, whatever the others are: answers become a number. */
static inline unsigned shim_answers(uint64_t x) { return shim_low_bits(x >> 7); }

/* Which bytes are not ASCII; which are lead bytes of characters that are not. */
static inline uint64_t shim_wide_bytes(uint64_t x) { return x & SHIM_TOP_BITS; }
static inline uint64_t shim_lead_bytes(uint64_t x) { return x & x << 1 & SHIM_TOP_BITS; }

/* Which bytes are `c`. */
static inline uint64_t shim_bytes_equal(uint64_t x, uint8_t c) {
    uint64_t differ = x ^ SHIM_EVERY_BYTE * c;
    return ~(((differ & ~SHIM_TOP_BITS) + ~SHIM_TOP_BITS) | differ) & SHIM_TOP_BITS;
}

/* Which bytes are ASCII characters from `first`, > 0, to `last`. */
static inline uint64_t shim_bytes_among(uint64_t x, uint8_t first, uint8_t last) {
    uint64_t low = x & ~SHIM_TOP_BITS; /* no sum of a byte reaches the next one */
    uint64_t from = low + SHIM_EVERY_BYTE * (uint8_t)(0x80 - first), behind = low + SHIM_EVERY_BYTE * (uint8_t)(0x7F - last);
    return from & ~behind & ~x & SHIM_TOP_BITS;
}

#endif
