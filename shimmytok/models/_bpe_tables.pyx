"""The tables of byte pair encoding, built from token texts and merges.

A *symbol* is a text that merging can meet: every token, and the few texts that only merges know (numbers from n_tokens
on).  Byte-level vocabularies write each byte as a printable character; their texts are turned back into bytes once,
here, so that a piece of text is looked up as it stands.
"""

import os

import numpy as np

from libc.stdint cimport int64_t
from libc.string cimport memchr, memcpy

from shimmytok._vocab cimport find, find_hashed, shim_hash_bytes
from shimmytok._workspace cimport NONE
from shimmytok.gguf._strings cimport StringsView
from shimmytok.models._alphabet cimport to_bytes, write_character
from shimmytok.models._bpe_symbols cimport pair_bucket, pair_key, rank_of

from shimmytok.errors import LimitError

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

cdef enum:
    MOST_MERGES = 1 << 26          # ranks have to fit the merge loop
    BLOCK = 64                     # lines of merges that are read at a time, so that their cache misses overlap


cdef void read_line(const BpeTables* t, const uint8_t* p, size_t n, uint8_t* out, Line* line) noexcept nogil:
    """Part a line at its first space after byte 0.  One without it, or of texts no piece can hold, never applies."""
    cdef const uint8_t* space = NULL
    cdef int64_t first, second
    line.first = 0
    if n > 1:
        space = <const uint8_t*>memchr(p + 1, 32, n - 1)
    if space == NULL:
        return
    first = space - p
    second = <int64_t>n - first - 1
    if t.byte_level:
        first = to_bytes(p, <size_t>first, out)
        if first >= 0:
            second = to_bytes(space + 1, <size_t>second, out + first)
    else:
        memcpy(out, p, <size_t>first)
        memcpy(out + first, space + 1, <size_t>second)
    if first > 0 and second > 0:
        line.text = out
        line.first = <size_t>first
        line.second = <size_t>second


cdef void prefetch_text(const Table* symbols, uint64_t hash) noexcept nogil:
    cdef uint64_t slot = symbols.slots[hash & symbols.mask]
    if slot:
        SHIM_PREFETCH(&symbols.text[symbols.starts[<uint32_t>slot - 1]])


cdef void find_sides(const BpeTables* t, const Table* symbols, Line* lines, uint32_t n) noexcept nogil:
    """Find the symbols of the lines' two sides, and ask for the memory that entering them will touch."""
    cdef uint64_t slot
    cdef uint32_t i, k
    for i in range(n):
        if lines[i].first == 0:
            continue
        lines[i].hashes[0] = shim_hash_bytes(lines[i].text, lines[i].first, symbols.seed)
        lines[i].hashes[1] = shim_hash_bytes(lines[i].text + lines[i].first, lines[i].second, symbols.seed)
        lines[i].hashes[2] = shim_hash_bytes(lines[i].text, lines[i].first + lines[i].second, symbols.seed)
        for k in range(3):
            SHIM_PREFETCH(&symbols.slots[lines[i].hashes[k] & symbols.mask])
    for i in range(n):
        if lines[i].first:
            for k in range(3):
                slot = symbols.slots[lines[i].hashes[k] & symbols.mask]
                if slot:
                    SHIM_PREFETCH(&symbols.starts[<uint32_t>slot - 1])
    for i in range(n):
        if lines[i].first:
            for k in range(3):
                prefetch_text(symbols, lines[i].hashes[k])
    for i in range(n):
        if lines[i].first:
            lines[i].left = find_hashed(symbols, lines[i].text, lines[i].first, lines[i].hashes[0])
            lines[i].right = find_hashed(symbols, lines[i].text + lines[i].first, lines[i].second, lines[i].hashes[1])
            SHIM_PREFETCH(pair_bucket(&t.merges, pair_key(&t.merges, lines[i].left, lines[i].right)))


cdef class BpeTableSet:
    """The tables for a vocabulary's token texts and its merges ("left right", in order of rank)."""

    def __init__(
        self, TokenTable texts not None, StringArray merges, Splitter splitter not None, *,
        bint byte_level, bint ignore_merges, bint whole_newline_runs, bint escape_spaces,
        WordCache cache not None,
    ):
        self._cache = cache
        self.t.cache = &cache.t
        self._splitter = splitter
        self._texts = texts
        self.t.split = &splitter.tables
        self.t.n_tokens = self.t.merges.n_tokens = texts.table.count
        self.t.byte_level = byte_level
        self.t.ignore_merges = ignore_merges
        self.t.whole_newline_runs = whole_newline_runs
        self.t.escape_spaces = escape_spaces
        self.cuts = BpeCuts(0 if merges is None else merges.view.count)
        self._make_symbols(texts)
        self._make_pairs(merges)
        self._close_cuts()
        self._make_bytes(texts)
        self.t.symbols = self._symbols.table

    cdef int _make_symbols(self, TokenTable texts) except -1:
        cdef const Table* source = &texts.table
        cdef uint32_t k
        cdef uint32_t at = 0
        cdef int64_t size
        cdef uint8_t[::1] text
        cdef uint32_t[::1] starts
        cdef TokenTable symbols = TokenTable.__new__(TokenTable)
        text = np.empty((source.starts[source.count] if source.count else 0) + 64, np.uint8)
        starts = np.empty(source.count + 64, np.uint32)
        with nogil:
            for k in range(source.count):
                starts[k] = at
                size = source.starts[k + 1] - source.starts[k]
                if self.t.byte_level:
                    size = to_bytes(source.text + source.starts[k], <size_t>size, &text[at])
                    if size < 0:
                        size = 0                           # nothing a piece can hold: it must not be found
                else:
                    memcpy(&text[at], source.text + source.starts[k], <size_t>size)
                at += <uint32_t>size
            starts[source.count] = at
        symbols._text = text
        symbols._starts = starts
        symbols._borrow()
        symbols.table.count = source.count
        symbols.index()
        self._symbols = symbols
        return 0

    cdef uint32_t _symbol(self, const uint8_t* p, size_t n) except? 0xFFFFFFFE:
        """The number of a symbol; a virtual one is made when there is none."""
        cdef uint32_t k = find(&self._symbols.table, p, n)
        if k == NONE:
            k = self._symbols.table.count
            self._symbols.add(p, n)
        return k

    cdef int _make_pairs(self, StringArray merges) except -1:
        cdef Merges* m = &self.t.merges
        cdef uint64_t buckets = 2
        cdef size_t head
        if merges is None:
            merges = StringArray.from_list([])
        if merges.view.count >= <size_t>MOST_MERGES:
            raise LimitError(f"{merges.view.count} merges: {MOST_MERGES - 1} are possible")
        while BUCKET * buckets < merges.view.count + merges.view.count // 2 + 1:
            buckets *= 2
        m.symbol_bits = min(31, (64 - <uint32_t>(merges.view.count + 1).bit_length()) // 2)
        m.rank_bits = 64 - 2 * m.symbol_bits
        m.no_symbol = (<uint32_t>1 << m.symbol_bits) - 1
        pairs = np.zeros(BUCKET * (buckets + 1), np.uint64)
        head = (0 - <size_t>pairs.ctypes.data // 8) % BUCKET   # so that a bucket is a cache line
        self._pairs = pairs[head : head + BUCKET * buckets]
        self._merged = np.zeros(merges.view.count + 1, np.uint32)
        m.pairs = &self._pairs[0]
        m.merged = &self._merged[0]
        m.bucket_mask = buckets - 1
        m.seed = int.from_bytes(os.urandom(8), "little")
        self._enter_merges(merges)
        if self._symbols.table.count >= m.no_symbol:
            count, most = self._symbols.table.count, m.no_symbol - 1
            raise LimitError(f"{count} tokens and texts of merges: {most} are possible with {merges.view.count} merges")
        return 0

    cdef int _enter_merges(self, StringArray merges) except -1:
        cdef StringsView view = merges.view
        cdef size_t i, at = 0, longest = 1
        cdef uint32_t k, n
        cdef uint8_t[::1] scratch
        cdef Line[BLOCK] lines
        for i in range(view.count):
            if view.lengths[i] > longest:
                longest = view.lengths[i]
        scratch = np.empty(longest + BLOCK * 64, np.uint8)
        i = 0
        while i < view.count:
            n = 0
            at = 0
            while n < BLOCK and i + n < view.count and view.lengths[i + n] <= <size_t>scratch.shape[0] - at:
                read_line(&self.t, view.base + view.starts[i + n], view.lengths[i + n], &scratch[at], &lines[n])
                at += view.lengths[i + n]
                n += 1
            find_sides(&self.t, &self._symbols.table, lines, n)
            for k in range(n):
                self._add_merge(&lines[k], <uint32_t>(i + k))
            i += n
        return 0

    cdef int _add_merge(self, const Line* line, uint32_t rank) except -1:
        """Enter one line; of a repeated pair the first rank counts."""
        cdef uint32_t left, right, merged
        cdef uint64_t key, i
        if line.first == 0:
            return 0
        self.cuts.join(line.text, line.first, line.first + line.second)
        left, right = line.left, line.right
        if left == NONE:
            left = self._symbol(line.text, line.first)
        if right == NONE:
            right = self._symbol(line.text + line.first, line.second)
        key = pair_key(&self.t.merges, left, right)
        i = pair_bucket(&self.t.merges, key) - self.t.merges.pairs
        while self._pairs[i] != 0:
            if self._pairs[i] >> self.t.merges.rank_bits == key:
                return 0
            i = (i + 1) % <uint64_t>self._pairs.shape[0]
        self._pairs[i] = key << self.t.merges.rank_bits | (rank + 1)
        merged = find_hashed(&self._symbols.table, line.text, line.first + line.second, line.hashes[2])
        self._merged[rank] = self._symbol(line.text, line.first + line.second) if merged == NONE else merged
        self.n_merges += 1
        return 0

    cdef int _close_cuts(self) except -1:
        """No merge is noted any more; where tokens stay whole, they are."""
        cdef const Table* symbols = &self._symbols.table
        cdef uint32_t k
        if self.t.ignore_merges:
            self._whole = np.zeros(self.t.n_tokens + 1, np.uint8)
            self.t.whole = &self._whole[0]
            with nogil:
                for k in range(self.t.n_tokens):
                    self.cuts.join_inside(symbols.text + symbols.starts[k], symbols.starts[k + 1] - symbols.starts[k])
        self.cuts.close()
        self.t.cuts = self.cuts.t
        return 0

    cdef int _make_bytes(self, TokenTable texts) except -1:
        """What single bytes begin as, and what the bytes of an unknown symbol end as."""
        cdef uint32_t b, k
        cdef uint8_t byte
        cdef uint8_t[2] character
        self._byte_symbol = np.empty(256, np.uint32)
        self.t.merges.byte_symbol = &self._byte_symbol[0]
        single = texts.last_single_bytes()
        hexadecimal = {} if self.t.byte_level else texts.last_of(b"<0x%02X>" % c for c in range(256))
        for b in range(256):
            byte = <uint8_t>b
            k = find(&self._symbols.table, &byte, 1)
            self._byte_symbol[b] = self.t.merges.no_symbol if k == NONE else k
            self.t.fallback[2 * b] = self.t.fallback[2 * b + 1] = NONE
            if self.t.byte_level:
                for k in range(<uint32_t>write_character(b, character)):
                    if single[character[k]] >= 0:
                        self.t.fallback[2 * b + k] = single[character[k]]
            elif b"<0x%02X>" % b in hexadecimal:
                self.t.fallback[2 * b] = hexadecimal[b"<0x%02X>" % b]
        if self.t.byte_level:
            self._byte_pairs = np.empty(1 << 16, np.uint32)
            for k in range(1 << 16):
                self._byte_pairs[k] = rank_of(&self.t, self._byte_symbol[k >> 8], self._byte_symbol[k & 255])
            self.t.merges.byte_pairs = &self._byte_pairs[0]
        return 0

    def pairs(self):
        """The merges that can apply, in order of rank: uint32[n_merges, 2], left and right symbol."""
        slots = np.asarray(self._pairs)
        slots = slots[slots != 0]
        symbol_bits, rank_bits = np.uint64(self.t.merges.symbol_bits), np.uint64(self.t.merges.rank_bits)
        ranks = slots & np.uint64((1 << self.t.merges.rank_bits) - 1)
        keys = slots[np.argsort(ranks)] >> rank_bits
        right = keys & np.uint64((1 << self.t.merges.symbol_bits) - 1)
        return np.stack([keys >> symbol_bits, right], axis=1).astype(np.uint32)

    def lines(self):
        """The same as the lines of a file: enough to build equal tables."""
        written = {}
        for symbol in np.unique(self.pairs()).tolist():
            written[symbol] = self._texts[symbol] if symbol < self.t.n_tokens else self._written(symbol)
        return [written[left] + b" " + written[right] for left, right in self.pairs().tolist()]

    def symbol_texts(self):
        """The texts of all symbols, joined, and their ends: what `pairs` refers to."""
        table = self._symbols
        end = table.table.starts[table.table.count] if table.table.count else 0
        return bytes(table._text[:end]), np.asarray(table._starts)[: table.table.count + 1].copy()

    def _written(self, uint32_t symbol):
        """A symbol as the file writes it."""
        cdef uint8_t[2] character
        text = self._symbols[symbol]
        if not self.t.byte_level:
            return text
        return b"".join([(<const char*>character)[: write_character(b, character)] for b in text])
