#include "byte_masks.h"
#include "byte_set.h"
#include "character_marks.h"
#include "cut_marks.h"
#include <stdio.h>

static unsigned seed = 1, wrong = 0;

static unsigned number(unsigned below) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

/* What the text of 64 bytes is, a byte at a time; n of them are known. */
static void check(const uint8_t *text, size_t n, int level, const shim_byte_sets *sets, const shim_byte_set *set,
                  const uint8_t *known) {
    shim_character_marks marks;
    shim_masks masks;
    uint64_t members = shim_byte_set_mask(set, text, n, level), cuts = shim_cut_marks(known, text, n, level);
    uint32_t numbers[64];
    size_t i, count, at = 0;
    shim_find_characters(text, n, level, &marks);
    shim_masks_of(level, sets, text, &masks);
    for (i = 0; i < 64; i++) {
        uint8_t c = text[i], row = c < 128 ? sets->sets[c] : 0;
        int in = i < n, cut = text[(int)i - 1] >= 0x80 ? known[c] != SHIM_KNOWN : known[c] == SHIM_BEHIND_ASCII;
        wrong += (marks.letter >> i & 1) != (in && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')));
        wrong += (marks.space >> i & 1) != (in && c == ' ');
        wrong += (marks.high >> i & 1) != (!in || c >= 0x80);
        wrong += (masks.first >> i & 1) != (row & 1);
        wrong += (masks.second >> i & 1) != (row >> 1 & 1);
        wrong += (masks.wide >> i & 1) != (c >= 0x80);
        wrong += (members >> i & 1) != (in && set->member[c]);
        wrong += (cuts >> i & 1) != (in && c >= 0xC0 && cut);
    }
    count = shim_bit_numbers(level, masks.wide, 1000, numbers);
    for (i = 0; i < 64; i++)
        if (masks.wide >> i & 1) wrong += numbers[at++] != 1000 + i;
    wrong += at != count;
}

int main(void) {
    uint8_t text[1 + 64 + 1], members[128] = {0}, known[256] = {0};
    shim_byte_sets sets;
    shim_byte_set set;
    unsigned round, i, level;
    for (round = 0; round < 6000; round++) {
        unsigned kind = round % 4; /* of any bytes, of few wide ones, of none, of ends of what is told apart */
        memset(&set, 0, sizeof set);
        for (i = 0; i < 128; i++) members[i] = (uint8_t)number(4);
        for (i = 0; i < 20; i++) shim_byte_set_add(&set, (uint8_t)number(256));
        for (i = 0xC0; i < 0xE0; i++) known[i] = number(2) ? SHIM_KNOWN : 0;
        known[SHIM_MARK_LEAD] = number(2) ? SHIM_BEHIND_ASCII : 0;
        shim_byte_sets_init(&sets, members);
        for (i = 0; i < sizeof text; i++) {
            text[i] = (uint8_t)(kind == 0 || (kind == 1 && number(9) == 0) ? number(256) : number(128));
            if (kind == 3) text[i] = "@AZ[`az{\x1f !\x7f\x80\xbf\xc0\xe1\xe2\xff"[number(18)];
        }
        for (level = 0; level <= (unsigned)shim_cpu_level(); level++)
            check(text + 1, round % 3 ? 64 : number(65), (int)level, &sets, &set, known);
    }
    printf("%u", wrong);
    return 0;
}
