/* Which marks follow a space among 64 bytes?  With vectors, as GCC and clang have them on any processor. */
#ifndef SHIMMYTOK_SPACE_PAIRS_H
#define SHIMMYTOK_SPACE_PAIRS_H

#include <stdint.h>
#include <string.h>

#define SHIM_PAIRS 64

#if defined(__GNUC__) || defined(__clang__)
typedef uint8_t shim_bytes __attribute__((vector_size(16)));
#define SHIM_STEP 16
#else
typedef uint8_t shim_bytes;
#define SHIM_STEP 1
#endif

static inline shim_bytes shim_load_bytes(const uint8_t *p) {
    shim_bytes bytes;
    memcpy(&bytes, p, sizeof(bytes));
    return bytes;
}

static inline int shim_any_byte(shim_bytes bytes) {
    uint64_t words[2] = {0, 0};
    memcpy(words, &bytes, sizeof(bytes));
    return (words[0] | words[1]) != 0;
}

#define SHIM_STOP 1
#define SHIM_APOSTROPHE 2

/* What follows a space in p[0:64]: SHIM_STOP for "?", "!", "." or ",", SHIM_APOSTROPHE.  p[-1] may be read. */
static inline int shim_after_spaces(const uint8_t *p) {
    shim_bytes stop = shim_load_bytes(p) & 0, apostrophe = stop;
    int i;
    for (i = 0; i < SHIM_PAIRS; i += SHIM_STEP) {
        shim_bytes space = (shim_bytes)(shim_load_bytes(p + i - 1) == ' '), x = shim_load_bytes(p + i);
        stop |= space & ((shim_bytes)(x == '?') | (shim_bytes)(x == '!') | (shim_bytes)(x == '.') |
                         (shim_bytes)(x == ','));
        apostrophe |= space & (shim_bytes)(x == '\'');
    }
    return (shim_any_byte(stop) ? SHIM_STOP : 0) | (shim_any_byte(apostrophe) ? SHIM_APOSTROPHE : 0);
}

#endif
