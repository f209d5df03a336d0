"""The tables of byte pair encoding."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._vocab cimport Table, TokenTable
from shimmytok.gguf._strings cimport StringArray
from shimmytok.pretokenizers._split cimport Splitter, SplitTables

cdef struct Pair:                  # a slot of the merge table
    uint64_t key                   # left symbol << 32 | right symbol; all ones: empty
    uint32_t rank
    uint32_t merged                # the symbol they become

cdef struct BpeTables:
    Table symbols                  # tokens, then the texts that only merges know
    const Pair* pairs
    uint64_t pair_mask             # number of slots - 1
    uint64_t pair_seed
    const SplitTables* split
    uint32_t n_tokens
    uint32_t[256] byte_symbol      # byte-level: the symbol of each byte
    uint32_t[512] fallback         # the ids (up to two) that a byte of an unknown symbol gives; NONE: nothing
    bint byte_level
    bint ignore_merges             # a piece that is a token stays whole
    bint whole_newline_runs        # the same, for runs of newlines only
    bint escape_spaces             # spaces become U+2581 first

cdef struct Line:                  # a merge as a file has it, its texts as pieces hold them
    const uint8_t* text            # both sides
    size_t first                   # bytes of the left one; 0: it never applies
    size_t second

cdef class BpeTableSet:
    cdef BpeTables t
    cdef TokenTable _texts
    cdef TokenTable _symbols
    cdef uint64_t[::1] _pairs      # the slots, two words each
    cdef Splitter _splitter
    cdef readonly uint32_t n_merges
    cdef int _make_symbols(self, TokenTable texts) except -1
    cdef uint32_t _symbol(self, const uint8_t* p, size_t n) except? 0xFFFFFFFE
    cdef int _make_pairs(self, StringArray merges) except -1
    cdef int _add_merge(self, const Line* line, uint32_t rank) except -1
    cdef int _make_bytes(self, TokenTable texts) except -1
