#include "word_cache.h"
#include <stdio.h>

static uint64_t lines[3][16 * 16];

/* Keep a word of n bytes with these ids; how many of them, in order, are found again. */
static unsigned kept(size_t n, const uint32_t *ids, uint32_t count) {
    static const uint8_t text[64] = "a word that is as long as is wanted, for entries of each kind ..";
    shim_words_cache c = {lines[0], lines[1], lines[2], 16, 16, 16, 12345};
    uint64_t key[2] = {SHIM_NO_KEY, 0}, *line = lines[0], *place;
    uint32_t found[SHIM_WIDE_IDS] = {0}, told = 0, i;
    memset(lines, 0, sizeof lines);
    if (n <= SHIM_SHORT_TEXT) shim_short_key(text, n, &key[0], &key[1]);
    shim_keep(&c, text, n, key, line, 0, ids, count, 0);
    if (n <= SHIM_SHORT_TEXT) told = shim_short_find(line, key[0], key[1], found);
    if (n > SHIM_SHORT_TEXT || told >= SHIM_IS_WIDE) {
        place = shim_look_elsewhere(&c, text, n, key, told);
        told = shim_find_elsewhere(&c, text, n, key, told, place, found);
    }
    for (i = 0; i < told; i++) if (found[i] != ids[i]) return 99;
    return told;
}

int main(void) {
    static const size_t lengths[] = {3, 15, 20, 15, 20, 20, 60};
    uint32_t ids[16], counts[] = {1, 4, 1, 16, 7, 16, 16}, i, k;
    for (i = 0; i < 7; i++) {
        for (k = 0; k < 16; k++) ids[k] = (1u << 24) - 2 - k;
        printf("%u ", kept(lengths[i], ids, counts[i]));
        for (k = 1; k < 3; k++) {
            ids[counts[i] - 1] = (1u << 24) - 2 + k;
            printf("%u ", kept(lengths[i], ids, counts[i]));
        }
    }
    return 0;
}
