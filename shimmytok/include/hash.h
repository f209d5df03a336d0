/* A keyed hash of short byte strings and of pairs of ids.
 *
 * Folded 64x64 -> 128 bit multiplication, as in wyhash and aHash.  The seed is random for each table, so that a file
 * cannot be made whose strings all collide.  Hash values never leave the process. */
#ifndef SHIMMYTOK_HASH_H
#define SHIMMYTOK_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(_MSC_VER)
#include <intrin.h>
#endif

#define SHIM_K0 0x9E3779B97F4A7C15ULL
#define SHIM_K1 0xD6E8FEB86659FD93ULL

static inline uint64_t shim_fold(uint64_t a, uint64_t b) {
#if defined(__SIZEOF_INT128__)
    __uint128_t p = (__uint128_t)a * b;
    return (uint64_t)p ^ (uint64_t)(p >> 64);
#elif defined(_MSC_VER) && defined(_M_X64)
    uint64_t high, low = _umul128(a, b, &high);
    return low ^ high;
#elif defined(_MSC_VER) && defined(_M_ARM64)
    return (a * b) ^ __umulh(a, b);
#else
    uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
    uint64_t ll = al * bl, lh = al * bh, hl = ah * bl, hh = ah * bh;
    uint64_t mid = (ll >> 32) + (uint32_t)lh + (uint32_t)hl;
    uint64_t low = (mid << 32) | (uint32_t)ll;
    uint64_t high = hh + (lh >> 32) + (hl >> 32) + (mid >> 32);
    return low ^ high;
#endif
}

static inline uint64_t shim_load8(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

static inline uint64_t shim_load4(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

static inline uint64_t shim_hash_bytes(const uint8_t *p, size_t n, uint64_t seed) {
    /* The seed goes into both factors of every product: else a text could make one of them 0. */
    uint64_t a, b, h = seed ^ (SHIM_K0 * (uint64_t)n), s = (seed << 32 | seed >> 32) ^ SHIM_K1;
    if (n <= 16) {
        if (n >= 8) {
            a = shim_load8(p);
            b = shim_load8(p + n - 8);
        } else if (n >= 4) {
            a = shim_load4(p);
            b = shim_load4(p + n - 4);
        } else if (n) {
            a = p[0];
            b = ((uint64_t)p[n >> 1] << 8) | p[n - 1];
        } else {
            a = b = 0;
        }
    } else {
        size_t left = n;
        const uint8_t *q = p;
        while (left > 16) {
            h = shim_fold(shim_load8(q) ^ s, shim_load8(q + 8) ^ h);
            q += 16;
            left -= 16;
        }
        a = shim_load8(p + n - 16);
        b = shim_load8(p + n - 8);
    }
    h = shim_fold(a ^ s, b ^ h);
    return shim_fold(h ^ SHIM_K0, seed ^ SHIM_K1);
}

static inline uint64_t shim_hash_pair(uint64_t key, uint64_t seed) {
    return shim_fold(key ^ seed, SHIM_K0);
}

/* Are two short strings of one length equal?  Quicker than memcmp up to some 16 bytes, and no slower above. */
static inline int shim_same_bytes(const uint8_t *a, const uint8_t *b, size_t n) {
    if (n > 16) return memcmp(a, b, n) == 0;
    if (n >= 8) return ((shim_load8(a) ^ shim_load8(b)) | (shim_load8(a + n - 8) ^ shim_load8(b + n - 8))) == 0;
    if (n >= 4) return ((shim_load4(a) ^ shim_load4(b)) | (shim_load4(a + n - 4) ^ shim_load4(b + n - 4))) == 0;
    if (n == 0) return 1;
    return ((a[0] ^ b[0]) | (a[n >> 1] ^ b[n >> 1]) | (a[n - 1] ^ b[n - 1])) == 0;
}

#endif
