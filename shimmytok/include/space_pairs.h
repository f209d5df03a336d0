/* Is there a space with a mark behind it among 64 bytes?  Written so that compilers make vector code of it. */
#ifndef SHIMMYTOK_SPACE_PAIRS_H
#define SHIMMYTOK_SPACE_PAIRS_H

#include <stdint.h>

#define SHIM_PAIRS 64

/* Does one of p[0:64] follow a space and close a sentence: "?", "!", ".", ","?  p[-1] may be read. */
static inline int shim_any_stop(const uint8_t *p) {
    uint8_t any = 0;
    int i;
    for (i = 0; i < SHIM_PAIRS; i++) {
        uint8_t x = p[i];
        any |= (uint8_t)((p[i - 1] == ' ') & ((x == '?') | (x == '!') | (x == '.') | (x == ',')));
    }
    return any;
}

/* Or is it an apostrophe? */
static inline int shim_any_apostrophe(const uint8_t *p) {
    uint8_t any = 0;
    int i;
    for (i = 0; i < SHIM_PAIRS; i++) any |= (uint8_t)((p[i - 1] == ' ') & (p[i] == '\''));
    return any;
}

#endif
