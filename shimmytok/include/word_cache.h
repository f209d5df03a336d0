/* The entries of the word cache: how one is read and written by many threads without a lock.
 *
 * A line of 64 bytes holds two short entries or one long one:
 *   short  16 bytes of key, 4 ids     up to 15 bytes of text
 *   long   32 bytes of key, 8 ids     up to 31 bytes of text
 * The last byte of a key tells the length of the text and the number of ids.  An id takes 24 bits; the eighth byte of
 * each pair of ids and its fourth hold a version, odd while the entry is being written (a seqlock).  A reader takes the
 * ids before and after the key; it believes them only when they are the same and the version is even.  It would have to
 * stand still while the entry is written 32,768 times, with the same ids at the end, to be deceived. */
#ifndef SHIMMYTOK_WORD_CACHE_H
#define SHIMMYTOK_WORD_CACHE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "hash.h"

#define SHIM_IDS_MASK 0x00FFFFFF00FFFFFFULL
#define SHIM_VERSION_MASK 0xFF000000FF000000ULL
#define SHIM_ODD 0x0000000001000000ULL
#define SHIM_NO_KEY (~0ULL)               /* in the first word: a key that no entry has */

#if defined(__GNUC__) || defined(__clang__)
#define SHIM_READ(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define SHIM_WRITE(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define SHIM_READS_IN_ORDER() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define SHIM_WRITES_IN_ORDER() __atomic_thread_fence(__ATOMIC_RELEASE)
static inline int shim_claim(uint64_t *p, uint64_t expected, uint64_t wanted) {
    return __atomic_compare_exchange_n(p, &expected, wanted, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}
#else
#include <intrin.h>
#define SHIM_READ(p) (*(const volatile uint64_t *)(p))
#define SHIM_WRITE(p, v) (*(volatile uint64_t *)(p) = (v))
#if defined(_M_ARM64)
#define SHIM_READS_IN_ORDER() __dmb(_ARM64_BARRIER_ISHLD)
#define SHIM_WRITES_IN_ORDER() __dmb(_ARM64_BARRIER_ISH)
#else
#define SHIM_READS_IN_ORDER() _ReadWriteBarrier()
#define SHIM_WRITES_IN_ORDER() _ReadWriteBarrier()
#endif
static inline int shim_claim(uint64_t *p, uint64_t expected, uint64_t wanted) {
    return _InterlockedCompareExchange64((volatile long long *)p, (long long)wanted, (long long)expected) ==
           (long long)expected;
}
#endif

/* The bytes of a text as little-endian words, with 0 after them; not more than 8 words. */
static inline void shim_words(const uint8_t *p, size_t n, uint64_t *words, size_t n_words) {
    memset(words, 0, 8 * n_words);
    memcpy(words, p, n);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    for (size_t i = 0; i < n_words; i++) words[i] = __builtin_bswap64(words[i]);
#endif
}

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
    uint64_t words[2];
    memcpy(words, p, 16);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    words[0] = __builtin_bswap64(words[0]);
    words[1] = __builtin_bswap64(words[1]);
#endif
    *low = words[0] & shim_low_mask[n];
    *high = (words[1] & shim_high_mask[n]) | (uint64_t)n << 56;
}

static inline uint64_t shim_short_hash(uint64_t low, uint64_t high, uint64_t seed) {
    return shim_fold(low ^ seed, high ^ SHIM_K1 ^ (seed << 32 | seed >> 32));
}

static inline uint64_t shim_long_hash(const uint64_t *key, uint64_t seed) {
    uint64_t other = seed << 32 | seed >> 32;
    return shim_fold(shim_fold(key[0] ^ seed, key[1] ^ SHIM_K0 ^ other) ^ key[2], key[3] ^ SHIM_K1 ^ seed);
}

/* A number below n, n < 2**32, from the upper half of a hash. */
static inline size_t shim_range(uint64_t hash, uint64_t n) { return (size_t)((hash >> 32) * n >> 32); }

/* Look in a line of two short entries; the number of ids, written to out[0:4], or 0. */
static inline uint32_t shim_short_find(const uint64_t *line, uint64_t low, uint64_t high, uint32_t *out) {
    const uint64_t *entry = line;
    uint64_t ids0, ids1, key, wrong, a, b;
    /* The upper 4 bits of the key are the count. */
    a = (SHIM_READ(line + 4) ^ low) | ((SHIM_READ(line + 5) ^ high) << 4);
    entry += a == 0 ? 4 : 0;
    ids0 = SHIM_READ(entry + 2);
    ids1 = SHIM_READ(entry + 3);
    SHIM_READS_IN_ORDER();
    a = SHIM_READ(entry) ^ low;
    key = SHIM_READ(entry + 1);
    SHIM_READS_IN_ORDER();
    b = SHIM_READ(entry + 2) ^ ids0;
    wrong = a | ((key ^ high) << 4) | b | (SHIM_READ(entry + 3) ^ ids1) | ((ids0 | ids1) & SHIM_ODD);
    a = ids0 & SHIM_IDS_MASK;
    b = ids1 & SHIM_IDS_MASK;
    memcpy(out, &a, 8);
    memcpy(out + 2, &b, 8);
    return wrong ? 0 : (uint32_t)(key >> 60);
}

/* The same in a line with a long entry: 1 to 8 ids, written to out[0:8], or 0. */
static inline uint32_t shim_long_find(const uint64_t *line, const uint64_t *key, uint32_t *out) {
    uint64_t ids[4], wrong = 0, last;
    int i;
    for (i = 0; i < 4; i++) ids[i] = SHIM_READ(line + 4 + i);
    SHIM_READS_IN_ORDER();
    for (i = 0; i < 3; i++) wrong |= SHIM_READ(line + i) ^ key[i];
    last = SHIM_READ(line + 3);
    wrong |= (last ^ key[3]) << 3;
    SHIM_READS_IN_ORDER();
    for (i = 0; i < 4; i++) {
        wrong |= (SHIM_READ(line + 4 + i) ^ ids[i]) | (ids[i] & SHIM_ODD);
        ids[i] &= SHIM_IDS_MASK;
    }
    if (wrong) return 0;
    memcpy(out, ids, 32);
    return (uint32_t)(last >> 61) + 1;
}

/* Write n_key words of key and n_ids words of ids (in the lower 24 bits of each half); nothing when another thread is
 * writing there. */
static inline void shim_publish(uint64_t *entry, const uint64_t *key, const uint64_t *ids, int n_words) {
    uint64_t *place = entry + n_words;
    uint64_t old = SHIM_READ(place), version;
    int i;
    if (old & SHIM_ODD) return;
    version = ((old >> 24) & 0xFF) | ((old >> 56) << 8);
    version++;
#define SHIM_SPREAD(v) (((v) & 0xFF) << 24 | ((v) >> 8 & 0xFF) << 56)
    if (!shim_claim(place, old, (old & SHIM_IDS_MASK) | SHIM_SPREAD(version))) return;
    for (i = 1; i < n_words; i++)
        SHIM_WRITE(place + i, (SHIM_READ(place + i) & SHIM_IDS_MASK) | SHIM_SPREAD(version));
    SHIM_WRITES_IN_ORDER();
    for (i = 0; i < n_words; i++) SHIM_WRITE(entry + i, key[i]);
    SHIM_WRITES_IN_ORDER();
    version++;
    for (i = 1; i < n_words; i++) SHIM_WRITE(place + i, ids[i] | SHIM_SPREAD(version));
    SHIM_WRITES_IN_ORDER();
    SHIM_WRITE(place, ids[0] | SHIM_SPREAD(version));
#undef SHIM_SPREAD
}

/* Let two short entries change places, unless another thread is writing one of them. */
static inline void shim_exchange(uint64_t *a, uint64_t *b) {
    uint64_t x[4], y[4], wrong;
    int i;
    for (i = 2; i < 4; i++) {
        x[i] = SHIM_READ(a + i);
        y[i] = SHIM_READ(b + i);
    }
    SHIM_READS_IN_ORDER();
    for (i = 0; i < 2; i++) {
        x[i] = SHIM_READ(a + i);
        y[i] = SHIM_READ(b + i);
    }
    SHIM_READS_IN_ORDER();
    wrong = (x[2] | x[3] | y[2] | y[3]) & SHIM_ODD;
    for (i = 2; i < 4; i++) {
        wrong |= (SHIM_READ(a + i) ^ x[i]) | (SHIM_READ(b + i) ^ y[i]);
        x[i] &= SHIM_IDS_MASK;
        y[i] &= SHIM_IDS_MASK;
    }
    if (wrong) return;
    shim_publish(a, y, y + 2, 2);
    shim_publish(b, x, x + 2, 2);
}

#endif
