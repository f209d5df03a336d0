#include "min_tree.h"
#include <stdio.h>

static int32_t memory[6000], plain[5000];

int main(void) {
    static const size_t sizes[] = {1, 15, 16, 17, 255, 256, 257, 4095, 4097};
    shim_min_tree tree;
    unsigned seed = 1, wrong = 0;
    size_t s, i, round, place;
    for (s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (round = 0; round < 40; round++) {
            int32_t least = INT32_MAX;
            if (shim_min_tree_size(sizes[s]) > sizeof memory) return 1;
            shim_min_tree_lay(&tree, memory, sizes[s]);
            for (i = 0; i < sizes[s]; i++) {
                seed = seed * 1664525u + 1013904223u;
                tree.levels[0][i] = plain[i] = (int32_t)(seed >> 16) % (int)(2 + 30 * round);
                if (plain[i] < least) least = plain[i];
            }
            shim_min_tree_build(&tree, sizes[s]);
            wrong += shim_min_tree_least(&tree) != least;
            for (i = 0; plain[i] != least; i++) {}
            place = shim_min_tree_first(&tree, least);
            for (;;) {
                wrong += place != i;
                for (i++; i < sizes[s] && plain[i] != least; i++) {}
                if (!shim_min_tree_next(&tree, &place, least)) break;
            }
            wrong += i != sizes[s];
        }
    }
    printf("%u", wrong);
    return 0;
}
