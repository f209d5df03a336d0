/* Splitting by a table (split_table.h), a block of text after the other; short texts at once: split_short.h.
 *
 * Holds the order of the steps and what is carried from block to block; the steps are in the headers it includes. */
#ifndef SHIMMYTOK_SPLIT_BLOCK_H
#define SHIMMYTOK_SPLIT_BLOCK_H

#include "split_bits.h"
#include "split_ends.h"
#include "split_run.h"
#include "split_symbols.h"

#define SHIM_BLOCK 16384      /* bytes of text */
#define SHIM_WORTH_CHUNKS 256 /* more symbols than this are run by bits: a block of less is what these gave up, or not ASCII */
#define SHIM_ENDS_SLACK 128   /* ends that may be written beyond those of a text or a block */

typedef struct {
    uint8_t symbols[SHIM_BLOCK + 64];
    uint8_t gathered[SHIM_BLOCK + 64];
    uint16_t places[32 + SHIM_BLOCK + 64]; /* from the 33rd on */
    uint16_t numbers[SHIM_BLOCK / 2 + 64];
    uint8_t found[64 + SHIM_BLOCK / 2 + 128]; /* from the 65th on */
    shim_chunk chunks[SHIM_BLOCK / 64 + 1];
} shim_buffers;

typedef struct {      /* between two blocks */
    size_t at;        /* bytes done */
    size_t state;     /* there */
    uint32_t before[4];
    uint32_t held[4]; /* the last ends found, which may yet be dropped */
    size_t n_held;
} shim_progress;

/* The first `n` bytes of the text are no longer there: they belong to pieces that were handed out. */
static inline void shim_forget(shim_progress *from, size_t n) {
    size_t k;
    from->at -= n;
    for (k = 0; k < 4; k++) { /* what lies before the text now is not asked for */
        from->before[k] -= (uint32_t)n;
        from->held[k] -= (uint32_t)n;
    }
}

/* Where to end a block that begins at `begin`. */
static inline size_t shim_block_end(const uint8_t *text, size_t size, size_t begin) {
    size_t end = begin + SHIM_BLOCK;
    if (size - begin <= SHIM_BLOCK) return size;
    while (!shim_is_first(text[end])) end--;
    return end;
}

/* Symbols of bytes of a block; how many.  `*symbols` and `*places` tell where; no places: each byte is one. */
static inline size_t shim_block_symbols(const shim_restart *t, int level, const uint8_t *text, size_t n,
                                        shim_buffers *b, const uint8_t **symbols, const uint16_t **places) {
    int wide;
    (void)level;
#if SHIM_X86
    if (level >= 1)
        wide = level >= 2 ? shim_symbols_avx512(t, text, n, b->symbols) : shim_symbols_avx2(t, text, n, b->symbols);
    else
#endif
        wide = shim_symbols(t, text, 0, n, b->symbols);
    *symbols = b->symbols;
    *places = NULL;
    if (!wide) return n;
    *symbols = b->gathered;
    *places = b->places + 32;
#if SHIM_X86
    if (level >= 2) return shim_gather_avx512(text, b->symbols, n, b->gathered, b->places + 32);
    if (level == 1) return shim_gather_avx2(text, b->symbols, n, b->gathered, b->places + 32);
#endif
    return shim_gather(text, b->symbols, 0, n, b->gathered, b->places + 32, 0);
}

/* Run the table over pairs of symbols; the row of `single` behind. */
static inline uint32_t shim_block_run(const shim_restart *t, int level, const uint8_t *symbols, size_t n_pairs,
                                      uint16_t *numbers, uint8_t *found, uint32_t row) {
    uint32_t w = (uint32_t)t->n_symbols;
    (void)level;
    if (t->pairs == NULL) return shim_run_single(t, symbols, n_pairs, found, row);
#if SHIM_X86
    if (level >= 1)
        shim_pair_avx2(w, symbols, n_pairs, numbers);
    else
#endif
        shim_pair(w, symbols, n_pairs, numbers);
    return shim_run_pairs(t, numbers, n_pairs, found, row * w) / w;
}

/* Run n symbols, up to 64, by `single`: 32 bytes of `found`. */
static inline uint32_t shim_run_late(const shim_restart *t, const uint8_t *symbols, size_t n, uint8_t *found,
                                     uint32_t row) {
    memset(found, 0, 32);
    row = shim_run_single(t, symbols, n / 2, found, row);
    return n % 2 ? shim_run_odd(t, symbols[n - 1], found + n / 2, row) : row;
}

#if SHIM_X86
/* Run the symbols of a block by bits, from and to a row of `single`; how many chunks were done: until it does not pay. */
SHIM_AVX2 static size_t shim_block_bits(const shim_restart *t, const uint8_t *symbols, size_t count, shim_buffers *b,
                                        uint32_t *row) {
    uint64_t planes[SHIM_PLANES], now, before, carry = 0;
    __m256i rows = _mm256_setzero_si256();
    shim_bits_run run = {0, SHIM_AT_LEAST, SHIM_STRANGE, *row};
    shim_word word;
    size_t chunk;
    for (chunk = 0; chunk <= count / 64; chunk++) {
        const uint8_t *here = symbols + 64 * chunk;
        uint8_t *found = b->found + 64 + 32 * chunk;
        size_t n = count - 64 * chunk < 64 ? count - 64 * chunk : 64;
        if (chunk) *row = shim_row(t->likely, &run, here - 1);
        run.most += t->likely->is_wide ? SHIM_PATIENCE / 2 : SHIM_PATIENCE; /* there is less to gain */
        shim_planes_avx2(t->likely, t->n_symbols, _mm256_loadu_si256((const __m256i *)here),
                         _mm256_loadu_si256((const __m256i *)(here + 32)), 1, &rows, planes);
        word = shim_run_word(t, planes, here, n, &run, &now, &before);
        if (SHIM_LIKELY(word == SHIM_IS_RUN)) {
            b->chunks[chunk].mask = before | now << 1 | carry;
            b->chunks[chunk].rare = 0;
            carry = now >> 63;
            found[31] = (uint8_t)carry; /* all that a chunk behind it asks for */
        } else if (word == SHIM_IS_LATE) {
            run.row = shim_run_late(t, here, n, found, *row);
            run.which = shim_which(t->likely, run.row, here[n - 1]);
            run.n_strange += SHIM_LATE;
            b->chunks[chunk] = shim_chunk_of_avx2(b->found + 64, chunk);
            carry = found[31] & 1;
        } else {
            return chunk;
        }
    }
    *row = shim_row(t->likely, &run, symbols + count - 1);
    return chunk;
}
#endif

/* Run the symbols of a block from a row of `single`, which is returned. */
static inline uint32_t shim_block_chunks(const shim_restart *t, int level, const uint8_t *symbols, size_t count,
                                         shim_buffers *b, uint32_t row) {
    static const uint8_t zeros[128] = {0};
    size_t chunk = 0, n_pairs = count / 2;
    uint8_t *found = b->found + 64;
    found[-1] = 0;
#if SHIM_X86
    if (level >= 1 && t->likely && count > SHIM_WORTH_CHUNKS) chunk = shim_block_bits(t, symbols, count, b, &row);
#endif
    if (chunk > count / 64) return row;
    row = shim_block_run(t, level, symbols + 64 * chunk, n_pairs - 32 * chunk, b->numbers, found + 32 * chunk, row);
    memcpy(found + n_pairs, zeros, sizeof zeros); /* compilers make a slow loop of a memset of this size */
    if (count % 2) row = shim_run_odd(t, symbols[count - 1], found + n_pairs, row);
    for (; chunk <= count / 64; chunk++) {
#if SHIM_X86
        if (level >= 1) {
            b->chunks[chunk] = shim_chunk_of_avx2(found, chunk);
            continue;
        }
#endif
        b->chunks[chunk] = shim_chunk_of(found, chunk);
    }
    return row;
}

static inline size_t shim_block_ends(int level, const shim_buffers *b, size_t n_chunks, const shim_places *p,
                                     uint32_t *ends, size_t n) {
    (void)level;
#if SHIM_X86
    if (level >= 2) return shim_ends_avx512(b->chunks, n_chunks, b->found + 64, p, ends, n);
    if (level == 1) return shim_ends_avx2(b->chunks, n_chunks, b->found + 64, p, ends, n);
#endif
    return shim_ends(b->chunks, n_chunks, b->found + 64, p, ends, n);
}

/* Append the ends that the next block of a clean text brings; how many there are then.
 *
 * `ends` has room for SHIM_BLOCK + SHIM_ENDS_SLACK more. */
static inline size_t shim_split_block(const shim_restart *t, int level, const uint8_t *text, size_t size,
                                      shim_buffers *b, shim_progress *from, uint32_t *ends, size_t n) {
    size_t begin = from->at, end = shim_block_end(text, size, begin), count, k;
    const uint8_t *symbols;
    uint32_t w = (uint32_t)t->n_symbols; /* a division of 64 bits takes several times as long as one of 32 */
    shim_places p;
    int last = end == size;
    for (k = 0; k < from->n_held; k++) ends[n++] = from->held[k];
    count = shim_block_symbols(t, level, text + begin, end - begin, b, &symbols, &p.places);
    p.base = begin;
    memcpy(p.before, from->before, sizeof p.before);
    if (!last && count % 2) end = shim_place(&p, (ptrdiff_t)--count);
    from->state = shim_block_chunks(t, level, symbols, count, b, (uint32_t)(from->state * w)) / w;
    n = shim_block_ends(level, b, count / 64 + 1, &p, ends, n);
    from->at = end;
    if (last) return shim_last_ends(t->ends[from->state], count, size, &p, ends, n);
    for (k = 0; k < 4; k++) from->before[k] = shim_place(&p, (ptrdiff_t)(count + k) - 4);
    from->n_held = t->guessed[from->state];
    n -= from->n_held;
    for (k = 0; k < from->n_held; k++) from->held[k] = ends[n + k];
    return n;
}

#endif
