/* Looking many pieces up in the short lines of the word cache: making their keys, and reading the entries of those that
 * have one.
 *
 * Each function exists for each level of vector instructions (cpu.h).  A piece without an entry there is written to a
 * list, for the caller to deal with.  The levels hash differently, so an entry is found by the level that made it; a
 * change of level while a tokenizer lives costs time, and nothing else. */
#ifndef SHIMMYTOK_WORD_BATCH_H
#define SHIMMYTOK_WORD_BATCH_H

#include "cpu.h"
#include "prefetch.h"
#include "word_cache.h"

#define SHIM_LINE 8                       /* words */

typedef struct {
    uint64_t *lines;                      /* of short entries */
    uint64_t n_lines;
    uint64_t seed;
    const uint8_t *text;
    size_t readable;                      /* bytes of it */
    const uint32_t *ends;                 /* of the pieces */
    const uint32_t *starts;               /* of the pieces, none before the last; NULL: each begins where that ends, */
    size_t begin;                         /* and the first here */
    size_t count;
    uint64_t (*keys)[2];                  /* of each piece; aligned to 16 bytes */
    uint64_t **places;                    /* and its line; those of a piece that is too long mean nothing */
} shim_batch;

/* A piece that is not in its short line: how many ids of other pieces came before it (32 bits), its number (16 bits),
 * and the count of its entry, when that is not the number of ids, else 0. */
typedef uint64_t shim_absent;
#define SHIM_ABSENT_GAP(a) ((uint32_t)(a))
#define SHIM_ABSENT_PIECE(a) ((uint32_t)((a) >> 32) & 0xFFFF)
#define SHIM_ABSENT_TOLD(a) ((uint32_t)((a) >> 48))

/* Make an entry for the key of pieces that are too long for a short one, with one id, if that fits into an entry; else one
 * that no piece finds.  Its 32 bytes are aligned to 16, and eight behind them are read, which are not SHIM_NO_KEY. */
static inline void shim_stand_in(uint64_t *entry, uint32_t id, int is_one) {
    is_one = is_one && id < SHIM_NO_ID;
    entry[0] = is_one ? SHIM_NO_KEY : 0;
    entry[1] = is_one ? 1ULL << 60 : 0;
    entry[2] = is_one ? id : 0;
    entry[3] = 0;
}

static inline size_t shim_piece_begin(const shim_batch *b, size_t k) {
    if (b->starts) return b->starts[k];
    return k ? b->ends[k - 1] : b->begin;
}

/* Probe the pieces from number `from` to `to`; with `apart` they have starts of their own, with `safe` 16 bytes of each may
 * be read.  (What the batch holds is copied: for all a compiler knows, the keys that are written could change it.) */
static inline void shim_probe_some_portable(const shim_batch *b, size_t from, size_t to, const int apart, const int safe) {
    const uint8_t *text = b->text;
    const uint32_t *ends = b->ends, *starts = b->starts;
    const uint64_t seed = b->seed, n_lines = b->n_lines;
    uint64_t *lines = b->lines, (*keys)[2] = b->keys, **places = b->places;
    size_t k, at = from < to ? shim_piece_begin(b, from) : 0;
    for (k = from; k < to; k++) {
        const uint8_t *p;
        uint8_t tail[16];
        size_t end = ends[k], n;
        uint64_t low, high;
        if (apart) at = starts[k];
        p = text + at;
        n = end - at;
        if (!safe && b->readable - at < 16) {
            memset(tail, 0, 16);
            memcpy(tail, p, b->readable - at);
            p = tail;
        }
        if (SHIM_UNLIKELY(n > SHIM_SHORT_TEXT)) {
            keys[k][0] = SHIM_NO_KEY;
            keys[k][1] = 0;
            places[k] = lines;
        } else {
            shim_short_key(p, n, &low, &high);
            keys[k][0] = low;
            keys[k][1] = high;
            places[k] = lines + SHIM_LINE * shim_range(shim_short_hash(low, high, seed), n_lines);
            SHIM_PREFETCH(places[k]);
        }
        at = end;
    }
}

/* In which pieces 16 bytes cannot be read, the last ones, is asked once. */
#define SHIM_PROBE(some)                                                            \
    size_t safe = b->count;                                                         \
    while (safe && b->readable - shim_piece_begin(b, safe - 1) < 16) safe--;        \
    if (b->starts) {                                                                \
        some(b, 0, safe, 1, 1);                                                     \
        some(b, safe, b->count, 1, 0);                                              \
    } else {                                                                        \
        some(b, 0, safe, 0, 1);                                                     \
        some(b, safe, b->count, 0, 0);                                              \
    }

static void shim_probe_portable(const shim_batch *b) { SHIM_PROBE(shim_probe_some_portable) }

/* Go on to the next piece: behind the ids of an entry with `count` of them, if it is a hit; else note the piece.  Nearly
 * all are hits: a branch is cheaper here than to do without. */
#define SHIM_NEXT(hit, count)                                               \
    if (SHIM_LIKELY(hit) && SHIM_LIKELY((count) - 1 < 4)) n += (count);     \
    else absent[n_absent++] = n | (uint64_t)k << 32 | ((hit) ? (uint64_t)(count) << 48 : 0)

static size_t shim_find_portable(const shim_batch *b, uint32_t *base, size_t *n_ids, shim_absent *absent) {
    const size_t count = b->count;
    const uint64_t(*keys)[2] = (const uint64_t(*)[2])b->keys;
    uint64_t *const *places = b->places;
    size_t k, n_absent = 0, n = *n_ids;
    for (k = 0; k < count; k++) {
        uint64_t told = shim_short_find(places[k], keys[k][0], keys[k][1], base + n);
        SHIM_NEXT(1, told);
    }
    *n_ids = n;
    return n_absent;
}

#if SHIM_X86

/* By length: the bytes of a key that are text, and its last byte; the last row is for all that are too long. */
#define SHIM_FF(n) ((n) >= 8 ? ~0ULL : (1ULL << 8 * (n)) - 1)
#define SHIM_ROW(n) {{SHIM_FF(n), (n) > 8 ? SHIM_FF((n) - 8) : 0, 0, (uint64_t)(n) << 56}}
typedef struct {
    uint64_t words[4];
} shim_key_row;
static const shim_key_row shim_key_rows[17] __attribute__((aligned(32))) = {
    SHIM_ROW(0), SHIM_ROW(1), SHIM_ROW(2),  SHIM_ROW(3),  SHIM_ROW(4),  SHIM_ROW(5),  SHIM_ROW(6),  SHIM_ROW(7),
    SHIM_ROW(8), SHIM_ROW(9), SHIM_ROW(10), SHIM_ROW(11), SHIM_ROW(12), SHIM_ROW(13), SHIM_ROW(14), SHIM_ROW(15),
    {{0, 0, SHIM_NO_KEY, 0}},
};

/* The same as shim_probe_some_portable. */
SHIM_AVX2 static inline void shim_probe_some_avx2(const shim_batch *b, size_t from, size_t to, const int apart,
                                                  const int safe) {
    const uint8_t *text = b->text;
    const uint32_t *ends = b->ends, *starts = b->starts;
    const uint64_t seed = (uint32_t)b->seed, n_lines = b->n_lines;
    uint8_t *lines = (uint8_t *)b->lines;
    uint64_t(*keys)[2] = b->keys;
    uint64_t **places = b->places;
    size_t k, at = from < to ? shim_piece_begin(b, from) : 0;
    for (k = from; k < to; k++) {
        const uint8_t *p;
        const uint64_t *row;
        uint8_t tail[16];
        size_t end = ends[k], n;
        __m128i key;
        uint64_t hash;
        if (apart) at = starts[k];
        p = text + at;
        n = end - at;
        if (!safe && b->readable - at < 16) {
            memset(tail, 0, 16);
            memcpy(tail, p, b->readable - at);
            p = tail;
        }
        row = shim_key_rows[n < 16 ? n : 16].words;
        key = _mm_and_si128(_mm_loadu_si128((const __m128i *)p), _mm_load_si128((const __m128i *)row));
        key = _mm_or_si128(key, _mm_load_si128((const __m128i *)(row + 2)));
        _mm_store_si128((__m128i *)keys[k], key);
        hash = _mm_crc32_u64(_mm_crc32_u64(seed, (uint64_t)_mm_cvtsi128_si64(key)), (uint64_t)_mm_extract_epi64(key, 1));
        places[k] = (uint64_t *)(lines + 64 * (hash * n_lines >> 32));
        _mm_prefetch((const char *)places[k], _MM_HINT_T0);
        at = end;
    }
}

SHIM_AVX2 static void shim_probe_avx2(const shim_batch *b) { SHIM_PROBE(shim_probe_some_avx2) }

SHIM_AVX2 static size_t shim_find_avx2(const shim_batch *b, uint32_t *base, size_t *n_ids, shim_absent *absent) {
    const __m128i in_key = _mm_set_epi64x((long long)SHIM_NO_COUNT, -1);
    const __m128i id_bits = _mm_set1_epi32(0x00FFFFFF), version_bit = _mm_set1_epi64x(SHIM_ODD);
    const size_t count = b->count;
    const uint64_t(*keys)[2] = (const uint64_t(*)[2])b->keys;
    uint64_t *const *places = b->places;
    size_t k, n_absent = 0, n = *n_ids;
    for (k = 0; k < count; k++) {
        /* Which of the two is told by half of the key: two words that share it and a line are as good as never met. */
        const uint64_t *entry = places[k], *second = entry + 4;
        __m128i key = _mm_load_si128((const __m128i *)keys[k]), ids, wrong;
        uint64_t told;
        entry = SHIM_READ(second) == keys[k][0] ? second : entry;
        ids = _mm_load_si128((const __m128i *)(entry + 2));
        SHIM_READS_IN_ORDER();
        wrong = _mm_and_si128(_mm_xor_si128(_mm_load_si128((const __m128i *)entry), key), in_key);
        told = ((const uint8_t *)entry)[15] >> 4;
        SHIM_READS_IN_ORDER();
        wrong = _mm_or_si128(wrong, _mm_xor_si128(_mm_load_si128((const __m128i *)(entry + 2)), ids));
        wrong = _mm_or_si128(wrong, _mm_and_si128(ids, version_bit));
        _mm_storeu_si128((__m128i *)(base + n), _mm_and_si128(ids, id_bits));
        SHIM_NEXT(_mm_testz_si128(wrong, wrong), told);
    }
    *n_ids = n;
    return n_absent;
}
#endif

/* Make the keys of the pieces, and ask for their lines. */
static inline void shim_probe(const shim_batch *b, int level) {
#if SHIM_X86
    if (level) {
        shim_probe_avx2(b);
        return;
    }
#endif
    (void)level;
    shim_probe_portable(b);
}

/* Append the ids of the pieces to the n_ids ids at `base`, where there is room for 4 a piece and 4 more; those that are
 * not there go to `absent`, in order, which has room for one more than there are pieces: their number. */
static inline size_t shim_find(const shim_batch *b, int level, uint32_t *base, size_t *n_ids, shim_absent *absent) {
#if SHIM_X86
    if (level) return shim_find_avx2(b, base, n_ids, absent);
#endif
    (void)level;
    return shim_find_portable(b, base, n_ids, absent);
}

#define SHIM_COPIED 16                    /* ids that are copied at a time */

/* Copy n ids; up to SHIM_COPIED more are read and written behind them.  The two do not overlap. */
static inline void shim_copy_ids(uint32_t *to, const uint32_t *from, size_t n) {
    size_t i;
    for (i = 0; i < n; i += SHIM_COPIED) memcpy(to + i, from + i, SHIM_COPIED * sizeof(uint32_t));
}

#endif
