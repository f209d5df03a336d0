#include "split_block.h"
#include <stdio.h>
#include <stdlib.h>

/* A table and a text of ASCII from standard input: the chunks of the text, those that were not run by bits, and what
 * SHIM_AT_LEAST and SHIM_PATIENCE are compared with. */
static uint8_t input[1 << 20], symbols[1 << 20];
static uint32_t entries[255 * 32];
static shim_restart table;
static shim_likely likely;
static shim_chances chances;
static shim_buffers buffers;

#if SHIM_X86
SHIM_AVX2 static size_t read_one_by_one(size_t chunks) {
    shim_bits_run run = {0, SIZE_MAX, SHIM_STRANGE, 0};
    __m256i rows = _mm256_setzero_si256();
    uint64_t planes[SHIM_PLANES], now, before;
    uint32_t row = 0;
    size_t i, k;
    for (i = 0; i < chunks; i++) {
        const uint8_t *here = symbols + 64 * i;
        shim_planes_avx2(&likely, table.n_symbols, _mm256_loadu_si256((const __m256i *)here),
                         _mm256_loadu_si256((const __m256i *)(here + 32)), 1, &rows, planes);
        for (k = 0; k < 64; k++) row = table.single[row + here[k]] >> 8;
        if (shim_run_word(&table, planes, here, 64, &run, &now, &before) == SHIM_IS_RUN) continue;
        run.n_strange += SHIM_LATE;
        run.row = row;
        run.which = shim_which(&likely, row, here[63]);
    }
    return run.n_strange;
}
#endif

int main(void) {
    uint32_t sizes[2], row = 0;
    size_t n = fread(input, 1, sizeof input, stdin), at = sizeof sizes + 128, count, i;
    size_t chunks, done, one_by_one = 0;
    memcpy(sizes, input, sizeof sizes);
    memcpy(table.ascii, input + sizeof sizes, 128);
    memcpy(entries, input + at, sizes[0] * sizes[1] * sizeof *entries);
    at += sizes[0] * sizes[1] * sizeof *entries;
    for (i = 0; i < sizes[0] * sizes[1]; i++) entries[i] = ((entries[i] >> 8) * sizes[0]) << 8 | (entries[i] & 255);
    table.n_symbols = sizes[0];
    table.n_states = sizes[1];
    table.single = entries;
    table.likely = &likely;
    shim_find_likely(&table, &likely, &chances);
    count = n - at < SHIM_BLOCK ? n - at : SHIM_BLOCK;
    for (i = 0; i < count; i++) symbols[i] = table.ascii[input[at + i] & 127];
    chunks = count / 64;
    done = chunks + 1;
#if SHIM_X86
    if (shim_cpu_level() > 0) {
        done = shim_block_bits(&table, symbols, count, &buffers, &row);
        one_by_one = read_one_by_one(chunks);
    }
#endif
    (void)row, (void)buffers;
    printf("%lu %lu %lu", (unsigned long)chunks, (unsigned long)(chunks + 1 - done), (unsigned long)one_by_one);
    return 0;
}
