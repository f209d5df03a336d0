/* Counting zeros and ones, on any compiler, and bytes in a word. */
#ifndef SHIMMYTOK_BITS_H
#define SHIMMYTOK_BITS_H

#include <stdint.h>

#define SHIM_EVERY_BYTE 0x0101010101010101ULL /* times a byte: eight of it */

#if defined(_MSC_VER) && (defined(_M_X64) || defined(_M_ARM64))
#include <intrin.h>
#endif

#define SHIM_LAST_BIT (1ULL << 63) /* set it, and there is a lowest bit */

/* The number of the lowest bit that is set, of x != 0. */
static inline unsigned shim_lowest(uint64_t x) {
#if defined(__GNUC__) || defined(__clang__)
    return (unsigned)__builtin_ctzll(x);
#elif defined(_MSC_VER) && (defined(_M_X64) || defined(_M_ARM64))
    unsigned long at;
    _BitScanForward64(&at, x);
    return at;
#else
    unsigned at = 0;
    while (!(x & 0xFF)) {
        x >>= 8;
        at += 8;
    }
    while (!(x & 1)) {
        x >>= 1;
        at++;
    }
    return at;
#endif
}

/* The number of the highest bit that is set, of x != 0. */
static inline unsigned shim_highest(uint64_t x) {
#if defined(__GNUC__) || defined(__clang__)
    return 63 - (unsigned)__builtin_clzll(x);
#elif defined(_MSC_VER) && (defined(_M_X64) || defined(_M_ARM64))
    unsigned long at;
    _BitScanReverse64(&at, x);
    return at;
#else
    unsigned at = 0;
    while (x >>= 1) at++;
    return at;
#endif
}

/* How many bits are set, without the instruction that not all processors have. */
static inline unsigned shim_ones(uint64_t x) {
    x -= x >> 1 & 0x5555555555555555ULL;
    x = (x & 0x3333333333333333ULL) + (x >> 2 & 0x3333333333333333ULL);
    x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0FULL;
    return (unsigned)(x * SHIM_EVERY_BYTE >> 56);
}

#endif
