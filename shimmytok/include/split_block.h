/* Splitting by a table (split_table.h), a block of text after the other, and short texts at once.
 *
 * Holds the order of the steps and what is carried from block to block; the steps are in the headers it includes. */
#ifndef SHIMMYTOK_SPLIT_BLOCK_H
#define SHIMMYTOK_SPLIT_BLOCK_H

#include "ascii.h"
#include "split_bits.h"
#include "split_ends.h"
#include "split_run.h"
#include "split_symbols.h"

#define SHIM_BLOCK 16384    /* bytes of text */
#define SHIM_SHORT 64       /* bytes: the longest text that is not worth a block */
#define SHIM_NO_BLOCK 256   /* the same, if it is ASCII */
#define SHIM_WORTH_BITS 8   /* bytes of a short text that is run by bits, */
#define SHIM_WORTH_PAIRS 32 /* or by pairs of them */
#define SHIM_ENDS_SLACK 128 /* ends that may be written beyond those of a block */

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

/* Of boundaries, the youngest of which is the lowest bit: drop those that an entry drops. */
static inline uint64_t shim_drop(uint64_t boundaries, uint32_t entry) {
    uint32_t k;
    for (k = SHIM_DROPPED(entry); SHIM_UNLIKELY(k); k--) boundaries &= boundaries - 1;
    return boundaries;
}

/* Write the ends of the pieces of a text of m symbols, the last of which led to a state: how many there are.  Bit k of
 * `boundaries` is k symbols before the last one; the symbols are at `places`, or with NULL bytes. */
static inline size_t shim_short_ends(const shim_restart *t, uint64_t boundaries, uint32_t state, size_t m, size_t size,
                                     const uint8_t *places, uint32_t *ends) {
    uint32_t entry = t->ends[state];
    size_t n = 0;
    boundaries = shim_drop(boundaries, entry) | (entry & 15) >> 1; /* these are counted from the end of the text */
    boundaries &= ~(uint64_t)0 >> (64 - m);
    while (boundaries) {
        unsigned k = shim_highest(boundaries);
        ends[n++] = places ? places[m - 1 - k] : (uint32_t)m - 1 - k;
        boundaries ^= (uint64_t)1 << k;
    }
    ends[n++] = (uint32_t)size;
    return n;
}

/* The ends of the pieces of a clean text of 1 to SHIM_SHORT bytes, `ascii`: all of them; how many there are. */
static inline size_t shim_split_short_of(const shim_restart *t, const uint8_t *text, size_t size, uint32_t *ends,
                                         const int ascii) {
    uint8_t places[SHIM_SHORT];
    uint64_t boundaries = 0;
    uint32_t entry = 0;
    size_t at = 0, m = 0;
    do {
        uint8_t symbol;
        if (!ascii) places[m++] = (uint8_t)at;
        if (ascii || text[at] < 0x80) {
            symbol = t->ascii[text[at++]];
        } else {
            symbol = shim_wide_symbol(t, text + at);
            do at++;
            while (at < size && !shim_is_first(text[at]));
        }
        entry = t->single[(entry >> 8) + symbol];
        boundaries = shim_drop(boundaries << 1, entry) | (entry & 15);
    } while (at < size);
    return shim_short_ends(t, boundaries, (entry >> 8) / (uint32_t)t->n_symbols, ascii ? size : m, size,
                           ascii ? NULL : places, ends);
}

/* The same of a text of ASCII by the table of pairs, which is too large for the first cache. */
static inline size_t shim_split_pairs(const shim_restart *t, const uint8_t *text, size_t size, uint32_t *ends) {
    const uint32_t w = (uint32_t)t->n_symbols;
    uint32_t entry = size % 2 ? t->single[t->ascii[text[0]]] : 0, row = (entry >> 8) * w;
    uint64_t boundaries = entry & 15;
    size_t at;
    for (at = size % 2; at < size; at += 2) {
        entry = t->pairs[row + t->ascii[text[at]] * w + t->ascii[text[at + 1]]];
        boundaries = shim_drop(boundaries << 2, entry) | (entry & 31);
        row = entry >> 8;
    }
    return shim_short_ends(t, boundaries, row / (w * w), size, size, NULL, ends);
}

#if SHIM_X86
/* The same of a text of ASCII of SHIM_WORTH_BITS to SHIM_NO_BLOCK bytes by bits; 0: that does not pay, or cannot tell. */
SHIM_AVX2 static size_t shim_split_bits(const shim_restart *t, const uint8_t *text, size_t size, uint32_t *ends) {
    uint8_t symbols[SHIM_NO_BLOCK];
    uint64_t planes[SHIM_PLANES], now, before, mask, carry = 0;
    __m256i of_ascii[8], a, b, rows = _mm256_setzero_si256();
    shim_bits_run run = {0, SHIM_AT_LEAST, SHIM_STRANGE, 0};
    uint32_t entry, k;
    size_t n = 0, at, count, i;
    shim_load_rows(t->ascii, 8, of_ascii);
    for (at = 0; at < size; at += 64) {
        size_t left = size - at;
        a = b = shim_symbols_of_32(of_ascii, text + at, left < 32 ? left : 32);
        _mm256_storeu_si256((__m256i *)(symbols + at), a);
        if (left > 32) {
            b = shim_symbols_of_32(of_ascii, text + at + 32, left < 64 ? left - 32 : 32);
            _mm256_storeu_si256((__m256i *)(symbols + at + 32), b);
            shim_planes_avx2(t->likely, t->n_symbols, a, b, 1, &rows, planes);
        } else {
            shim_planes_avx2(t->likely, t->n_symbols, a, a, 0, &rows, planes);
        }
        if (shim_run_word(t, planes, symbols + at, left < 64 ? left : 64, &run, &now, &before) != SHIM_IS_RUN) return 0;
        mask = before | now << 1 | carry;
        carry = now >> 63;
        count = (size_t)_mm_popcnt_u64(mask);
        for (i = 0; i < count; i += 8) /* how many there are cannot be foreseen */
            for (k = 0; k < 8; k++, mask &= mask - 1) ends[n + i + k] = (uint32_t)(at - 1 + _tzcnt_u64(mask));
        n += count;
    }
    if (carry) ends[n++] = (uint32_t)size - 1;
    entry = t->ends[shim_row(t->likely, &run, symbols + size - 1) / (uint32_t)t->n_symbols];
    n -= SHIM_DROPPED(entry);
    for (k = 3; k > 0; k--)
        if (entry >> k & 1) ends[n++] = (uint32_t)size - k;
    ends[n++] = (uint32_t)size;
    return n;
}
#endif

/* The ends of the pieces of a text that is longer, up to SHIM_NO_BLOCK bytes; 0: block by block. */
static inline size_t shim_split_at_once(const shim_restart *t, int level, const uint8_t *text, size_t size,
                                        uint32_t *ends) {
#if SHIM_X86
    if (level >= 1 && t->likely && shim_is_ascii(text, size)) return shim_split_bits(t, text, size, ends);
#endif
    (void)t, (void)level, (void)text, (void)size, (void)ends;
    return 0;
}

static inline size_t shim_split_short(const shim_restart *t, int level, const uint8_t *text, size_t size,
                                      uint32_t *ends) {
    if (size <= 1) { /* a newline between special tokens, mostly; there is room for an end more than there are bytes */
        ends[0] = 1;
        return size;
    }
    if (!shim_is_ascii(text, size)) return shim_split_short_of(t, text, size, ends, 0);
#if SHIM_X86
    if (level >= 1 && size >= SHIM_WORTH_BITS && t->likely) {
        size_t n = shim_split_bits(t, text, size, ends);
        if (n) return n;
    }
#endif
    (void)level;
    if (size < SHIM_WORTH_PAIRS || t->pairs == NULL) return shim_split_short_of(t, text, size, ends, 1);
    return shim_split_pairs(t, text, size, ends);
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
    if (level >= 1 && t->likely && count > SHIM_NO_BLOCK) chunk = shim_block_bits(t, symbols, count, b, &row);
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
    if (last) {
        uint32_t entry = t->ends[from->state];
        int age;
        n -= SHIM_DROPPED(entry);
        for (age = 3; age > 0; age--)
            if (entry >> age & 1) ends[n++] = shim_place(&p, (ptrdiff_t)count - age);
        ends[n++] = (uint32_t)size;
        return n;
    }
    for (k = 0; k < 4; k++) from->before[k] = shim_place(&p, (ptrdiff_t)(count + k) - 4);
    from->n_held = t->guessed[from->state];
    n -= from->n_held;
    for (k = 0; k < from->n_held; k++) from->held[k] = ends[n + k];
    return n;
}

#endif
