/* The word cache: where the entries of words lie (word_entry.h), how they are found and kept.
 *
 * A word has an entry of the first kind that its text and its ids fit; one whose text would fit a shorter kind has an
 * entry of that kind, too, which says where to look.  Each kind has lines of its own.  A short entry may lie in either of
 * two lines, another in any of a group. */
#ifndef SHIMMYTOK_WORD_CACHE_H
#define SHIMMYTOK_WORD_CACHE_H

#include "prefetch.h"
#include "word_entry.h"

#define SHIM_IS_LONG 15                   /* the count of a short entry whose ids are in a long one, */
#define SHIM_IS_WIDE 14                   /* or in a wide one */
#define SHIM_NO_ID 0x00FFFFFFU            /* the one id of a long entry whose ids are in a wide one; no word with it is kept */

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

/* The entry that a key belongs to, with the memory of its group asked for. */
static inline uint64_t *shim_ask_for_group(const shim_words_cache *c, const uint64_t *key, int n_words) {
    uint64_t *entry = shim_entry_of(c, key, n_words);
    uint32_t i;
    for (i = 0; i < shim_group_size(n_words); i++) SHIM_PREFETCH(shim_entry_beside(entry, n_words, i));
    return entry;
}

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
    if (n > SHIM_WIDE_TEXT) return NULL;
    if (n_words == SHIM_SHORT_WORDS) {
        entry = shim_other_line(c, short_key);
        SHIM_PREFETCH(entry);
        return entry;
    }
    shim_key(p, n, n_words, key);
    return shim_ask_for_group(c, key, n_words);
}

/* The number of ids of a piece in the group of a long or wide entry; NULL: the one it belongs to. */
static inline uint32_t shim_find_in(const shim_words_cache *c, const uint8_t *p, size_t n, int n_words,
                                    const uint64_t *entry, uint32_t *out) {
    uint64_t key[SHIM_WIDE_WORDS];
    uint32_t count = 0, i;
    shim_key(p, n, n_words, key);
    if (entry == NULL) entry = shim_entry_of(c, key, n_words);
    for (i = 0; count == 0 && i < shim_group_size(n_words); i++)
        count = shim_entry_find(shim_entry_beside(entry, n_words, i), key, n_words, out);
    return count;
}

/* The number of ids of a piece that is not in its short line, which are written to `out`, or 0; `out` has room for
 * SHIM_WIDE_IDS. */
static inline uint32_t shim_find_elsewhere(const shim_words_cache *c, const uint8_t *p, size_t n,
                                           const uint64_t *short_key, uint32_t told, const uint64_t *entry,
                                           uint32_t *out) {
    uint32_t count;
    int n_words = shim_elsewhere(n, told);
    if (entry == NULL) return 0;
    if (n_words == SHIM_SHORT_WORDS) {
        told = shim_short_find(entry, short_key[0], short_key[1], out);
        if (told < SHIM_IS_WIDE) return told;
        n_words = shim_elsewhere(n, told);
        entry = NULL;
    }
    count = shim_find_in(c, p, n, n_words, entry, out);
    return count == 1 && out[0] == SHIM_NO_ID ? shim_find_in(c, p, n, SHIM_WIDE_WORDS, NULL, out) : count;
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

/* The kind of entry that a word fits which no short one can have. */
static inline int shim_fitting(size_t n, uint32_t count) {
    return n <= SHIM_LONG_TEXT && count <= SHIM_LONG_IDS ? SHIM_LONG_WORDS : SHIM_WIDE_WORDS;
}

/* Ask for the memory where a word will be entered, beside its short lines. */
static inline void shim_ask_to_keep(const shim_words_cache *c, const uint8_t *p, size_t n, uint32_t count) {
    uint64_t key[SHIM_WIDE_WORDS];
    if (n > SHIM_WIDE_TEXT || (n <= SHIM_SHORT_TEXT && count <= 4)) return;
    shim_key(p, n, shim_fitting(n, count), key);
    shim_ask_for_group(c, key, shim_fitting(n, count));
}

/* Enter a word, with its short key and line, if there is an entry that it fits; `told`: what its short entry said. */
static inline void shim_keep(const shim_words_cache *c, const uint8_t *p, size_t n, const uint64_t *key, uint64_t *line,
                             uint32_t told, const uint32_t *ids, uint32_t count, uint32_t random) {
    static const uint32_t elsewhere = SHIM_NO_ID;
    uint32_t most = 0, i;
    int n_words = shim_fitting(n, count);
    if (count == 0 || n > SHIM_WIDE_TEXT || count > SHIM_WIDE_IDS) return;
    for (i = 0; i < count; i++) most = ids[i] > most ? ids[i] : most;
    if (most >= SHIM_NO_ID) return; /* an id has 24 bits */
    if (n > SHIM_SHORT_TEXT || count > 4) {
        shim_keep_in(c, p, n, n_words, ids, count, random);
        if (n > SHIM_SHORT_TEXT && n <= SHIM_LONG_TEXT && n_words == SHIM_WIDE_WORDS)
            shim_keep_in(c, p, n, SHIM_LONG_WORDS, &elsewhere, 1, random);
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
