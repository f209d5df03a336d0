/* A place where a text can be cut in two that a table (split_table.h) splits, each by itself, as it splits the whole.
 *
 * Nothing is known of what stands before and behind a stretch of the text.  So all states the table may be in are run side by
 * side until they meet.  From there on one run goes to the stretch's end, which tells its boundaries; and at one of them it is
 * tried out whether the table, beginning there anew, comes to the same state with the same boundaries, and whether the end of
 * a text there would bring those that there are.  Then all that follows is the same, and so is all that came before. */
#ifndef SHIMMYTOK_SPLIT_SEAM_H
#define SHIMMYTOK_SPLIT_SEAM_H

#include "split_symbols.h"
#include "split_table.h"

#define SHIM_SEAM_STRETCH 256 /* bytes of text, at most */
#define SHIM_SEAM_STATES 256  /* of a table, at most */
#define SHIM_OLDEST 4         /* symbols: a boundary is told, at the latest, with the third one behind it */

typedef struct {
    uint32_t row;                           /* of `single`, behind symbol `at - 1` */
    size_t at;
    size_t known;                           /* boundaries before this symbol are not noted; */
    size_t lost;                            /* how many of them were dropped, at most */
    uint8_t is_boundary[SHIM_SEAM_STRETCH]; /* before each symbol */
} shim_seam_run;

static inline void shim_seam_begin(shim_seam_run *r, uint32_t row, size_t at) {
    memset(r, 0, sizeof *r);
    r->row = row;
    r->at = r->known = at;
}

/* Drop the last boundaries, then add those that the bits of `ages` tell: bit k, k symbols before symbol `last`. */
static inline void shim_seam_tell(shim_seam_run *r, uint32_t dropped, uint32_t ages, size_t last) {
    size_t i = last + 1;
    unsigned k;
    while (dropped && i-- > r->known) {
        dropped -= r->is_boundary[i];
        r->is_boundary[i] = 0;
    }
    r->lost += dropped;
    for (k = 0; k < SHIM_OLDEST; k++)
        if (ages >> k & 1 && last >= r->known + k) r->is_boundary[last - k] = 1;
}

static inline void shim_seam_step(const shim_restart *t, const uint8_t *symbols, shim_seam_run *r) {
    uint32_t entry = t->single[r->row + symbols[r->at]];
    shim_seam_tell(r, SHIM_DROPPED(entry), entry & 15, r->at++);
    r->row = entry >> 8;
}

/* Have they the same boundaries before the symbols `from` to before `to`? */
static inline int shim_seam_alike(const shim_seam_run *a, const shim_seam_run *b, size_t from, size_t to) {
    return memcmp(a->is_boundary + from, b->is_boundary + from, to - from) == 0;
}

/* Begin where all states have become one; 0: they do not. */
static inline int shim_seam_meet(const shim_restart *t, const uint8_t *symbols, size_t n, shim_seam_run *r) {
    uint32_t rows[SHIM_SEAM_STATES];
    size_t w = t->n_symbols, left = t->n_states, i, k, kept;
    if (left > SHIM_SEAM_STATES) return 0;
    for (k = 0; k < left; k++) rows[k] = (uint32_t)(k * w);
    for (i = 0; i < n && left > 1; i++) {
        uint8_t seen[SHIM_SEAM_STATES] = {0};
        for (k = kept = 0; k < left; k++) {
            uint32_t next = t->single[rows[k] + symbols[i]] >> 8;
            if (seen[next / w]) continue;
            seen[next / w] = 1;
            rows[kept++] = next;
        }
        left = kept;
    }
    shim_seam_begin(r, rows[0], i);
    return left == 1;
}

/* Does a text that begins at boundary `at` go on as the whole does, whose row is `row` there?
 *
 * They do once they have the same row, if the boundaries behind `at` are the same, and as many as may yet be dropped, so that
 * `at` is safe, too; and once no symbol can tell a boundary at `at` or before. */
static inline int shim_begins_anew(const shim_restart *t, const uint8_t *symbols, size_t n, size_t at, uint32_t row) {
    shim_seam_run whole, part;
    size_t droppable, i;
    shim_seam_begin(&whole, row, at);
    shim_seam_begin(&part, 0, at);
    while (whole.at < n) {
        shim_seam_step(t, symbols, &whole);
        shim_seam_step(t, symbols, &part);
        if (whole.row != part.row || whole.at < at + SHIM_OLDEST) continue;
        if (!shim_seam_alike(&whole, &part, at + 1, whole.at)) return 0;
        droppable = t->guessed[part.row / t->n_symbols];
        for (i = at + 1; i < part.at && droppable; i++) droppable -= part.is_boundary[i];
        if (droppable == 0) return 1;
    }
    return 0;
}

/* Does a text that ends where `whole` is have the boundaries that it has in the end?  Of those that are not noted as many have
 * to be dropped. */
static inline int shim_ends_there(const shim_restart *t, const shim_seam_run *whole, const shim_seam_run *in_the_end) {
    uint32_t entry = t->ends[whole->row / t->n_symbols];
    shim_seam_run part = *whole;
    shim_seam_tell(&part, SHIM_DROPPED(entry), (entry & 15) >> 1, part.at - 1);
    return part.lost == in_the_end->lost && shim_seam_alike(&part, in_the_end, part.known, part.at);
}

/* The symbols of a stretch and where they begin; how many.  As all of split_symbols.h, it writes up to 64 more. */
static inline size_t shim_seam_symbols(const shim_restart *t, const uint8_t *text, size_t n, int escapes, uint8_t *symbols,
                                       uint16_t *places) {
    static const uint8_t mark[3] = {0xE2, 0x96, 0x81}; /* U+2581, for a space */
    uint8_t of_bytes[SHIM_SEAM_STRETCH + 64];
    size_t m, i;
    shim_symbols(t, text, 0, n, of_bytes);
    m = shim_gather(text, of_bytes, 0, n, symbols, places, 0);
    for (i = 0; escapes && i < m; i++)
        if (text[places[i]] == ' ') symbols[i] = shim_wide_symbol(t, mark);
    return m;
}

/* A place in a stretch of whole characters, behind one that is no white space of ASCII, or 0.  With `escapes`, spaces are to
 * become U+2581 before the text is split. */
static inline size_t shim_find_seam(const shim_restart *t, const uint8_t *text, size_t n, int escapes) {
    uint8_t symbols[SHIM_SEAM_STRETCH + 64];
    uint16_t places[SHIM_SEAM_STRETCH + 64];
    shim_seam_run whole, in_the_end;
    size_t m;
    if (n > SHIM_SEAM_STRETCH) return 0;
    m = shim_seam_symbols(t, text, n, escapes, symbols, places);
    if (!shim_seam_meet(t, symbols, m, &whole)) return 0;
    in_the_end = whole;
    while (in_the_end.at < m) shim_seam_step(t, symbols, &in_the_end);
    while (whole.at + 1 < m) {
        shim_seam_step(t, symbols, &whole);
        /* Nothing is told of what is not noted any more. */
        if (!in_the_end.is_boundary[whole.at] || whole.at < whole.known + SHIM_OLDEST) continue;
        if (text[places[whole.at] - 1] <= ' ') continue;
        if (shim_ends_there(t, &whole, &in_the_end) && shim_begins_anew(t, symbols, m, whole.at, whole.row))
            return places[whole.at];
    }
    return 0;
}

#endif
