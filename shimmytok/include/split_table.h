/* The table that splits a text reading each symbol once, and the same for two symbols a step.
 *
 * Holds its layout and the squaring; not how it comes about (restart.py) nor the loops that run it (split_run.h).
 *
 * A symbol is the class of a character, less the two classes that are no character's.  The low byte of an entry tells
 * boundaries.  `single`: bit k, the place k symbols before the one read, k < 4.  `pairs`: bit k, the place k symbols
 * before the second one read, k < 5.  Both: bits 5 and 6, how many of the last boundaries to drop first. */
#ifndef SHIMMYTOK_SPLIT_TABLE_H
#define SHIMMYTOK_SPLIT_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SHIM_NO_ROW UINT32_MAX
#define SHIM_DROPPED(entry) ((entry) >> 5 & 3)

struct shim_likely;

typedef struct {
    size_t n_symbols;
    size_t n_states;
    const uint32_t *single;  /* [row + symbol] = next row << 8 | boundaries; row = state * n_symbols */
    const uint32_t *pairs;   /* [row + pair]; row = state * n_symbols**2, pair = first * n_symbols + second; or NULL */
    const uint32_t *meeting; /* [pair] = the row of `pairs` it leads to from any state, or SHIM_NO_ROW */
    const uint32_t *ends;    /* [state] = boundaries at the end of the text, as in `single` */
    const uint8_t *guessed;  /* [state] = how many of the last boundaries may yet be dropped */
    const struct shim_likely *likely; /* split_likely.h; or NULL */
    uint8_t ascii[128];      /* character -> symbol */
    const uint16_t *page_of; /* code point >> 8 -> page */
    const uint8_t *pages;    /* page << 8 | code point & 255 -> class */
    uint8_t alike[64];       /* by the lower six bits of a lead byte: the symbol that all characters with it have, or
                                SHIM_MIXED */
} shim_restart;

#define SHIM_MIXED 0xFF

static inline uint8_t shim_class(const shim_restart *t, uint32_t cp) {
    return t->pages[(size_t)t->page_of[cp >> 8] << 8 | (cp & 255)];
}

/* Fill `alike`, from page_of and pages.  Lead bytes of four bytes count as mixed. */
static inline void shim_find_alike(shim_restart *t, uint8_t first_class) {
    uint32_t lead, cp, end;
    uint8_t class;
    memset(t->alike, SHIM_MIXED, sizeof t->alike);
    for (lead = 0xC2; lead < 0xF0; lead++) {
        cp = lead < 0xE0 ? (lead & 0x1F) << 6 : (lead & 0x0F) << 12;
        end = cp + (lead < 0xE0 ? 64 : 4096);
        if (lead == 0xE0) cp = 0x800;
        class = shim_class(t, cp);
        while (cp < end && shim_class(t, cp) == class) cp++;
        if (cp == end) t->alike[lead & 63] = (uint8_t)(class - first_class);
    }
}

/* The boundaries of two symbols read one after the other; the second may drop those of the first. */
static inline uint32_t shim_both(uint32_t first, uint32_t second) {
    uint32_t ages = first & 15, drop = SHIM_DROPPED(first), more = SHIM_DROPPED(second);
    while (more && ages) {
        ages &= ages - 1; /* the youngest is the last */
        more--;
    }
    return (second & 15) | ages << 1 | (drop + more) << 5;
}

/* Fill `pairs` and `meeting`; 0, or -1 when a pair drops more than an entry can tell. */
static inline int shim_square(shim_restart *t, uint32_t *pairs, uint32_t *meeting) {
    size_t w = t->n_symbols, state, a, b;
    for (a = 0; a < w * w; a++) meeting[a] = SHIM_NO_ROW;
    for (state = 0; state < t->n_states; state++) {
        for (a = 0; a < w; a++) {
            uint32_t first = t->single[state * w + a];
            for (b = 0; b < w; b++) {
                uint32_t second = t->single[(first >> 8) + b];
                uint32_t row = (uint32_t)((second >> 8) * w), flags = shim_both(first, second);
                if (flags >> 7) return -1;
                pairs[state * w * w + a * w + b] = row << 8 | flags;
                if (state == 0)
                    meeting[a * w + b] = row;
                else if (meeting[a * w + b] != row)
                    meeting[a * w + b] = SHIM_NO_ROW;
            }
        }
    }
    t->pairs = pairs;
    t->meeting = meeting;
    return 0;
}

#endif
