#include "cpu.h"
#undef __SSE2__
#include "narrow.h"
#include <stdio.h>

#define CHECK(bytes, type)                                          \
    static unsigned check_##bytes(const type *text) {               \
        uint8_t out[16];                                            \
        uint32_t mask = shim_narrow_##bytes(text, out);             \
        unsigned wrong = 0, i;                                      \
        for (i = 0; i < 16; i++) {                                  \
            wrong += (mask >> i & 1) != (text[i] >= 0x80);          \
            wrong += text[i] < 0x80 && out[i] != text[i];           \
        }                                                           \
        return wrong;                                               \
    }
CHECK(1, uint8_t)
CHECK(2, uint16_t)
CHECK(4, uint32_t)

int main(void) {
    uint8_t one[16];
    uint16_t two[16];
    uint32_t four[16];
    unsigned seed = 1, wrong = 0, round, i;
    for (round = 0; round < 3000; round++) {
        for (i = 0; i < 16; i++) {
            seed = seed * 1664525u + 1013904223u;
            four[i] = round % 3 && (seed >> 24) % 20 ? seed >> 8 & 0x7F : seed >> 8 & 0x1FFFFF;
            one[i] = (uint8_t)four[i];
            two[i] = (uint16_t)four[i];
        }
        wrong += check_1(one) + check_2(two) + check_4(four);
    }
    printf("%u %d", wrong, SHIM_SSE2);
    return 0;
}
