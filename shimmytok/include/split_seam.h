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
#define SHIM_SEAM_STATES 1024 /* of a table, at most */
#define SHIM_OLDEST 4         /* symbols: no boundary is told later than that */

typedef struct {
    uint32_t row;                              /* of `single`, behind symbol `at - 1` */
    size_t at;
    uint8_t is_boundary[SHIM_SEAM_STRETCH];    /* before a symbol, from number `known` on, */
    size_t known;                              /* unless it lies before that */
    size_t count;                              /* of these */
    int has_lost;                              /* one before `known` was to be dropped */
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
    while (dropped && i > r->known) {
        i--;
        if (!r->is_boundary[i]) continue;
        r->is_boundary[i] = 0;
        r->count--;
        dropped--;
    }
    r->has_lost |= dropped != 0;
    for (k = 0; k < SHIM_OLDEST; k++) {
        if (!(ages >> k & 1) || last < r->known + k || r->is_boundary[last - k]) continue;
        r->is_boundary[last - k] = 1;
        r->count++;
    }
}

static inline void shim_seam_step(const shim_restart *t, const uint8_t *symbols, shim_seam_run *r) {
    uint32_t entry = t->single[r->row + symbols[r->at]];
    shim_seam_tell(r, SHIM_DROPPED(entry), entry & 15, r->at++);
    r->row = entry >> 8;
}

static inline int shim_seam_alike(const shim_seam_run *a, const shim_seam_run *b, size_t from, size_t to) {
    return memcmp(a->is_boundary + from, b->is_boundary + from, to - from) == 0;
}

/* Behind how many symbols all states have become one, and its row; 0: they do not. */
static inline size_t shim_where_all_meet(const shim_restart *t, const uint8_t *symbols, size_t n, uint32_t *row) {
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
    *row = rows[0];
    return left == 1 ? i : 0;
}

/* Does a text that begins at boundary `at` go on as the whole does, whose row is `row` there? */
static inline int shim_begins_anew(const shim_restart *t, const uint8_t *symbols, size_t n, size_t at, uint32_t row) {
    shim_seam_run whole, part;
    shim_seam_begin(&whole, row, at);
    shim_seam_begin(&part, 0, at);
    while (whole.at < n) {
        shim_seam_step(t, symbols, &whole);
        shim_seam_step(t, symbols, &part);
        /* The first symbol's boundary is the beginning of a text, or not told there. */
        if (whole.row != part.row || whole.at < at + SHIM_OLDEST) continue;
        if (whole.has_lost || part.has_lost || !shim_seam_alike(&whole, &part, at + 1, whole.at)) return 0;
        if (part.count - part.is_boundary[at] >= t->guessed[part.row / t->n_symbols]) return 1;
    }
    return 0;
}

/* Does a text that ends where `whole` is have the boundaries that it is to have? */
static inline int shim_ends_there(const shim_restart *t, const shim_seam_run *whole, const shim_seam_run *last) {
    size_t state = whole->row / t->n_symbols;
    uint32_t entry = t->ends[state];
    shim_seam_run part = *whole;
    if (part.count < t->guessed[state] || part.has_lost) return 0;
    shim_seam_tell(&part, SHIM_DROPPED(entry), (entry & 15) >> 1, part.at - 1);
    return !part.has_lost && shim_seam_alike(&part, last, part.known, part.at);
}

/* The symbols of a stretch and where they begin; how many. */
static inline size_t shim_seam_symbols(const shim_restart *t, const uint8_t *text, size_t n, int escapes, uint8_t *symbols,
                                       uint16_t *places) {
    static const uint8_t mark[3] = {0xE2, 0x96, 0x81}; /* U+2581, for a space */
    size_t at = 0, m = 0;
    while (at < n) {
        places[m] = (uint16_t)at;
        if (text[at] >= 0x80) symbols[m] = shim_wide_symbol(t, text + at);
        else symbols[m] = escapes && text[at] == ' ' ? shim_wide_symbol(t, mark) : t->ascii[text[at]];
        do at++;
        while (at < n && !shim_is_first(text[at]));
        m++;
    }
    return m;
}

/* A place in a stretch of whole characters, behind one that is no white space of ASCII, or 0.  With `escapes`, spaces are to
 * become U+2581 before the text is split. */
static inline size_t shim_find_seam(const shim_restart *t, const uint8_t *text, size_t n, int escapes) {
    uint8_t symbols[SHIM_SEAM_STRETCH];
    uint16_t places[SHIM_SEAM_STRETCH];
    uint32_t row = 0;
    shim_seam_run whole, last;
    size_t m, sure, k;
    if (n > SHIM_SEAM_STRETCH) return 0;
    m = shim_seam_symbols(t, text, n, escapes, symbols, places);
    shim_seam_begin(&last, row, shim_where_all_meet(t, symbols, m, &row));
    if (last.at == 0) return 0;
    last.row = row;
    whole = last;
    while (last.at < m) shim_seam_step(t, symbols, &last);
    /* What may yet be dropped or told is not sure. */
    k = t->guessed[last.row / t->n_symbols];
    for (sure = m; k && sure > last.known; sure--) k -= last.is_boundary[sure - 1];
    if (sure > m - (m < SHIM_OLDEST ? m : SHIM_OLDEST)) sure = m - (m < SHIM_OLDEST ? m : SHIM_OLDEST);
    while (whole.at + 1 < sure) {
        shim_seam_step(t, symbols, &whole);
        if (!last.is_boundary[whole.at] || whole.at < whole.known + SHIM_OLDEST || text[places[whole.at] - 1] <= ' ') continue;
        if (shim_ends_there(t, &whole, &last) && shim_begins_anew(t, symbols, m, whole.at, whole.row))
            return places[whole.at];
    }
    return 0;
}

#endif
