/* UTF-8 to what a str holds: characters of one, two or four bytes each. */
#ifndef SHIMMYTOK_UTF8_READ_H
#define SHIMMYTOK_UTF8_READ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bits.h"

/* The characters of a clean text, and its greatest byte.  Compilers make vector instructions of both. */
static inline size_t shim_count_characters(const uint8_t *p, size_t n, uint8_t *greatest) {
    size_t i, end, count = 0;
    uint8_t most = 0;
    for (i = 0; i < n; i = end) {
        uint8_t leads = 0; /* of so many bytes as fit */
        end = n - i < 128 ? n : i + 128;
        for (size_t k = i; k < end; k++) {
            leads += (int8_t)p[k] >= -64; /* no continuation */
            most = p[k] > most ? p[k] : most;
        }
        count += leads;
    }
    *greatest = most;
    return count;
}

static inline int shim_is_ascii_16(const uint8_t *p) {
    uint64_t word[2];
    memcpy(word, p, 16);
    return !((word[0] | word[1]) & SHIM_EVERY_BYTE << 7);
}

/* Write the characters of a clean text; 0 when one of them is a surrogate, which is no character to Python. */
#define SHIM_READ_UTF8(name, unit) \
    static inline int name(const uint8_t *p, size_t n, unit *out) { \
        const uint8_t *end = p + n, *stop; \
        while (p < end) { \
            if (end - p >= 16 && shim_is_ascii_16(p)) { \
                for (int i = 0; i < 16; i++) out[i] = p[i]; \
                p += 16; \
                out += 16; \
                continue; \
            } \
            for (stop = end - p < 16 ? end : p + 16; p < stop; out++) { \
                uint32_t c = *p; \
                if (c < 0x80) { \
                    *out = (unit)c; \
                    p += 1; \
                } else if (c < 0xE0) { \
                    *out = (unit)((c & 0x1F) << 6 | (p[1] & 0x3F)); \
                    p += 2; \
                } else if (c < 0xF0) { \
                    if (c == 0xED && p[1] >= 0xA0) return 0; \
                    *out = (unit)((c & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F)); \
                    p += 3; \
                } else { \
                    *out = (unit)((c & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 | (uint32_t)(p[2] & 0x3F) << 6 | \
                                  (p[3] & 0x3F)); \
                    p += 4; \
                } \
            } \
        } \
        return 1; \
    }

SHIM_READ_UTF8(shim_read_latin1, uint8_t)
SHIM_READ_UTF8(shim_read_ucs2, uint16_t)
SHIM_READ_UTF8(shim_read_ucs4, uint32_t)

#endif
