"""The tables of byte pair encoding, built from token texts and merges.

A *symbol* is a text that merging can meet: every token, and the few texts that only merges know (numbers from n_tokens
on).  Byte-level vocabularies write each byte as a printable character; their texts are turned back into bytes once,
here, so that a piece of text is looked up as it stands.
"""

import os

import numpy as np

from libc.stdint cimport int64_t
from libc.string cimport memcpy

from shimmytok._fault_in cimport fault_in
from shimmytok._large_memory cimport LargeMemory
from shimmytok._vocab cimport find
from shimmytok._workspace cimport NONE
from shimmytok.gguf._walk cimport load_u64
from shimmytok.models._alphabet cimport to_bytes, write_character
from shimmytok.models._bpe_lines cimport LINES, LineReader
from shimmytok.models._bpe_symbols cimport pair_bucket, pair_key

from shimmytok.errors import LimitError

cdef extern from "ascii.h":
    bint shim_is_ascii(const uint8_t* p, size_t n) noexcept nogil

cdef extern from "bits.h":
    const uint64_t EVERY "SHIM_EVERY_BYTE"

cdef extern from "hash.h":
    uint64_t shim_hash_pair(uint64_t key, uint64_t seed) noexcept nogil

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

cdef enum:
    MOST_MERGES = 1 << 26          # ranks have to fit the merge loop


cdef inline uint64_t word_at(const uint8_t* p, size_t n, uint64_t others) noexcept nogil:
    """8 bytes, of which those from the n-th on are read as the `others`."""
    cdef uint64_t low
    if n >= 8:
        return load_u64(p, False)
    low = ((<uint64_t>1 << (8 * n)) - 1)
    return (load_u64(p, False) & low) | (others & ~low)


cdef int64_t token_bytes(const uint8_t* p, size_t n, uint8_t* out) noexcept nogil:
    """`to_bytes`, quicker for what most tokens are: printable ASCII, maybe behind a space.  8 bytes can be read behind
    the text, and written behind the bytes."""
    cdef uint64_t word
    cdef int64_t m = 0, rest
    if n >= 2 and p[0] == 0xC4 and p[1] == 0xA0:
        out[0] = 0x20
        m = 1
        p += 2
        n -= 2
    while True:
        word = word_at(p, n, EVERY * 0x21)
        # A byte below 0x21, or above 0x7E?
        if ((word - EVERY * 0x21) & ~word | (word + EVERY) | word) & (EVERY << 7):
            rest = to_bytes(p, n, out + m)
            return rest if rest < 0 else m + rest
        memcpy(out + m, p, 8)
        if n <= 8:
            return m + <int64_t>n
        m += 8
        p += 8
        n -= 8


cdef bint enter_pair(uint64_t* pairs, const Merges* m, uint64_t key, uint32_t rank) noexcept nogil:
    """Enter a pair; False if it is there.  A bucket is filled in order, and looked at without branches."""
    cdef uint64_t entry = key << m.rank_bits, limit = (<uint64_t>1 << m.rank_bits) - 1
    cdef uint64_t at = shim_hash_pair(key, m.seed) & m.bucket_mask
    cdef uint64_t* bucket
    cdef uint32_t used, same, i
    while True:
        bucket = pairs + BUCKET * at
        used = same = 0
        for i in range(BUCKET):
            used += bucket[i] != 0
            same |= (bucket[i] ^ entry) - 1 < limit        # of an empty slot and key 0: the largest number
        if same:
            return False
        if used < BUCKET:
            bucket[used] = entry | (rank + 1)
            return True
        at = (at + 1) & m.bucket_mask


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
        self.t.n_tokens = texts.table.count
        self.t.byte_level = byte_level
        self.t.ignore_merges = ignore_merges
        self.t.whole_newline_runs = whole_newline_runs
        self.t.escape_spaces = escape_spaces
        self.cuts = BpeCuts(0 if merges is None else merges.view.count, lines=escape_spaces and not ignore_merges)
        if whole_newline_runs:
            self.cuts.join(b"\n\n", 1, 2)
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
            fault_in(&text[0], text.shape[0])
            fault_in(&starts[0], source.count * sizeof(uint32_t))
            for k in range(source.count):
                starts[k] = at
                size = source.starts[k + 1] - source.starts[k]
                if self.t.byte_level:
                    size = token_bytes(source.text + source.starts[k], <size_t>size, &text[at])
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

    cdef uint32_t _symbol(self, const Side* side) except? 0xFFFFFFFE:
        """The symbol of a text that was not found; a virtual one is made unless an earlier line has made it."""
        cdef uint32_t k = find(&self._symbols.table, side.p, side.n)
        if k == NONE:
            k = self._symbols.table.count
            self._symbols.add(side.p, side.n)
        return k

    cdef int _make_pairs(self, StringArray merges) except -1:
        cdef Merges* m = &self.t.merges
        cdef uint64_t buckets = 2
        if merges is None:
            merges = StringArray.from_list([])
        if merges.view.count >= <size_t>MOST_MERGES:
            raise LimitError(f"{merges.view.count} merges: {MOST_MERGES - 1} are possible")
        while BUCKET * buckets < merges.view.count + merges.view.count // 2 + 1:
            buckets *= 2
        m.symbol_bits = min(31, (64 - <uint32_t>(merges.view.count + 1).bit_length()) // 2)
        m.rank_bits = 64 - 2 * m.symbol_bits
        m.no_symbol = (<uint32_t>1 << m.symbol_bits) - 1
        self._pairs = LargeMemory(BUCKET * buckets)        # page-aligned: a bucket is a cache line
        fault_in(&self._pairs[0], BUCKET * buckets * sizeof(uint64_t))
        m.pairs = &self._pairs[0]
        m.bucket_mask = buckets - 1
        m.seed = int.from_bytes(os.urandom(8), "little")
        self._enter_merges(merges)
        if self._symbols.table.count >= m.no_symbol:
            count, most = self._symbols.table.count, m.no_symbol - 1
            raise LimitError(f"{count} tokens and texts of merges: {most} are possible with {merges.view.count} merges")
        return 0

    cdef int _enter_merges(self, StringArray merges) except -1:
        cdef size_t i = 0, count = merges.view.count, at
        cdef uint32_t k, n
        cdef uint32_t[::1] merged = np.empty(MERGED_BLOCK, np.uint32)
        cdef Line[LINES] lines
        cdef LineReader reader = LineReader(self._texts, self._symbols, merges, byte_level=self.t.byte_level)
        self._byte_pairs = np.full(1 << 16, NONE, np.uint32)
        self.t.merges.byte_pairs = &self._byte_pairs[0]
        self._blocks = np.zeros((count // MERGED_BLOCK + 1) * sizeof(MergedBlock), np.uint8)
        self.t.merges.blocks = <MergedBlock*>&self._blocks[0]
        while i < count:
            n = reader.read(i, lines)
            for k in range(n):
                if lines[k].applies and lines[k].left.symbol != NONE and lines[k].right.symbol != NONE:
                    SHIM_PREFETCH(
                        pair_bucket(
                            &self.t.merges, pair_key(&self.t.merges, lines[k].left.symbol, lines[k].right.symbol)
                        )
                    )
            for k in range(n):
                at = (i + k) % MERGED_BLOCK
                merged[at] = self._add_merge(&lines[k], <uint32_t>(i + k)) if lines[k].applies else NONE
                if at + 1 == MERGED_BLOCK or i + k + 1 == count:
                    self._pack_merged(&merged[0], i + k - at, at + 1, count)
            i += n
        return 0

    cdef uint32_t _add_merge(self, const Line* line, uint32_t rank) except? 0xFFFFFFFE:
        """Enter one line; the symbol it makes, or NONE: of a repeated pair the first rank counts."""
        cdef uint32_t left = line.left.symbol, right = line.right.symbol, both = line.both.symbol
        if line.both.p[line.left.n] >= ASCII or self.cuts.t.ascii != NULL:
            self.cuts.join(line.both.p, line.left.n, line.both.n)
        if left == NONE:
            left = self._symbol(&line.left)
        if right == NONE:
            right = self._symbol(&line.right)
        if not enter_pair(&self._pairs[0], &self.t.merges, pair_key(&self.t.merges, left, right), rank):
            return NONE
        if both == NONE:
            both = self._symbol(&line.both)
        self.n_merges += 1
        if line.both.n == 2:
            self._byte_pairs[<size_t>line.both.p[0] << 8 | line.both.p[1]] = rank
        return both

    cdef int _pack_merged(self, const uint32_t* merged, size_t first, size_t n, size_t n_merges) except -1:
        """Keep the symbols that the ranks of a block make; in an array where the block cannot tell them."""
        cdef MergedBlock* blocks = <MergedBlock*>&self._blocks[0]
        if shim_merged_pack(&blocks[first // MERGED_BLOCK], merged, n):
            return 0
        if self.t.merges.merged == NULL:
            self._merged = np.zeros(n_merges, np.uint32)
            self.t.merges.merged = &self._merged[0]
        memcpy(&self._merged[first], merged, n * sizeof(uint32_t))
        return 0

    cdef int _close_cuts(self) except -1:
        """No merge is noted any more; where tokens stay whole, they are."""
        cdef const Table* symbols = &self._symbols.table
        cdef const uint8_t* p
        cdef size_t n
        cdef uint32_t k
        if self.t.ignore_merges:
            self._whole = np.zeros(self.t.n_tokens + 1, np.uint8)
            self.t.whole = &self._whole[0]
            with nogil:
                for k in range(self.t.n_tokens):
                    p = symbols.text + symbols.starts[k]
                    n = symbols.starts[k + 1] - symbols.starts[k]
                    if shim_is_ascii(p, n):
                        self._whole[k] = 1                 # never a part: ASCII is not cut
                    else:
                        self.cuts.join_inside(p, n)
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
        self.t.by_parts = self._symbols.table.count == self.t.n_tokens
        return 0

    def pairs(self):
        """The merges that can apply, in order of rank: uint32[n_merges, 2], left and right symbol."""
        slots = np.asarray(self._pairs)
        slots = slots[slots != 0]
        symbol_bits, rank_bits = np.uint64(self.t.merges.symbol_bits), np.uint64(self.t.merges.rank_bits)
        ranks = slots & np.uint64((<uint64_t>1 << self.t.merges.rank_bits) - 1)
        keys = slots[np.argsort(ranks)] >> rank_bits
        right = keys & np.uint64((<uint64_t>1 << self.t.merges.symbol_bits) - 1)
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
