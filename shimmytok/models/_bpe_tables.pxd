"""The tables of byte pair encoding."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._vocab cimport Table, TokenTable
from shimmytok._word_cache cimport WordCache, WordCacheTables
from shimmytok.gguf._strings cimport StringArray
from shimmytok.models._bpe_cuts cimport ASCII, BpeCuts, BpeCutTables
from shimmytok.models._bpe_lines cimport Line, Side
from shimmytok.pretokenizers._splitter cimport Splitter
from shimmytok.pretokenizers._walk cimport SplitTables

cdef extern from "pair_ranks.h":
    const uint64_t BUCKET "SHIM_BUCKET"
    const size_t MERGED_BLOCK "SHIM_MERGED_BLOCK"
    ctypedef struct MergedBlock "shim_merged_block":
        pass
    bint shim_merged_pack(MergedBlock* block, const uint32_t* merged, size_t n) noexcept nogil
    ctypedef struct Merges "shim_merges":
        const uint64_t* pairs      # buckets of slots: left symbol, right symbol, rank + 1; 0: empty
        uint64_t bucket_mask       # number of buckets - 1
        uint64_t seed
        uint32_t symbol_bits       # of a slot, for each symbol; the rest is the rank's
        uint32_t rank_bits
        uint32_t no_symbol         # stands for a byte or character without a symbol; merges with nothing
        const MergedBlock* blocks  # rank -> the symbol that the two become
        const uint32_t* merged     # the same for blocks in no order; NULL: there are none
        const uint32_t* byte_pairs  # first byte << 8 | second -> rank, or NONE
        const uint32_t* byte_symbol  # the symbol of each byte

cdef struct BpeTables:
    Table symbols                  # tokens, then the texts that only merges know
    Merges merges
    const SplitTables* split
    WordCacheTables* cache
    BpeCutTables cuts
    uint8_t* whole                 # ignore_merges: 1 for a token that is no part, or that is known to merge to itself
    uint32_t n_tokens
    uint32_t[512] fallback         # the ids (up to two) that a byte of an unknown symbol gives; NONE: nothing
    bint byte_level
    bint by_parts                  # all texts that merges make or take are tokens
    bint ignore_merges             # a piece that is a token stays whole
    bint whole_newline_runs        # the same, for runs of newlines only
    bint escape_spaces             # spaces become U+2581 first

cdef class BpeTableSet:
    cdef BpeTables t
    cdef TokenTable _texts
    cdef TokenTable _symbols
    cdef uint64_t[::1] _pairs
    cdef uint32_t[::1] _merged
    cdef uint8_t[::1] _blocks
    cdef uint32_t[::1] _byte_pairs
    cdef uint32_t[::1] _byte_symbol
    cdef Splitter _splitter
    cdef WordCache _cache
    cdef readonly BpeCuts cuts
    cdef uint8_t[::1] _whole
    cdef readonly uint32_t n_merges
    cdef int _make_symbols(self, TokenTable texts) except -1
    cdef uint32_t _symbol(self, const Side* side) except? 0xFFFFFFFE
    cdef int _make_pairs(self, StringArray merges) except -1
    cdef int _enter_merges(self, StringArray merges) except -1
    cdef uint32_t _add_merge(self, const Line* line, uint32_t rank) except? 0xFFFFFFFE
    cdef int _pack_merged(self, const uint32_t* merged, size_t first, size_t n, size_t n_merges) except -1
    cdef int _close_cuts(self) except -1
    cdef int _make_bytes(self, TokenTable texts) except -1
