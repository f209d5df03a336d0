/* The two likely states of each symbol: where the table (split_table.h) mostly is once it has read that symbol.
 *
 * Among them, what a symbol does is told by itself and the one before: it leads to the first of its own two states, or to
 * the second, or to the same of the two as before; and there are boundaries, or none.  So each of these is a bit for each
 * two symbols, a *plane* of bits, and many symbols are run at once by arithmetic on bits (split_bits.h), which finds out
 * where a state is neither of the two.
 *
 * There are as many *columns* in a plane as fit a byte or two, and sixteen *rows*.  Symbols that nothing tells apart share
 * one; where that is not enough, others do, and what they would do differently is unlikely.  No answer depends on what is
 * taken to be likely. */
#ifndef SHIMMYTOK_SPLIT_LIKELY_H
#define SHIMMYTOK_SPLIT_LIKELY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "split_table.h"

#define SHIM_LIKELY_SYMBOLS 32 /* of a table that this is done for, at most */
#define SHIM_LIKELY_STATES 256
#define SHIM_ROWS 16
#define SHIM_COLUMNS 16
#define SHIM_NARROW 8      /* columns that fit a byte */
#define SHIM_LITTLE 0.002F /* one symbol in 500 that is not run at once */
#define SHIM_TURNS 8       /* symbols after which chances of states change no more */
#define SHIM_TOLD_LATE 0x7C /* of an entry: drops, and boundaries more than one symbol ago */

enum {
    SHIM_SECOND,          /* leads to the second state, whatever was before */
    SHIM_SAME,            /* leads to the second state if it was the second */
    SHIM_UNLIKELY_FROM,   /* leads to neither, or tells a boundary late, from the first state; next: from the second */
    SHIM_NOW_FROM = 4,    /* a boundary before the symbol, from the first state; next: from the second */
    SHIM_BEFORE_FROM = 6, /* a boundary before the symbol before, in the same way */
    SHIM_PLANES = 8
};

typedef struct shim_likely {
    uint32_t states[2][SHIM_LIKELY_SYMBOLS];   /* rows of `single`: the likely states of each symbol, or SHIM_NO_ROW */
    uint8_t row_of[SHIM_LIKELY_SYMBOLS];       /* of each symbol */
    uint8_t bit_of[2][SHIM_LIKELY_SYMBOLS];    /* of its column, if that is one of the first eight; of the others */
    uint8_t planes[SHIM_PLANES][2][SHIM_ROWS]; /* by the row of the symbol before: a bit for each column */
    uint8_t is_empty[SHIM_PLANES];             /* a plane without a bit */
    int is_wide;                               /* there are columns beyond the first eight */
} shim_likely;

/* What is likely, before it is put into planes. */
#define SHIM_UNLIKELY_CELL 0xFF
typedef struct {
    float symbol[SHIM_LIKELY_SYMBOLS];                    /* how often it is read, */
    float state[SHIM_LIKELY_SYMBOLS][SHIM_LIKELY_STATES]; /* and with a state behind it */
    float column[SHIM_LIKELY_SYMBOLS];                    /* the same of all symbols that share one, */
    float row[2][SHIM_LIKELY_SYMBOLS];                    /* and of each of the two states of those that share a row */
    uint8_t cell[2][SHIM_LIKELY_SYMBOLS][SHIM_LIKELY_SYMBOLS]; /* by state, row, column: bit 0, to the second state; bits 1
                                                                  and 2, the boundaries; or SHIM_UNLIKELY_CELL */
} shim_chances;

/* As if the printable characters of ASCII came equally often, and each symbol twice besides: chances of texts bring no
 * more. */
static inline void shim_find_chances(const shim_restart *t, shim_chances *p) {
    size_t w = t->n_symbols, n = t->n_states, y, s, turn;
    float sum = 0, states[SHIM_LIKELY_STATES] = {1};
    for (y = 0; y < w; y++) p->symbol[y] = 2;
    for (s = ' '; s < 127; s++) p->symbol[t->ascii[s]] += 1;
    for (y = 0; y < w; y++) sum += p->symbol[y];
    for (y = 0; y < w; y++) p->symbol[y] /= sum;
    for (turn = 0; turn < SHIM_TURNS; turn++) {
        for (y = 0; y < w; y++) {
            for (s = 0; s < n; s++) p->state[y][s] = 0;
            for (s = 0; s < n; s++) p->state[y][(t->single[s * w + y] >> 8) / w] += states[s] * p->symbol[y];
        }
        for (s = 0; s < n; s++)
            for (states[s] = 0, y = 0; y < w; y++) states[s] += p->state[y][s];
    }
}

/* The most frequent state of a symbol that is not `but`; n_states: there is none. */
static inline size_t shim_most_frequent(const shim_restart *t, const shim_chances *p, size_t symbol, size_t but) {
    size_t best = t->n_states, s;
    for (s = 0; s < t->n_states; s++)
        if (s != but && p->state[symbol][s] > (best == t->n_states ? 0 : p->state[symbol][best])) best = s;
    return best;
}

/* Which of y's likely states follows that one of x's, 0 or 1, or 2: neither; a state that there is not leads on as the
 * first does. */
static inline unsigned shim_follows(const shim_restart *t, const shim_likely *l, unsigned which, size_t x, size_t y) {
    uint32_t row = l->states[l->states[which][x] == SHIM_NO_ROW ? 0 : which][x], entry = t->single[row + y];
    if (entry & SHIM_TOLD_LATE) return 2;
    return entry >> 8 == l->states[0][y] ? 0 : entry >> 8 == l->states[1][y] ? 1 : 2;
}

/* Where x's first state leads to y's second one and the other way about, which no plane can tell: how often. */
static inline float shim_crossed(const shim_restart *t, const shim_likely *l, const shim_chances *p, size_t x, size_t y) {
    float rarer;
    if (shim_follows(t, l, 0, x, y) != 1 || shim_follows(t, l, 1, x, y) != 0) return 0;
    rarer = p->state[x][l->states[0][x] / t->n_symbols];
    if (p->state[x][l->states[1][x] / t->n_symbols] < rarer) rarer = p->state[x][l->states[1][x] / t->n_symbols];
    return rarer * p->symbol[y];
}

static inline float shim_crossed_at(const shim_restart *t, const shim_likely *l, const shim_chances *p, size_t y) {
    float sum = 0;
    size_t x;
    for (x = 0; x < t->n_symbols; x++)
        if (x != y) sum += shim_crossed(t, l, p, x, y) + shim_crossed(t, l, p, y, x);
    return sum;
}

static inline void shim_swap_states(shim_likely *l, size_t y) {
    uint32_t row = l->states[0][y];
    if (l->states[1][y] == SHIM_NO_ROW) return;
    l->states[0][y] = l->states[1][y];
    l->states[1][y] = row;
}

/* Choose the states, and which of the two is the first so that few are crossed. */
static inline void shim_choose_states(const shim_restart *t, shim_likely *l, const shim_chances *p) {
    size_t w = t->n_symbols, y, first, second, turn;
    for (y = 0; y < w; y++) {
        first = shim_most_frequent(t, p, y, t->n_states);
        second = shim_most_frequent(t, p, y, first);
        l->states[0][y] = first == t->n_states ? 0 : (uint32_t)(first * w);
        l->states[1][y] = second == t->n_states ? SHIM_NO_ROW : (uint32_t)(second * w);
    }
    for (turn = 0; turn < 4; turn++) {
        for (y = 0; y < w; y++) {
            float before = shim_crossed_at(t, l, p, y);
            if (before == 0) continue;
            shim_swap_states(l, y);
            if (shim_crossed_at(t, l, p, y) >= before) shim_swap_states(l, y);
        }
    }
}

/* What y does behind each of the likely states of x. */
static inline void shim_fill_cells(const shim_restart *t, const shim_likely *l, shim_chances *p, size_t x, size_t y) {
    unsigned which, to[2];
    for (which = 0; which < 2; which++) to[which] = shim_follows(t, l, which, x, y);
    if (to[0] == 1 && to[1] == 0) to[p->row[0][x] < p->row[1][x] ? 0 : 1] = 2; /* crossed: the rarer is left out */
    for (which = 0; which < 2; which++) {
        uint32_t row = l->states[l->states[which][x] == SHIM_NO_ROW ? 0 : which][x];
        p->cell[which][x][y] = (uint8_t)(to[which] == 2 ? SHIM_UNLIKELY_CELL : to[which] | (t->single[row + y] & 3) << 1);
    }
}

/* How often something likely would no longer be, if two columns were one; or two rows. */
static inline float shim_loss(const shim_chances *p, int of_rows, size_t n, size_t a, size_t b) {
    float loss = 0;
    size_t i, which;
    for (which = 0; which < 2; which++) {
        for (i = 0; i < n; i++) {
            uint8_t in_a = of_rows ? p->cell[which][a][i] : p->cell[which][i][a];
            uint8_t in_b = of_rows ? p->cell[which][b][i] : p->cell[which][i][b];
            if (in_a == in_b) continue;
            if (in_a != SHIM_UNLIKELY_CELL)
                loss += of_rows ? p->row[which][a] * p->column[i] : p->row[which][i] * p->column[a];
            if (in_b != SHIM_UNLIKELY_CELL)
                loss += of_rows ? p->row[which][b] * p->column[i] : p->row[which][i] * p->column[b];
        }
    }
    return loss;
}

/* Make two columns one, the lower one; or two rows. */
static inline void shim_join(shim_chances *p, int of_rows, size_t n, size_t a, size_t b) {
    size_t i, which;
    for (which = 0; which < 2; which++) {
        for (i = 0; i < n; i++) {
            uint8_t *in_a = of_rows ? &p->cell[which][a][i] : &p->cell[which][i][a];
            if (*in_a != (of_rows ? p->cell[which][b][i] : p->cell[which][i][b])) *in_a = SHIM_UNLIKELY_CELL;
        }
        if (of_rows) {
            p->row[which][a] += p->row[which][b];
            p->row[which][b] = 0;
        }
    }
    if (!of_rows) {
        p->column[a] += p->column[b];
        p->column[b] = 0;
    }
}

/* Which two columns, or rows, are best made one, and what that loses; the first two that lose nothing. */
static inline float shim_best_two(const shim_chances *p, int of_rows, size_t n_symbols, const uint8_t *of, size_t *two) {
    float least = -1, loss;
    size_t a, b;
    for (a = 0; a < n_symbols; a++) {
        for (b = a + 1; b < n_symbols; b++) {
            if (of[a] != a || of[b] != b) continue;
            loss = shim_loss(p, of_rows, n_symbols, a, b);
            if (least >= 0 && loss >= least) continue;
            least = loss;
            two[0] = a;
            two[1] = b;
            if (loss == 0) return 0;
        }
    }
    return least;
}

/* Have symbols share columns, or rows, until there are no more than `most`, and on to `fewest` if little is lost; those
 * first that lose least.  The number of the one that each has, n_symbols of them at first, is in `of`, and is that of its
 * first symbol. */
static inline void shim_share(shim_chances *p, int of_rows, size_t n_symbols, size_t most, size_t fewest, uint8_t *of) {
    size_t n, a, two[2] = {0, 1};
    float loss = 0;
    for (n = n_symbols; n > fewest; n--) {
        loss += shim_best_two(p, of_rows, n_symbols, of, two);
        if (n <= most && loss > SHIM_LITTLE) return;
        shim_join(p, of_rows, n_symbols, two[0], two[1]);
        for (a = 0; a < n_symbols; a++)
            if (of[a] == two[1]) of[a] = (uint8_t)two[0];
    }
}

/* Number what is shared from 0 on; how many there are. */
static inline size_t shim_number(const uint8_t *of, size_t n_symbols, uint8_t *number) {
    size_t a;
    uint8_t n = 0;
    for (a = 0; a < n_symbols; a++) number[a] = of[a] == a ? n++ : number[of[a]];
    return n;
}

static inline void shim_fill_planes(shim_likely *l, const shim_chances *p, const uint8_t *row, const uint8_t *column,
                                    const uint8_t *column_number, size_t n_symbols) {
    size_t x, y, k, which;
    memset(l->is_empty, 1, sizeof l->is_empty);
    for (x = 0; x < n_symbols; x++) {
        for (y = 0; y < n_symbols; y++) {
            unsigned to[2], planes = 0;
            if (row[x] != x || column[y] != y) continue;
            for (which = 0; which < 2; which++) {
                to[which] = p->cell[which][x][y];
                if (to[which] == SHIM_UNLIKELY_CELL) planes |= 1U << (SHIM_UNLIKELY_FROM + which);
                else planes |= (to[which] >> 1 & 1) << (SHIM_NOW_FROM + which) | (to[which] >> 2) << (SHIM_BEFORE_FROM + which);
            }
            /* Where it leads from a state from which it is unlikely may be told as anything: the run stops there. */
            if (to[0] & to[1] & 1) planes |= 1U << SHIM_SECOND;
            if (to[1] & ~to[0] & 1) planes |= 1U << SHIM_SAME;
            for (k = 0; k < SHIM_PLANES; k++) {
                if (!(planes >> k & 1)) continue;
                l->planes[k][column_number[y] / 8][l->row_of[x]] |= (uint8_t)(1U << column_number[y] % 8);
                l->is_empty[k] = 0;
            }
        }
    }
}

/* Fill in all of it, for a table of no more than SHIM_LIKELY_SYMBOLS. */
static inline void shim_find_likely(const shim_restart *t, shim_likely *l, shim_chances *p) {
    uint8_t row[SHIM_LIKELY_SYMBOLS], column[SHIM_LIKELY_SYMBOLS], number[SHIM_LIKELY_SYMBOLS], which;
    size_t w = t->n_symbols, x, y;
    memset(l, 0, sizeof *l);
    shim_find_chances(t, p);
    shim_choose_states(t, l, p);
    for (x = 0; x < w; x++) {
        row[x] = column[x] = (uint8_t)x;
        p->column[x] = p->symbol[x];
        for (which = 0; which < 2; which++)
            p->row[which][x] = l->states[which][x] == SHIM_NO_ROW ? 0 : p->state[x][l->states[which][x] / w];
    }
    for (x = 0; x < w; x++)
        for (y = 0; y < w; y++) shim_fill_cells(t, l, p, x, y);
    shim_share(p, 0, w, SHIM_COLUMNS, SHIM_NARROW, column);
    shim_share(p, 1, w, SHIM_ROWS, SHIM_ROWS, row);
    shim_number(row, w, l->row_of);
    l->is_wide = shim_number(column, w, number) > SHIM_NARROW;
    for (y = 0; y < w; y++) l->bit_of[number[y] / 8][y] = (uint8_t)(1U << number[y] % 8);
    shim_fill_planes(l, p, row, column, number, w);
}

#endif
