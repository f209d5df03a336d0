/* An entry of the word cache: how it is read and written by many threads without a lock.
 *
 *   short  32 bytes: 16 of key, 4 ids      two of them in a line of 64 bytes
 *   long   64 bytes: 32 of key, 8 ids
 *   wide   128 bytes: 64 of key, 16 ids
 * Above the length of the text its key (word_keys.h) has the number of ids.  An id takes 24 bits; the eighth byte of each
 * pair of ids and its fourth hold a version, odd while the entry is being written (a seqlock).  A reader takes the ids
 * before and after the key; it believes them only when they are the same and the version is even.  It would have to stand
 * still while the entry is written 32,768 times, with the same ids at the end, to be deceived. */
#ifndef SHIMMYTOK_WORD_ENTRY_H
#define SHIMMYTOK_WORD_ENTRY_H

#include "word_keys.h"

#define SHIM_LONG_IDS 8
#define SHIM_WIDE_IDS 16
#define SHIM_IDS_MASK 0x00FFFFFF00FFFFFFULL
#define SHIM_ODD 0x0000000001000000ULL

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

/* Where the count (less 1) stands in the last word of a key: above the length of the text. */
static inline int shim_count_at(int n_words) { return n_words == SHIM_LONG_WORDS ? 61 : 56; }

/* Two ids as they lie in memory, the first one first. */
static inline uint64_t shim_in_memory(uint64_t pair) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return pair << 32 | pair >> 32;
#else
    return pair;
#endif
}

/* Look in a line of two short entries; the number of ids, written to out[0:4], what else its count says, or 0. */
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
    a = shim_in_memory(ids0 & SHIM_IDS_MASK);
    b = shim_in_memory(ids1 & SHIM_IDS_MASK);
    memcpy(out, &a, 8);
    memcpy(out + 2, &b, 8);
    return wrong ? 0 : (uint32_t)(key >> 60);
}

/* The same in an entry whose key and ids have n_words each: the number of ids, written to out[0:2 * n_words], or 0. */
static inline uint32_t shim_entry_find(const uint64_t *entry, const uint64_t *key, int n_words, uint32_t *out) {
    uint64_t ids[SHIM_WIDE_WORDS], wrong = 0, last;
    int i;
    if (SHIM_READ(entry) != key[0]) return 0; /* so it is with nearly all others of a group */
    for (i = 0; i < n_words; i++) ids[i] = SHIM_READ(entry + n_words + i);
    SHIM_READS_IN_ORDER();
    for (i = 0; i < n_words - 1; i++) wrong |= SHIM_READ(entry + i) ^ key[i];
    last = SHIM_READ(entry + n_words - 1);
    wrong |= (last ^ key[n_words - 1]) << (64 - shim_count_at(n_words));
    SHIM_READS_IN_ORDER();
    for (i = 0; i < n_words; i++) {
        wrong |= (SHIM_READ(entry + n_words + i) ^ ids[i]) | (ids[i] & SHIM_ODD);
        ids[i] = shim_in_memory(ids[i] & SHIM_IDS_MASK);
    }
    if (wrong) return 0;
    if (n_words == SHIM_LONG_WORDS) memcpy(out, ids, 8 * SHIM_LONG_WORDS);
    else memcpy(out, ids, 8 * SHIM_WIDE_WORDS);
    return (uint32_t)(last >> shim_count_at(n_words)) + 1;
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

/* Read a short entry as a whole; 0 when another thread is writing it. */
static inline int shim_copy_short(const uint64_t *entry, uint64_t *copy) {
    uint64_t wrong;
    int i;
    for (i = 2; i < 4; i++) copy[i] = SHIM_READ(entry + i);
    SHIM_READS_IN_ORDER();
    for (i = 0; i < 2; i++) copy[i] = SHIM_READ(entry + i);
    SHIM_READS_IN_ORDER();
    wrong = (copy[2] | copy[3]) & SHIM_ODD;
    for (i = 2; i < 4; i++) {
        wrong |= SHIM_READ(entry + i) ^ copy[i];
        copy[i] &= SHIM_IDS_MASK;
    }
    return wrong == 0;
}

#endif
