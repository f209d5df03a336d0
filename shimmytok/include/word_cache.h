/* The entries of the word cache: where they lie, and how one is read and written by many threads without a lock.
 *
 *   short  32 bytes: 16 of key, 4 ids      up to 15 bytes of text; two of them in a line of 64 bytes
 *   long   64 bytes: 32 of key, 8 ids      up to 31 bytes of text
 *   wide   128 bytes: 64 of key, 16 ids    up to 62 bytes of text
 * A word has an entry of the first kind that its text and its ids fit; a short text with many ids has a short entry
 * too, which says where to look.  Each kind has lines of its own.  A short entry may lie in either of two lines, another in
 * any of a group.
 *
 * The last byte of a short or long key, and the last two of a wide one, tell the length of the text and the number of
 * ids.  An id takes 24 bits; the eighth byte of each pair of ids and its fourth hold a version, odd while the entry is
 * being written (a seqlock).  A reader takes the ids before and after the key; it believes them only when they are the
 * same and the version is even.  It would have to stand still while the entry is written 32,768 times, with the same
 * ids at the end, to be deceived. */
#ifndef SHIMMYTOK_WORD_CACHE_H
#define SHIMMYTOK_WORD_CACHE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "hash.h"
#include "prefetch.h"

#define SHIM_IDS_MASK 0x00FFFFFF00FFFFFFULL
#define SHIM_ODD 0x0000000001000000ULL
#define SHIM_NO_COUNT 0x0FFFFFFFFFFFFFFFULL /* of the second word of a short key: all but the count of ids */
#define SHIM_NO_KEY 1ULL                  /* then 0: a key that no text has, since it has no length and yet a byte */

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

#define SHIM_LONG_WORDS 4                 /* of the key of a long entry, and of its ids */
#define SHIM_WIDE_WORDS 8
#define SHIM_LONG_TEXT 31
#define SHIM_WIDE_TEXT 62
#define SHIM_LONG_IDS 8
#define SHIM_WIDE_IDS 16
#define SHIM_IS_LONG 15                   /* the count of a short entry whose ids are in a long one, */
#define SHIM_IS_WIDE 14                   /* or in a wide one */

/* Where the count (less 1) stands in the last word of a key: above the length of the text. */
static inline int shim_count_at(int n_words) { return n_words == SHIM_LONG_WORDS ? 61 : 56; }

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

typedef struct {
    uint64_t *short_lines;                /* 8 words each; NULL: there is no cache */
    uint64_t *long_lines;
    uint64_t *wide_lines;                 /* 16 words each */
    uint64_t n_short;                     /* lines, < 2**32, by two */
    uint64_t n_long;
    uint64_t n_wide;
    uint64_t seed;
} shim_words_cache;

/* The other line that may have a short entry.  It has nothing to do with the first one, so that words whose first lines
 * are full do not meet again. */
static inline uint64_t *shim_other_line(const shim_words_cache *c, const uint64_t *key) {
    uint64_t hash = shim_fold(key[0] ^ SHIM_K1 ^ c->seed, key[1] ^ SHIM_K0 ^ (c->seed << 32 | c->seed >> 32));
    return c->short_lines + 8 * shim_range(hash << 32 | hash >> 32, c->n_short);
}

/* The long or wide entry that a key belongs to. */
static inline uint64_t *shim_entry_of(const shim_words_cache *c, const uint64_t *key, int n_words) {
    uint64_t hash = shim_key_hash(key, n_words, c->seed);
    if (n_words == SHIM_LONG_WORDS) return c->long_lines + 8 * shim_range(hash, c->n_long);
    return c->wide_lines + 16 * shim_range(hash, c->n_wide);
}

/* Long and wide entries lie in groups of 256 bytes; a key may be in any of a group: the one it belongs to, or another. */
static inline uint32_t shim_group_size(int n_words) { return n_words == SHIM_LONG_WORDS ? 4 : 2; }

static inline uint64_t *shim_entry_beside(const uint64_t *entry, int n_words, uint32_t i) {
    return (uint64_t *)((size_t)entry ^ 16 * (size_t)n_words * i);
}

#define SHIM_SHORT_WORDS 2
#define SHIM_SHORT_TEXT 15

/* The kind of entry to look for a piece in, by the words of a key, when its short entry told what stands in for the
 * count of its ids, or nothing: 0. */
static inline int shim_elsewhere(size_t n, uint32_t told) {
    if (n <= SHIM_SHORT_TEXT && told == 0) return SHIM_SHORT_WORDS;
    return n <= SHIM_LONG_TEXT && told != SHIM_IS_WIDE ? SHIM_LONG_WORDS : SHIM_WIDE_WORDS;
}

/* Has a short line room?  Then none of its words is in another line, but for those whose place was left since. */
static inline int shim_has_room(const uint64_t *line) { return (SHIM_READ(line + 1) == 0) | (SHIM_READ(line + 5) == 0); }

/* Where else to look for a piece that is not in its short line: the other line, or the first entry of a group, whose
 * memory is asked for; NULL: it is nowhere. */
static inline uint64_t *shim_look_elsewhere(const shim_words_cache *c, const uint8_t *p, size_t n,
                                            const uint64_t *short_key, uint32_t told) {
    uint64_t key[SHIM_WIDE_WORDS], *entry;
    int n_words = shim_elsewhere(n, told);
    uint32_t i;
    if (n > SHIM_WIDE_TEXT) return NULL;
    if (n_words == SHIM_SHORT_WORDS) {
        entry = shim_other_line(c, short_key);
        SHIM_PREFETCH(entry);
        return entry;
    }
    shim_key(p, n, n_words, key);
    entry = shim_entry_of(c, key, n_words);
    for (i = 0; i < shim_group_size(n_words); i++) SHIM_PREFETCH(shim_entry_beside(entry, n_words, i));
    return entry;
}

/* The number of ids of such a piece, which are written to `out`, or 0; `out` has room for SHIM_WIDE_IDS. */
static inline uint32_t shim_find_elsewhere(const shim_words_cache *c, const uint8_t *p, size_t n,
                                           const uint64_t *short_key, uint32_t told, const uint64_t *entry,
                                           uint32_t *out) {
    uint64_t key[SHIM_WIDE_WORDS];
    uint32_t count = 0, i;
    int n_words = shim_elsewhere(n, told);
    if (entry == NULL) return 0;
    if (n_words == SHIM_SHORT_WORDS) {
        told = shim_short_find(entry, short_key[0], short_key[1], out);
        if (told < SHIM_IS_WIDE) return told;
        n_words = shim_elsewhere(n, told);
        entry = NULL;
    }
    for (;;) {
        shim_key(p, n, n_words, key);
        if (entry == NULL) entry = shim_entry_of(c, key, n_words);
        for (i = 0; count == 0 && i < shim_group_size(n_words); i++)
            count = shim_entry_find(shim_entry_beside(entry, n_words, i), key, n_words, out);
        if (count || told || n_words == SHIM_WIDE_WORDS) return count;
        n_words = SHIM_WIDE_WORDS;        /* a long text may have more ids than a long entry */
        entry = NULL;
    }
}

/* Enter a word into one of its two short lines, where there is room or else in place of one of the four. */
static inline void shim_keep_short(uint64_t *line, uint64_t *other, const uint64_t *short_key, const uint32_t *ids,
                                   uint32_t count, uint32_t random) {
    uint64_t key[2], pairs[2] = {0, 0}, *entry;
    if (SHIM_READ(line + 1) == 0) entry = line;
    else if (SHIM_READ(line + 5) == 0) entry = line + 4;
    else if (SHIM_READ(other + 1) == 0) entry = other;
    else if (SHIM_READ(other + 5) == 0) entry = other + 4;
    else entry = (random & 2 ? other : line) + 4 * (random & 1);
    key[0] = short_key[0];
    key[1] = short_key[1] | (uint64_t)count << 60;
    if (count <= 4) {
        pairs[0] = ids[0] | (count > 1 ? (uint64_t)ids[1] << 32 : 0);
        pairs[1] = (count > 2 ? ids[2] : 0) | (count > 3 ? (uint64_t)ids[3] << 32 : 0);
    }
    shim_publish(entry, key, pairs, 2);
}

/* The same with a long or wide entry: the first that is empty, or any of the group. */
static inline void shim_keep_in(const shim_words_cache *c, const uint8_t *p, size_t n, int n_words, const uint32_t *ids,
                                uint32_t count, uint32_t random) {
    uint64_t key[SHIM_WIDE_WORDS], pairs[SHIM_WIDE_WORDS] = {0}, *home, *entry;
    uint32_t size = shim_group_size(n_words), i;
    shim_key(p, n, n_words, key);
    home = shim_entry_of(c, key, n_words);
    entry = shim_entry_beside(home, n_words, random & (size - 1));
    for (i = size; i--;)
        if (SHIM_READ(shim_entry_beside(home, n_words, i) + n_words - 1) == 0) entry = shim_entry_beside(home, n_words, i);
    key[n_words - 1] |= (uint64_t)(count - 1) << shim_count_at(n_words);
    for (i = 0; i < count; i++) pairs[i >> 1] |= (uint64_t)ids[i] << 32 * (i & 1);
    shim_publish(entry, key, pairs, n_words);
}

/* Enter a word, with its short key and line, if there is an entry that it fits; `told`: what its short entry said. */
static inline void shim_keep(const shim_words_cache *c, const uint8_t *p, size_t n, const uint64_t *key, uint64_t *line,
                             uint32_t told, const uint32_t *ids, uint32_t count, uint32_t random) {
    int n_words = n <= SHIM_LONG_TEXT && count <= SHIM_LONG_IDS ? SHIM_LONG_WORDS : SHIM_WIDE_WORDS;
    uint32_t all = 0, i;
    if (count == 0 || n > SHIM_WIDE_TEXT || count > SHIM_WIDE_IDS) return;
    for (i = 0; i < count; i++) all |= ids[i];
    if (all >> 24) return; /* an id has 24 bits */
    if (n > SHIM_SHORT_TEXT || count > 4) {
        shim_keep_in(c, p, n, n_words, ids, count, random);
        count = n_words == SHIM_LONG_WORDS ? SHIM_IS_LONG : SHIM_IS_WIDE;
    }
    if (n <= SHIM_SHORT_TEXT && told == 0) shim_keep_short(line, shim_other_line(c, key), key, ids, count, random);
}

/* Bring a word from its other short line to its own.  The one that makes room goes to its other line, unless that is
 * where it was: then it is forgotten. */
static inline void shim_move_home(const shim_words_cache *c, uint64_t *line, uint64_t *other, const uint64_t *key,
                                  uint32_t random) {
    static const uint64_t nothing[2] = {0, 0};
    uint64_t word[4], moved[4], *from = other, *to = line + 4 * (random & 1), *next;
    if (SHIM_READ(from) != key[0] || (SHIM_READ(from + 1) ^ key[1]) << 4) from += 4;
    if (SHIM_READ(line + 1) == 0) to = line;
    else if (SHIM_READ(line + 5) == 0) to = line + 4;
    if (!shim_copy_short(from, word) || !shim_copy_short(to, moved)) return;
    if (word[0] != key[0] || (word[1] ^ key[1]) << 4) return;
    shim_publish(to, word, word + 2, 2);
    shim_publish(from, nothing, nothing, 2);
    word[0] = moved[0];
    word[1] = moved[1] & SHIM_NO_COUNT;
    next = shim_other_line(c, word);
    if (moved[1] == 0 || next == line) return;
    if (SHIM_READ(next + 1) && (SHIM_READ(next + 5) == 0 || random & 2)) next += 4;
    shim_publish(next, moved, moved + 2, 2);
}

#endif
