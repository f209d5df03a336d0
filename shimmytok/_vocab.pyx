"""Byte strings by number, and numbers by byte string: the look-up tables all models share.

A TokenTable holds strings as one blob and offsets.  Its hash index is built when first needed; of equal strings the
last one is found, as in llama.cpp's token_to_id map.
"""

import os

import cython
import numpy as np

from libc.stdint cimport uint16_t
from libc.string cimport memcmp, memcpy, memset

from shimmytok._fault_in cimport fault_in
from shimmytok._large_memory cimport LargeMemory
from shimmytok.gguf._strings cimport StringArray, StringsView

from shimmytok.errors import LimitError

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

cdef enum:
    MAX_TEXT = 0x7FFFFFFF          # offsets are 32 bits wide
    BLOCK = 64                     # strings that are put into an index at a time
    LARGE = 1 << 18                # slots of an index that fills large pages


cdef void insert(Table* table, uint64_t* slots, uint32_t k, uint64_t hash) noexcept nogil:
    """Put string number k into the index, in the place of an equal one.  Empty strings are not found."""
    cdef const uint8_t* p = table.text + table.starts[k]
    cdef size_t n = table.starts[k + 1] - table.starts[k]
    cdef uint64_t i = hash & table.mask
    if n == 0:
        return
    while slots[i] != 0:
        if (slots[i] ^ hash) >> 32 == 0 and is_text(table, <uint32_t>slots[i] - 1, p, n):
            table.repeated = True
            break
        i = (i + 1) & table.mask
    slots[i] = (hash & <uint64_t>0xFFFFFFFF00000000) | (<uint64_t>k + 1)


cdef uint64_t hash_of(const Table* table, uint32_t k) noexcept nogil:
    return shim_hash_bytes(table.text + table.starts[k], table.starts[k + 1] - table.starts[k], table.seed)


cdef void insert_all(Table* table, uint64_t* slots) noexcept nogil:
    """Put all strings into an empty index; the slots of a block of them are asked for together."""
    cdef uint64_t[BLOCK] hashes
    cdef uint32_t k = 0, i, n
    while k < table.count:
        n = min(table.count - k, <uint32_t>BLOCK)
        for i in range(n):
            hashes[i] = hash_of(table, k + i)
            SHIM_PREFETCH(&slots[hashes[i] & table.mask])
        for i in range(n):
            insert(table, slots, k + i, hashes[i])
        k += n


cdef size_t decimal(uint32_t value, uint8_t* out) noexcept nogil:
    """Write a number's decimal digits; the number of them."""
    cdef uint8_t[10] digits
    cdef size_t n = 0, i
    while True:
        digits[n] = <uint8_t>(48 + value % 10)
        n += 1
        value //= 10
        if value == 0:
            break
    for i in range(n):
        out[i] = digits[n - 1 - i]
    return n


cdef void copy_strings(const StringsView* source, uint8_t* text, uint32_t* starts) noexcept nogil:
    """Copy token texts; an empty one becomes `[EMPTY_<its id>]`, as in llama.cpp."""
    cdef size_t i, at = 0
    cdef uint32_t n
    for i in range(source.count):
        starts[i] = <uint32_t>at
        n = source.lengths[i]
        if n == 0:
            memcpy(text + at, b"[EMPTY_", 7)
            at += 7
            at += decimal(<uint32_t>i, text + at)
            text[at] = 93                                  # ]
            at += 1
        else:
            memcpy(text + at, source.base + source.starts[i], n)
            at += n
    starts[source.count] = <uint32_t>at


cdef void find_last(const Table* table, const Table* wanted, uint32_t* last) noexcept nogil:
    """Note for each of the wanted strings, which have an index, its last number.  First bytes and lengths sort most
    others out."""
    cdef uint64_t[256] sizes                               # by first byte: a bit for each length, the last: or above
    cdef uint32_t k, hit, n
    cdef const uint8_t* p
    memset(sizes, 0, sizeof(sizes))
    for k in range(wanted.count):
        n = wanted.starts[k + 1] - wanted.starts[k]
        if n:
            sizes[wanted.text[wanted.starts[k]]] |= <uint64_t>1 << min(n, <uint32_t>63)
    for k in range(table.count):
        p = table.text + table.starts[k]
        n = table.starts[k + 1] - table.starts[k]
        if n and sizes[p[0]] >> min(n, <uint32_t>63) & 1:
            hit = find(wanted, p, n)
            if hit != NONE:
                last[hit] = k


def having(const uint16_t[::1] attrs not None, uint32_t bits):
    """The numbers of those `attrs` that have any of these bits: int64[n], ascending."""
    cdef Py_ssize_t i, count = 0, n = attrs.shape[0]
    cdef long long[::1] found
    for i in range(n):
        count += (attrs[i] & bits) != 0
    ids = np.empty(count, np.int64)
    found = ids
    count = 0
    for i in range(n):
        if attrs[i] & bits:
            found[count] = i
            count += 1
    return ids


cdef class TokenTable:
    """Byte strings numbered from 0; `table[i]`, `len(table)` and `table.find(string)`."""

    def __cinit__(self):
        self._indexed = False
        self._text = np.zeros(SLACK, np.uint8)
        self._starts = np.zeros(16, np.uint32)
        self._borrow()
        self.table.count = 0

    cdef void _borrow(self) noexcept:
        self.table.text = &self._text[0]
        self.table.starts = &self._starts[0]

    @staticmethod
    def from_strings(StringArray strings not None):
        """Token texts out of a file: cut at NUL, empty ones named."""
        cdef TokenTable self = TokenTable.__new__(TokenTable)
        cdef size_t total = 0, i
        cdef const StringsView* view = &strings.view
        for i in range(view.count):
            total += view.lengths[i] if view.lengths[i] else 18
        if total > MAX_TEXT or view.count >= MAX_TEXT:
            raise LimitError(f"{total} bytes of token texts: more than {MAX_TEXT}")
        self._text = np.empty(total + SLACK, np.uint8)
        self._starts = np.empty(view.count + 1, np.uint32)
        fault_in(&self._text[0], total)
        fault_in(&self._starts[0], view.count * sizeof(uint32_t))
        copy_strings(view, &self._text[0], &self._starts[0])
        self._borrow()
        self.table.count = <uint32_t>view.count
        return self

    @staticmethod
    def from_list(strings):
        """Any iterable of bytes."""
        cdef TokenTable self = TokenTable.__new__(TokenTable)
        cdef bytes item
        for item in strings:
            self.add(item, len(item))
        return self

    cdef int add(self, const uint8_t* p, size_t n) except -1:
        """Append a string; an index that is there takes it up."""
        cdef uint32_t k = self.table.count
        cdef size_t at = self.table.starts[k] if k else 0
        if n > MAX_TEXT - at:
            raise LimitError(f"{at + n} bytes of token texts: more than {MAX_TEXT}")
        if at + n + SLACK > <size_t>self._text.shape[0]:
            text = np.empty((at + n) * 3 // 2 + 64, np.uint8)
            text[:at] = np.asarray(self._text)[:at]
            self._text = text
        if k + 2 > self._starts.shape[0]:
            starts = np.empty((k + 2) * 3 // 2 + 64, np.uint32)
            starts[: k + 1] = np.asarray(self._starts)[: k + 1]
            self._starts = starts
        self._borrow()
        memcpy(&self._text[at], p, n)
        self._starts[k] = <uint32_t>at
        self._starts[k + 1] = <uint32_t>(at + n)
        self.table.count = k + 1
        if self._indexed:
            if <uint64_t>self.table.count * 3 > (self.table.mask + 1) * 2:
                self._grow_slots(self.table.count * 2)
            else:
                insert(&self.table, &self._slots[0], k, hash_of(&self.table, k))
        return 0

    cdef int _grow_slots(self, uint32_t count) except -1:
        cdef uint64_t size = 16
        cdef Table table = self.table
        while size < <uint64_t>count * 2:
            size *= 2
        cdef uint64_t[::1] view = LargeMemory(size) if size >= LARGE else np.zeros(size, np.uint64)
        table.mask = size - 1
        if not self._indexed:
            table.seed = int.from_bytes(os.urandom(8), "little")
        with nogil:
            fault_in(&view[0], size * sizeof(uint64_t))
            insert_all(&table, &view[0])
        # Others may have made an index meanwhile, which may be in use.  There is no lock that a fork could leave held.
        with cython.critical_section(self):
            if not self._indexed or table.mask > self.table.mask:
                self._slots = view
                table.slots = &self._slots[0]
                self.table = table
                self._indexed = True
        return 0

    cdef int index(self) except -1:
        """Make the strings findable; does nothing the second time."""
        cdef bint indexed
        with cython.critical_section(self):
            indexed = self._indexed
        if not indexed:
            self._grow_slots(self.table.count)
        return 0

    def find(self, bytes string not None):
        """The number of a string, or None."""
        cdef uint32_t k
        self.index()
        k = find(&self.table, string, len(string))
        return None if k == NONE else k

    def __len__(self):
        return self.table.count

    def __getitem__(self, Py_ssize_t i):
        cdef uint32_t start
        if i < 0 or i >= <Py_ssize_t>self.table.count:
            raise IndexError(f"string {i}: there are {self.table.count}")
        start = self.table.starts[i]
        return (<const char*>self.table.text)[start : self.table.starts[i + 1]]

    def joined(self):
        """(all strings one after the other, their ends as bytes of uint32[count + 1], little-endian)."""
        cdef uint32_t end = self.table.starts[self.table.count] if self.table.count else 0
        starts = np.asarray(self._starts)[: self.table.count + 1]
        return bytes(self._text[:end]), starts.astype("<u4").tobytes()

    def has_byte_in(self, uint8_t first, uint8_t last):
        """Does any string hold a byte from `first` to `last`?"""
        cdef uint32_t i, end = self.table.starts[self.table.count] if self.table.count else 0
        cdef uint8_t found = 0
        with nogil:
            for i in range(end):
                found |= <uint8_t>(self.table.text[i] - first) <= <uint8_t>(last - first)
        return bool(found)

    def holding(self, bytes part not None, *, uint32_t behind=0, uint32_t before=0):
        """The numbers of the strings that have `part`, which is not empty, behind and before so many bytes or more."""
        cdef uint32_t k, n, size = len(part)
        cdef const uint8_t* sought = part
        cdef const uint8_t* p
        cdef const uint8_t* last
        found = []
        for k in range(self.table.count):
            n = self.table.starts[k + 1] - self.table.starts[k]
            if n < <uint64_t>size + behind + before:
                continue
            p = self.table.text + self.table.starts[k] + behind
            last = self.table.text + self.table.starts[k + 1] - before - size
            while p <= last and (p[0] != sought[0] or memcmp(p, sought, size) != 0):
                p += 1
            if p <= last:
                found.append(k)
        return found

    def lengths(self):
        """The strings' lengths in bytes, as int64[count]."""
        cdef uint32_t k
        cdef long long[::1] lengths = np.empty(self.table.count, np.int64)
        for k in range(self.table.count):
            lengths[k] = self.table.starts[k + 1] - self.table.starts[k]
        return np.asarray(lengths)

    def last_of(self, strings):
        """{string: its last number} for those of `strings` (bytes) that the table holds; needs no index."""
        cdef TokenTable wanted = TokenTable.from_list(strings)
        cdef uint32_t[::1] last = np.full(len(wanted) + 1, NONE, np.uint32)
        wanted.index()
        with nogil:
            find_last(&self.table, &wanted.table, &last[0])
        return {wanted[i]: int(last[i]) for i in range(len(wanted)) if last[i] != NONE}

    def last_single_bytes(self):
        """int64[256]: the last number of each one-byte string, -1 where there is none."""
        found = np.full(256, -1, np.int64)
        cdef long long[::1] view = found
        cdef uint32_t k
        for k in range(self.table.count):
            if self.table.starts[k + 1] - self.table.starts[k] == 1:
                view[self.table.text[self.table.starts[k]]] = k
        return found
