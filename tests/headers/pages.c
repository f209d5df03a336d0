#define SHIMMYTOK_NO_MMAP
#include "pages.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    static const size_t sizes[] = {1, 63, 64, 255, 256, 257, 4096, 100000, 3 << 20};
    unsigned char *memory[9];
    size_t i, k, wrong = 0;
    for (i = 0; i < 9; i++) {
        memory[i] = shim_pages_new(sizes[i]);
        wrong += (uintptr_t)memory[i] % 256 != 0;
        for (k = 0; k < sizes[i]; k++) wrong += memory[i][k] != 0;
        memset(memory[i], 0xFF, sizes[i]);
    }
    for (i = 0; i < 9; i++) shim_pages_free(memory[i], sizes[i]);
    shim_pages_free(NULL, 1);
    printf("%zu", wrong);
    return 0;
}
