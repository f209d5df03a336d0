#include "pair_ranks.h"
#include <stdio.h>

int main(void) {
    static uint32_t merged[64];
    shim_merged_block block;
    shim_merges tables = {0};
    unsigned seed = 1, wrong = 0, packed = 0, round;
    size_t n, i;
    tables.blocks = &block;
    for (round = 0; round < 6400; round++) {
        uint32_t symbol = 1000;
        int in_order = 1;
        n = 1 + round % 64;
        for (i = 0; i < n; i++) {
            seed = seed * 1664525u + 1013904223u;
            symbol += seed >> 31;
            if (round % 3 == 0 && seed >> 16 & 1) symbol += seed >> 20 & 1, in_order = 0;
            merged[i] = round % 5 == 0 && (seed >> 24) % 3 == 0 ? UINT32_MAX : symbol;
        }
        tables.merged = merged;
        if (shim_merged_pack(&block, merged, n)) {
            packed++;
            tables.merged = NULL;
        } else if (in_order && round % 5) wrong++;
        for (i = 0; i < n; i++) {
            if (merged[i] != UINT32_MAX) wrong += shim_merged_portable(&tables, (uint32_t)i) != merged[i];
        }
    }
    printf("%u %d %d", wrong, packed > 3000, packed < 6000);
    return 0;
}
