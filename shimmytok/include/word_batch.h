/* Looking many short pieces up in the word cache: making their keys, and reading the entries of those that have one.
 *
 * Each function exists for each level of vector instructions (cpu.h); they stop at the first piece that is not theirs,
 * which the caller deals with before it calls again.  The levels hash differently, so an entry is found by the level
 * that made it; a change of level while a tokenizer lives costs time, and nothing else. */
#ifndef SHIMMYTOK_WORD_BATCH_H
#define SHIMMYTOK_WORD_BATCH_H

#include "cpu.h"
#include "prefetch.h"
#include "word_cache.h"

#define SHIM_SHORT 15
#define SHIM_LINE 8                       /* words */

typedef struct {
    uint64_t *lines;                      /* of short entries */
    uint64_t n_lines;
    uint64_t seed;
    const uint8_t *text;
    size_t readable;                      /* bytes of it */
    const uint32_t *ends;                 /* of the pieces */
    const uint32_t *starts;               /* of the pieces; NULL: each begins where the one before ends */
    size_t count;
    uint64_t (*keys)[2];                  /* of each piece; aligned to 16 bytes */
    uint64_t **places;                    /* and its line */
} shim_batch;

static size_t shim_probe_portable(const shim_batch *b, size_t k, size_t at) {
    uint8_t tail[16];
    for (; k < b->count; k++) {
        const uint8_t *p;
        size_t n;
        if (b->starts) at = b->starts[k];
        p = b->text + at;
        n = b->ends[k] - at;
        if (n > SHIM_SHORT) break;
        if (b->readable - at < 16) {
            memset(tail, 0, 16);
            memcpy(tail, p, b->readable - at);
            p = tail;
        }
        shim_short_key(p, n, &b->keys[k][0], &b->keys[k][1]);
        b->places[k] = b->lines + SHIM_LINE * shim_range(shim_short_hash(b->keys[k][0], b->keys[k][1], b->seed), b->n_lines);
        SHIM_PREFETCH(b->places[k]);
        at = b->ends[k];
    }
    return k;
}

static size_t shim_find_portable(const shim_batch *b, size_t k, uint32_t **ids, uint32_t *odd) {
    uint32_t *out = *ids, n;
    *odd = 0;
    for (; k < b->count; k++) {
        n = shim_short_find(b->places[k], b->keys[k][0], b->keys[k][1], out);
        if (n - 1 >= 4) {
            *odd = n;
            break;
        }
        out += n;
    }
    *ids = out;
    return k;
}

#if SHIM_X86

/* By length: the bytes of a key that are text, and its last byte. */
#define SHIM_FF(n) ((n) >= 8 ? ~0ULL : (1ULL << 8 * (n)) - 1)
#define SHIM_ROW(n) {{SHIM_FF(n), (n) > 8 ? SHIM_FF((n) - 8) : 0, 0, (uint64_t)(n) << 56}}
typedef struct {
    uint64_t words[4];
} shim_key_row;
static const shim_key_row shim_key_rows[16] __attribute__((aligned(32))) = {
    SHIM_ROW(0), SHIM_ROW(1), SHIM_ROW(2),  SHIM_ROW(3),  SHIM_ROW(4),  SHIM_ROW(5),  SHIM_ROW(6),  SHIM_ROW(7),
    SHIM_ROW(8), SHIM_ROW(9), SHIM_ROW(10), SHIM_ROW(11), SHIM_ROW(12), SHIM_ROW(13), SHIM_ROW(14), SHIM_ROW(15),
};
#define SHIM_NO_COUNT 0x0FFFFFFFFFFFFFFFLL

SHIM_AVX2 static size_t shim_probe_avx2(const shim_batch *b, size_t k, size_t at) {
    const uint8_t *text = b->text;
    const uint32_t *ends = b->ends, *starts = b->starts;
    const size_t count = b->count, readable = b->readable;
    const uint64_t seed = (uint32_t)b->seed, n_lines = b->n_lines;
    uint8_t *lines = (uint8_t *)b->lines;
    uint64_t(*keys)[2] = b->keys;
    uint64_t **places = b->places;
    uint8_t tail[16];
    for (; k < count; k++) {
        const uint8_t *p;
        size_t end = ends[k], n;
        __m128i key;
        uint64_t hash;
        if (starts) at = starts[k];
        p = text + at;
        n = end - at;
        if (n > SHIM_SHORT) break;
        if (SHIM_UNLIKELY(readable - at < 16)) {
            memset(tail, 0, 16);
            memcpy(tail, p, readable - at);
            p = tail;
        }
        key = _mm_and_si128(_mm_loadu_si128((const __m128i *)p), _mm_load_si128((const __m128i *)shim_key_rows[n].words));
        key = _mm_or_si128(key, _mm_load_si128((const __m128i *)(shim_key_rows[n].words + 2)));
        _mm_store_si128((__m128i *)keys[k], key);
        hash = _mm_crc32_u64(_mm_crc32_u64(seed, (uint64_t)_mm_cvtsi128_si64(key)), (uint64_t)_mm_extract_epi64(key, 1));
        places[k] = (uint64_t *)(lines + 64 * (hash * n_lines >> 32));
        _mm_prefetch((const char *)places[k], _MM_HINT_T0);
        at = end;
    }
    return k;
}

/* Take the ids of an entry (key, ids), read twice: `entry` and then `again`. */
#define SHIM_TAKE(entry, again, hit)                                                                              \
    {                                                                                                             \
        __m128i found = _mm256_extracti128_si256(entry, 1);                                                       \
        __m256i change = _mm256_xor_si256(entry, again);                                                          \
        uint32_t n = (uint32_t)((uint64_t)_mm256_extract_epi64(entry, 1) >> 60);                                  \
        _mm_storeu_si128((__m128i *)out, _mm_and_si128(found, id_bits));                                          \
        if (SHIM_UNLIKELY(!((hit) & _mm256_testz_si256(change, change) & _mm_testz_si128(found, version_bit)))) { \
            *odd = 0;                                                                                             \
            break;                                                                                                \
        }                                                                                                         \
        if (SHIM_UNLIKELY(n - 1 >= 4)) {                                                                          \
            *odd = n;                                                                                             \
            break;                                                                                                \
        }                                                                                                         \
        out += n;                                                                                                 \
    }

SHIM_AVX2 static size_t shim_find_avx2(const shim_batch *b, size_t k, uint32_t **ids, uint32_t *odd) {
    const __m256i in_key = _mm256_setr_epi64x(-1, SHIM_NO_COUNT, 0, 0);
    const __m128i id_bits = _mm_set1_epi32(0x00FFFFFF), version_bit = _mm_set1_epi64x(SHIM_ODD);
    const size_t count = b->count;
    uint32_t *out = *ids;
    *odd = 0;
    for (; k < count; k++) {
        const __m256i *line = (const __m256i *)b->places[k];
        __m256i key = _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)b->keys[k]));
        __m256i first = _mm256_load_si256(line), second = _mm256_load_si256(line + 1), entry, again, choice;
        int hit1, hit2;
        SHIM_READS_IN_ORDER();
        hit1 = _mm256_testz_si256(_mm256_xor_si256(first, key), in_key);
        hit2 = _mm256_testz_si256(_mm256_xor_si256(second, key), in_key);
        choice = _mm256_set1_epi64x(-(long long)hit2);
        entry = _mm256_blendv_epi8(first, second, choice);
        again = _mm256_blendv_epi8(_mm256_load_si256(line), _mm256_load_si256(line + 1), choice);
        SHIM_TAKE(entry, again, (hit1 | hit2))
    }
    *ids = out;
    return k;
}

SHIM_AVX512 static size_t shim_find_avx512(const shim_batch *b, size_t k, uint32_t **ids, uint32_t *odd) {
    const __m512i in_keys = _mm512_setr_epi64(-1, SHIM_NO_COUNT, 0, 0, -1, SHIM_NO_COUNT, 0, 0);
    const __m128i id_bits = _mm_set1_epi32(0x00FFFFFF), version_bit = _mm_set1_epi64x(SHIM_ODD);
    const size_t count = b->count;
    uint32_t *out = *ids;
    *odd = 0;
    for (; k < count; k++) {
        const uint64_t *line = b->places[k];
        __m512i key = _mm512_broadcast_i32x4(_mm_load_si128((const __m128i *)b->keys[k]));
        __m512i both = _mm512_load_si512(line);
        uint32_t same, second;
        __m512i change;
        __m128i found;
        __m256i entry;
        uint32_t n;
        SHIM_READS_IN_ORDER();
        change = _mm512_xor_si512(both, _mm512_load_si512(line));
        same = _mm512_testn_epi64_mask(_mm512_xor_si512(both, key), in_keys);
        second = (same & 0x30) == 0x30;
        entry = _mm512_castsi512_si256(_mm512_maskz_compress_epi64((__mmask8)(0x0F << 4 * second), both));
        found = _mm256_extracti128_si256(entry, 1);
        n = (uint32_t)((uint64_t)_mm256_extract_epi64(entry, 1) >> 60);
        _mm_storeu_si128((__m128i *)out, _mm_and_si128(found, id_bits));
        if (SHIM_UNLIKELY(!((second | ((same & 3) == 3)) & (_mm512_test_epi64_mask(change, change) == 0) &
                            _mm_testz_si128(found, version_bit))))
            break;
        if (SHIM_UNLIKELY(n - 1 >= 4)) {
            *odd = n;
            break;
        }
        out += n;
    }
    *ids = out;
    return k;
}
#endif

/* Make the keys of pieces from number k on, and ask for their lines; the number of the first that is longer than
 * SHIM_SHORT.  Where there are no `starts`, piece k begins at `at`. */
static inline size_t shim_probe_run(const shim_batch *b, int level, size_t k, size_t at) {
#if SHIM_X86
    if (level) return shim_probe_avx2(b, k, at);
#endif
    (void)level;
    return shim_probe_portable(b, k, at);
}

/* Write the ids of pieces from number k on to *ids, which moves on and has room for 4 beyond them; the number of the
 * first that has no entry, or (`odd` is not 0 then) one with another number of ids than 1 to 4. */
static inline size_t shim_find_run(const shim_batch *b, int level, size_t k, uint32_t **ids, uint32_t *odd) {
#if SHIM_X86
    if (level > 1) return shim_find_avx512(b, k, ids, odd);
    if (level) return shim_find_avx2(b, k, ids, odd);
#endif
    (void)level;
    return shim_find_portable(b, k, ids, odd);
}

#endif
