#include "split_block.h"
#include <stdio.h>
#include <stdlib.h>

/* Tables and texts by chance, run by bits and symbol by symbol: how many chunks, and rows behind them, are not the same. */
static unsigned below(unsigned n) { return (unsigned)rand() / 7 % n; }

static uint32_t entries[250 * 32];
static shim_restart table;
static shim_likely likely;
static shim_chances chances;
static shim_buffers buffers, expected, whole;
static uint8_t symbols[1200 + 64];
static unsigned long n_run, n_rare, n_given_up;

/* Each symbol leads to one of two states, mostly to the one that the state before has as its own. */
static void make_table(unsigned n_symbols, unsigned n_states, unsigned strange) {
    unsigned s, y, to[2];
    for (y = 0; y < n_symbols; y++) {
        unsigned how = below(4);
        for (to[0] = below(n_states), to[1] = below(n_states), s = 0; s < n_states; s++) {
            unsigned which = how < 2 ? s % 2 : how % 2, flags = below(3) ? 0 : below(4);
            unsigned next = below(100) < strange ? below(n_states) : to[which];
            if (below(400) == 0) flags |= below(2) ? 4 : 0x20;
            entries[s * n_symbols + y] = next * n_symbols << 8 | flags;
        }
    }
    for (s = 0; s < 128; s++) table.ascii[s] = (uint8_t)below(n_symbols);
    table.n_symbols = n_symbols;
    table.n_states = n_states;
    table.single = entries;
    table.likely = &likely;
    shim_find_likely(&table, &likely, &chances);
}

static void make_text(unsigned count) {
    unsigned i, few = 1 + below((unsigned)table.n_symbols), run = below(2);
    for (i = 0; i < count; i++) {
        symbols[i] = (uint8_t)below(below(8) ? few : (unsigned)table.n_symbols);
        while (run && i + 1 < count && below(3)) {
            symbols[i + 1] = symbols[i];
            i++;
        }
    }
    for (i = count; i < count + 64; i++) symbols[i] = (uint8_t)below(256); /* nobody may care */
}

/* The row behind all symbols. */
static uint32_t row_behind(size_t count, uint32_t row) {
    size_t i;
    for (i = 0; i < count; i++) row = table.single[row + symbols[i]] >> 8;
    return row;
}

/* Is a chunk not as it should be, or what was found for it and before it? */
static unsigned long is_wrong(const shim_buffers *b, size_t chunk, shim_chunk c, const uint8_t *found) {
    shim_chunk is = b->chunks[chunk];
    const uint8_t *is_found = b->found + 64;
    if (!c.rare) return is.rare ? shim_chunk_of(is_found, chunk).mask != c.mask : is.mask != c.mask;
    return !is.rare || memcmp(is_found + 32 * chunk, found + 32 * chunk, 32) != 0 ||
           ((is_found[32 * (int)chunk - 1] ^ found[32 * (int)chunk - 1]) & 1);
}

static unsigned long wrong_chunks(size_t count) {
    size_t chunk, n, done, to;
    uint32_t start = below((unsigned)table.n_states) * (uint32_t)table.n_symbols, row = start, after = start;
    uint8_t *found = expected.found + 64;
    unsigned long wrong = 0;
    memset(&expected, 0, sizeof expected);
    memset(&buffers, 0xFF, sizeof buffers); /* what was there before */
    memset(&whole, 0xFF, sizeof whole);
    buffers.found[63] = 0;
    wrong += shim_block_chunks(&table, 1, symbols, count, &whole, start) != row_behind(count, start);
    done = shim_block_bits(&table, symbols, count, &buffers, &row);
    for (chunk = 0; chunk <= count / 64; chunk++) {
        shim_chunk c;
        n = count - 64 * chunk < 64 ? count - 64 * chunk : 64;
        to = 32 * chunk + n / 2;
        after = shim_run_single(&table, symbols + 64 * chunk, n / 2, found + 32 * chunk, after);
        if (n % 2) after = shim_run_odd(&table, symbols[64 * chunk + n - 1], found + to, after);
        c = shim_chunk_of(found, chunk);
        wrong += is_wrong(&whole, chunk, c, found);
        if (chunk < done) wrong += is_wrong(&buffers, chunk, c, found);
        if (chunk + 1 == done) wrong += row != after;
        n_run += chunk < done;
        n_rare += c.rare != 0;
    }
    n_given_up += done <= count / 64;
    return wrong;
}

int main(void) {
    unsigned long wrong = 0;
    unsigned i, k;
    if (shim_cpu_level() < 1) {
        printf("0 1 1 1");
        return 0;
    }
    for (i = 0; i < 600; i++) {
        make_table(1 + below(32), 1 + below(i % 2 ? 250 : 30), i % 3 ? below(4) : 0);
        for (k = 0; k < 60; k++) {
            unsigned count = 1 + below(i % 5 ? 200 : 1200);
            make_text(count);
            wrong += wrong_chunks(count);
        }
    }
    printf("%lu %d %d %d", wrong, n_run > 50000, n_rare > 1000, n_given_up > 1000);
    return 0;
}
