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


@pytest.fixture(scope="module")
def output_of(tmp_path_factory):
    if shutil.which(COMPILER[0]) is None or not INCLUDE.is_dir():
        pytest.skip("needs a C compiler, and the headers of the source tree")

    def compile_and_run(program: str) -> str:
        folder = tmp_path_factory.mktemp("headers")
        (folder / "program.c").write_text(program)
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
