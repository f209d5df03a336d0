/* A tree over an array of numbers that knows the least of them, and where it first stands.
 *
 * Every node is the least of 16 below it.  Changing a number costs a few steps upward, and as many as the least of a
 * node changes; finding the first least costs one step for each level.  Numbers are int32, so that plain SSE2 can
 * compare them; uint32 numbers are laid over them in order (SHIM_ORDERED). */
#ifndef SHIMMYTOK_MIN_TREE_H
#define SHIMMYTOK_MIN_TREE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "bits.h"

#define SHIM_MIN_LEVELS 8                 /* 16**8 numbers */
#define SHIM_ORDERED(v) ((int32_t)((uint32_t)(v) ^ 0x80000000u))
#define SHIM_NO_NUMBER INT32_MAX          /* greater than all others: UINT32_MAX in order */

typedef struct {
    int32_t *levels[SHIM_MIN_LEVELS];     /* the lowest holds the numbers; each is filled up to a multiple of 16 */
    int top;
} shim_min_tree;

static inline int32_t shim_least_of_16(const int32_t *p) {
    int32_t a[4];
    int i, j;
    for (j = 0; j < 4; j++) a[j] = p[j];
    for (i = 4; i < 16; i += 4)
        for (j = 0; j < 4; j++) a[j] = p[i + j] < a[j] ? p[i + j] : a[j];
    a[0] = a[1] < a[0] ? a[1] : a[0];
    a[2] = a[3] < a[2] ? a[3] : a[2];
    return a[2] < a[0] ? a[2] : a[0];
}

/* The bytes that a tree over n >= 1 numbers takes. */
static inline size_t shim_min_tree_size(size_t n) {
    size_t size = 0;
    do {
        n = (n + 15) / 16;
        size += n * 16;
    } while (n > 1);
    return (size) * sizeof(int32_t);
}

/* Lay a tree over memory; n <= 2**31.  The numbers are to be written to levels[0] then. */
static inline void shim_min_tree_lay(shim_min_tree *tree, void *memory, size_t n) {
    int32_t *p = (int32_t *)memory;
    size_t i;
    tree->top = -1;
    do {
        size_t padded = (n + 15) / 16 * 16;
        tree->levels[++tree->top] = p;
        for (i = n; i < padded; i++) p[i] = SHIM_NO_NUMBER;
        p += padded;
        n = padded / 16;
    } while (n > 1);
}

/* Once the numbers are written. */
static inline void shim_min_tree_build(shim_min_tree *tree, size_t n) {
    int level;
    size_t i;
    for (level = 0; level < tree->top; level++) {
        n = (n + 15) / 16;
        for (i = 0; i < n; i++) tree->levels[level + 1][i] = shim_least_of_16(tree->levels[level] + 16 * i);
    }
}

static inline int32_t shim_min_tree_least(const shim_min_tree *tree) {
    return shim_least_of_16(tree->levels[tree->top]);
}

static inline uint32_t shim_equal_of_16(const int32_t *p, int32_t number) {
    uint32_t equal = 0;
    int i;
#if defined(__SSE2__)
    __m128i wanted = _mm_set1_epi32(number), part[4];
    for (i = 0; i < 4; i++) part[i] = _mm_cmpeq_epi32(_mm_loadu_si128((const __m128i *)p + i), wanted);
    equal = (uint32_t)_mm_movemask_epi8(
        _mm_packs_epi16(_mm_packs_epi32(part[0], part[1]), _mm_packs_epi32(part[2], part[3])));
#else
    for (i = 0; i < 16; i++) equal |= (uint32_t)(p[i] == number) << i;
#endif
    return equal;
}

/* The first place of the least number. */
static inline size_t shim_min_tree_first(const shim_min_tree *tree, int32_t least) {
    size_t place = 0;
    int level;
    for (level = tree->top; level >= 0; level--)
        place = 16 * place + shim_lowest(shim_equal_of_16(tree->levels[level] + 16 * place, least));
    return place;
}

/* The next place, behind one, with the least number of all; 0 if there is none. */
static inline int shim_min_tree_next(const shim_min_tree *tree, size_t *place, int32_t least) {
    size_t at = *place;
    int level;
    for (level = 0; level <= tree->top; level++, at /= 16) {
        uint32_t equal = shim_equal_of_16(tree->levels[level] + (at & ~(size_t)15), least) & ~1u << (at & 15);
        if (!equal) continue;
        at = (at & ~(size_t)15) + shim_lowest(equal);
        while (level--) at = 16 * at + shim_lowest(shim_equal_of_16(tree->levels[level] + 16 * at, least));
        *place = at;
        return 1;
    }
    return 0;
}

/* Once the number at a place has been changed. */
static inline void shim_min_tree_renew(shim_min_tree *tree, size_t place) {
    int level;
    for (level = 0; level < tree->top; level++) {
        int32_t least = shim_least_of_16(tree->levels[level] + (place & ~(size_t)15));
        place /= 16;
        if (tree->levels[level + 1][place] == least) return;
        tree->levels[level + 1][place] = least;
    }
}

#endif
