/* How many characters a clean text has, and how wide they are. */
#ifndef SHIMMYTOK_UTF8_COUNT_H
#define SHIMMYTOK_UTF8_COUNT_H

#include <stddef.h>
#include <stdint.h>

/* The characters of a clean text of n >= 1 bytes, and its greatest byte; 0 when one is a surrogate, which is none to
 * Python.  Compilers make vector instructions of it. */
static inline size_t shim_count_characters(const uint8_t *p, size_t n, uint8_t *greatest) {
    size_t i, k, end, count = 1;
    uint8_t most = p[0], surrogates = 0;
    for (i = 1; i < n; i = end) {
        uint8_t leads = 0; /* of no more bytes than it can count */
        end = n - i < 128 ? n : i + 128;
        for (k = i; k < end; k++) {
            leads += (p[k] & 0xC0) != 0x80;
            most = p[k] > most ? p[k] : most;
            surrogates |= (p[k - 1] == 0xED) & (p[k] >= 0xA0);
        }
        count += leads;
    }
    *greatest = most;
    return surrogates ? 0 : count;
}

#endif
