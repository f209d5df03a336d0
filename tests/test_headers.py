"""Parts of the C headers that this system, or a vocabulary of a usual size, never comes to."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import shimmytok

INCLUDE = Path(shimmytok.__path__[0]) / "include"
COMPILER = os.environ.get("CC", "cc").split()

PAGES = """
#define SHIMMYTOK_NO_MMAP
#include "pages.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    static const size_t sizes[] = {1, 63, 64, 255, 256, 257, 4096, 100000, 3 << 20};
    unsigned char *memory[9];
    size_t i, k, wrong = 0;
    for (i = 0; i < 9; i++) {
        memory[i] = shim_pages_new(sizes[i]);
        wrong += (uintptr_t)memory[i] % 256 != 0;
        for (k = 0; k < sizes[i]; k++) wrong += memory[i][k] != 0;
        memset(memory[i], 0xFF, sizes[i]);
    }
    for (i = 0; i < 9; i++) shim_pages_free(memory[i], sizes[i]);
    shim_pages_free(NULL, 1);
    printf("%zu", wrong);
    return 0;
}
"""

IDS = """
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
"""

TREE = """
#include "min_tree.h"
#include <stdio.h>

static int32_t memory[6000], plain[5000];

int main(void) {
    static const size_t sizes[] = {1, 15, 16, 17, 255, 256, 257, 4095, 4097};
    shim_min_tree tree;
    unsigned seed = 1, wrong = 0;
    size_t s, i, round, place;
    for (s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (round = 0; round < 40; round++) {
            int32_t least = INT32_MAX;
            if (shim_min_tree_size(sizes[s]) > sizeof memory) return 1;
            shim_min_tree_lay(&tree, memory, sizes[s]);
            for (i = 0; i < sizes[s]; i++) {
                seed = seed * 1664525u + 1013904223u;
                tree.levels[0][i] = plain[i] = (int32_t)(seed >> 16) % (int)(2 + 30 * round);
                if (plain[i] < least) least = plain[i];
            }
            shim_min_tree_build(&tree, sizes[s]);
            wrong += shim_min_tree_least(&tree) != least;
            for (i = 0; plain[i] != least; i++) {}
            place = shim_min_tree_first(&tree, least);
            for (;;) {
                wrong += place != i;
                for (i++; i < sizes[s] && plain[i] != least; i++) {}
                if (!shim_min_tree_next(&tree, &place, least)) break;
            }
            wrong += i != sizes[s];
        }
    }
    printf("%u", wrong);
    return 0;
}
"""

MERGED = """
#include "pair_ranks.h"
#include <stdio.h>

int main(void) {
    static uint32_t merged[64];
    shim_merged_block block;
    shim_merges tables = {0};
    unsigned seed = 1, wrong = 0, packed = 0, round;
    size_t n, i;
    tables.blocks = &block;
    for (round = 0; round < 6400; round++) {
        uint32_t symbol = 1000;
        int in_order = 1;
        n = 1 + round % 64;
        for (i = 0; i < n; i++) {
            seed = seed * 1664525u + 1013904223u;
            symbol += seed >> 31;
            if (round % 3 == 0 && seed >> 16 & 1) symbol += seed >> 20 & 1, in_order = 0;
            merged[i] = round % 5 == 0 && (seed >> 24) % 3 == 0 ? UINT32_MAX : symbol;
        }
        tables.merged = merged;
        if (shim_merged_pack(&block, merged, n)) {
            packed++;
            tables.merged = NULL;
        } else if (in_order && round % 5) wrong++;
        for (i = 0; i < n; i++) {
            if (merged[i] != UINT32_MAX) wrong += shim_merged_portable(&tables, (uint32_t)i) != merged[i];
        }
    }
    printf("%u %d %d", wrong, packed > 3000, packed < 6000);
    return 0;
}
"""


MASKS = r"""
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
"""

NARROW = """
#include "cpu.h"
#undef __SSE2__
#include "utf8_write.h"
#include <stdio.h>

#define CHECK(bytes, type)                                                                  \
    static unsigned check_##bytes(const type *text) {                                       \
        uint8_t out[16];                                                                    \
        uint32_t mask = shim_narrow_##bytes(text, out);                                     \
        unsigned wrong = 0, i;                                                              \
        for (i = 0; i < 16; i++) {                                                          \
            wrong += (mask >> i & 1) != (text[i] >= 0x80);                                  \
            wrong += text[i] < 0x80 && out[i] != text[i];                                   \
        }                                                                                   \
        return wrong;                                                                       \
    }
CHECK(1, uint8_t)
CHECK(2, uint16_t)
CHECK(4, uint32_t)

int main(void) {
    uint8_t one[16];
    uint16_t two[16];
    uint32_t four[16];
    unsigned seed = 1, wrong = 0, round, i;
    for (round = 0; round < 3000; round++) {
        for (i = 0; i < 16; i++) {
            seed = seed * 1664525u + 1013904223u;
            four[i] = round % 3 && (seed >> 24) % 20 ? seed >> 8 & 0x7F : seed >> 8 & 0x1FFFFF;
            one[i] = (uint8_t)four[i];
            two[i] = (uint16_t)four[i];
        }
        wrong += check_1(one) + check_2(two) + check_4(four);
    }
    printf("%u %d", wrong, SHIM_SSE2);
    return 0;
}
"""


@pytest.fixture(scope="module")
def output_of(tmp_path_factory):
    if shutil.which(COMPILER[0]) is None or not INCLUDE.is_dir():
        pytest.skip("needs a C compiler, and the headers of the source tree")

    def compile_and_run(program: str) -> str:
        folder = tmp_path_factory.mktemp("headers")
        (folder / "program.c").write_text(program, encoding="ascii")
        command = [*COMPILER, "-O1", "-I", str(INCLUDE), "-o", str(folder / "program"), str(folder / "program.c")]
        subprocess.run(command, check=True, timeout=120)
        return subprocess.run([folder / "program"], check=True, capture_output=True, text=True, timeout=60).stdout

    return compile_and_run


def test_memory_of_a_system_without_mmap(output_of):
    """Zeroed, apart, and as aligned as the groups of the word cache need it."""
    assert output_of(PAGES) == "0"


def test_the_cache_keeps_ids_of_24_bits_but_the_last_and_no_others(output_of):
    assert output_of(IDS) == "1 0 0 4 0 0 1 0 0 16 0 0 7 0 0 16 0 0 16 0 0 "


def test_the_tree_of_ranks_goes_from_one_least_number_to_the_next(output_of):
    """Else merges would be found one at a time, which nobody would see but by their speed."""
    assert output_of(TREE) == "0"


def test_symbols_of_ranks_as_bits(output_of):
    assert output_of(MERGED) == "0 1 1"


def test_masks_of_64_bytes(output_of):
    """Of each kind and level.  Some only choose where to look for cuts: a wrong one would lose speed, and no id."""
    assert output_of(MASKS) == "0"


def test_narrowing_without_vector_instructions(output_of):
    assert output_of(NARROW) == "0 0"
