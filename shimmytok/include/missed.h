/* A piece of text that is to be encoded, since the word cache does not know it. */
#ifndef SHIMMYTOK_MISSED_H
#define SHIMMYTOK_MISSED_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint8_t *p;
    uint32_t n;                           /* bytes, at least 1 */
    uint32_t count;                       /* of its ids, */
    size_t first;                         /* and where they begin among those that were found */
} shim_missed;

#endif
