/* Whether a text is ASCII. */
#ifndef SHIMMYTOK_ASCII_H
#define SHIMMYTOK_ASCII_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bits.h"

static inline int shim_is_ascii(const uint8_t *p, size_t n) {
    uint64_t all = 0, word;
    size_t i;
    if (n < 8) {
        for (i = 0; i < n; i++) all |= p[i];
    } else {
        for (i = 0; i <= n - 8; i += 8) {
            memcpy(&word, p + i, 8);
            all |= word;
        }
        memcpy(&word, p + n - 8, 8);
        all |= word;
    }
    return !(all & SHIM_EVERY_BYTE << 7);
}

#endif
