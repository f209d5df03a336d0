/* The keys of words, of three sizes: their bytes as little-endian words, and above them the length of the text.
 *
 *   short  2 words: up to 15 bytes of text
 *   long   4 words: up to 31
 *   wide   8 words: up to 62
 * The last byte of a short or long key, and the last two of a wide one, have the length; the bits above it are 0 here, and
 * the number of ids in an entry of the word cache (word_entry.h). */
#ifndef SHIMMYTOK_WORD_KEYS_H
#define SHIMMYTOK_WORD_KEYS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "eight_bytes.h"
#include "hash.h"

#define SHIM_SHORT_WORDS 2
#define SHIM_LONG_WORDS 4
#define SHIM_WIDE_WORDS 8
#define SHIM_SHORT_TEXT 15                /* bytes of the longest text */
#define SHIM_LONG_TEXT 31
#define SHIM_WIDE_TEXT 62
#define SHIM_NO_COUNT 0x0FFFFFFFFFFFFFFFULL /* of the second word of a short key: all but the count of ids */
#define SHIM_NO_KEY 1ULL                  /* then 0: a key that no text has, since it has no length and yet a byte */

static const uint64_t shim_low_mask[32] = {
    0x0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFF, 0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFF,
    ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL,
};
static const uint64_t shim_high_mask[32] = {
    0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0,
    0x0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFF, 0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFF,
};

/* The key of a text of 1 to 15 bytes, of which 16 may be read; the count of ids (the uppermost 4 bits) is 0. */
static inline void shim_short_key(const uint8_t *p, size_t n, uint64_t *low, uint64_t *high) {
    *low = shim_read_word(p) & shim_low_mask[n];
    *high = (shim_read_word(p + 8) & shim_high_mask[n]) | (uint64_t)n << 56;
}

static inline uint64_t shim_short_hash(uint64_t low, uint64_t high, uint64_t seed) {
    return shim_fold(low ^ seed, high ^ SHIM_K1 ^ (seed << 32 | seed >> 32));
}

/* The key of a text that fits. */
static inline void shim_key(const uint8_t *p, size_t n, int n_words, uint64_t *key) {
    shim_words(p, n, key, (size_t)n_words);
    key[n_words - 1] |= (uint64_t)n << (n_words == SHIM_LONG_WORDS ? 56 : 48);
}

static inline uint64_t shim_key_hash(const uint64_t *key, int n_words, uint64_t seed) {
    uint64_t other = seed << 32 | seed >> 32, hash = seed;
    int i;
    for (i = 0; i < n_words; i += 2) hash = shim_fold(key[i] ^ hash, key[i + 1] ^ SHIM_K0 ^ other);
    return shim_fold(hash ^ SHIM_K1, seed ^ SHIM_K0);
}

/* A number below n, n < 2**32, from the upper half of a hash. */
static inline size_t shim_range(uint64_t hash, uint64_t n) { return (size_t)((hash >> 32) * n >> 32); }

#endif
