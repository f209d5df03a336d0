/* Drawing together those of eight bytes that a mask names: what AVX-512 has an instruction for, by a table. */
#ifndef SHIMMYTOK_COMPRESS_H
#define SHIMMYTOK_COMPRESS_H

#include <stdint.h>

#include "cpu.h"

#if SHIM_X86

/* For each mask of eight places: the numbers of those it has, from the lowest byte on. */
#define SHIM_PLACE(m, i) ((uint64_t)((m) >> (i) & 1) * (i) << 8 * __builtin_popcount((m) & ((1 << (i)) - 1)))
#define SHIM_PLACES_1(m)                                                                                     \
    (SHIM_PLACE(m, 1) | SHIM_PLACE(m, 2) | SHIM_PLACE(m, 3) | SHIM_PLACE(m, 4) | SHIM_PLACE(m, 5) |          \
     SHIM_PLACE(m, 6) | SHIM_PLACE(m, 7))
#define SHIM_PLACES_4(m) SHIM_PLACES_1(m), SHIM_PLACES_1((m) + 1), SHIM_PLACES_1((m) + 2), SHIM_PLACES_1((m) + 3)
#define SHIM_PLACES_16(m) SHIM_PLACES_4(m), SHIM_PLACES_4((m) + 4), SHIM_PLACES_4((m) + 8), SHIM_PLACES_4((m) + 12)
#define SHIM_PLACES_64(m) \
    SHIM_PLACES_16(m), SHIM_PLACES_16((m) + 16), SHIM_PLACES_16((m) + 32), SHIM_PLACES_16((m) + 48)
static const uint64_t shim_compress_orders[256] = {
    SHIM_PLACES_64(0), SHIM_PLACES_64(64), SHIM_PLACES_64(128), SHIM_PLACES_64(192),
};

/* The numbers of the places of a mask of eight, as bytes. */
SHIM_AVX2 static inline __m128i shim_compress_order(uint32_t mask) {
    return _mm_loadl_epi64((const __m128i *)&shim_compress_orders[mask]);
}

#endif

#endif
