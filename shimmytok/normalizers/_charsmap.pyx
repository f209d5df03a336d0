"""SentencePiece's precompiled map of character sequences to replacements ("precompiled_charsmap").

The blob: the double array's size in bytes (32 bits, little-endian), the double array ("XOR-compressed compact double
array", 32 bits a unit), the replacements.  A unit has its label in bits 0-7, "a value follows" in bit 8, the distance
to its children in bits 10-30 (times 256 with bit 9), and bit 31 in units that are values.

Must equal: llm_tokenizer_ugm_session::normalize_prefix of llama.cpp, its use of the map.  Where that throws, on an
index outside the arrays or a replacement that does not end, a walk ends here, or that match does not count.
"""

import numpy as np

from libc.string cimport strlen

cdef enum:
    LABEL = 0xFF
    HAS_VALUE = 0x100
    IS_VALUE = 0x80000000
    OFFSET = 0x7FFFFFFF
    NOWHERE = 0xFFFFFFFF


cdef inline uint32_t distance(uint32_t unit) noexcept nogil:
    return (unit >> 10) << ((unit & 0x200) >> 6)


cdef inline bint has_replacement(const CharsmapView* map, uint32_t index) noexcept nogil:
    """Does the unit at `index` name a replacement that ends?"""
    return index < map.count and (map.units[index] & OFFSET) < map.size


cdef size_t longest_match(
    const CharsmapView* map, const uint8_t* p, size_t n, const uint8_t** replacement, size_t* size, size_t* read
) noexcept nogil:
    cdef size_t i = 0, matched = 0
    cdef uint32_t index, unit, value = 0
    if map.count == 0:
        return 0
    index = distance(map.units[0])
    while i < n:
        index ^= p[i]
        i += 1
        if p[i - 1] == 0 or index >= map.count:
            break
        unit = map.units[index]
        if unit & (IS_VALUE | LABEL) != p[i - 1]:
            break
        index ^= distance(unit)
        if unit & HAS_VALUE and has_replacement(map, index):
            matched = i
            value = index
    read[0] += i
    if matched:
        # Only here: a file may name a long one at each step.
        replacement[0] = map.replacements + (map.units[value] & OFFSET)
        size[0] = strlen(<const char*>replacement[0])
    return matched


cdef bint is_endless(
    const CharsmapView* map, uint32_t* first, uint32_t* sibling, uint32_t* open_nodes, uint8_t* state, uint8_t* later
) noexcept nogil:
    """Does a walk from the root come back to a node it has been at?  If not, `later` (256 bytes, all zero) tells of
    each byte whether there is a walk that reads it behind another.

    Nodes are told by where their children are: unit i is a child of node i ^ label.  `first`, `open_nodes` and `state`
    (all zero) have room for count + 256 nodes, `sibling` for count units.
    """
    cdef uint32_t i, node, target, label
    cdef size_t depth
    cdef uint32_t capacity = map.count + 256
    for i in range(capacity):
        first[i] = NOWHERE
    for i in range(map.count):
        label = map.units[i] & (IS_VALUE | LABEL)
        if 0 < label <= LABEL:
            node = i ^ label
            sibling[i] = first[node]
            first[node] = i
    target = distance(map.units[0])
    if target >= capacity:
        return False
    open_nodes[0] = target
    state[target] = 1
    depth = 1
    while depth:
        node = open_nodes[depth - 1]
        i = first[node]
        if i == NOWHERE:
            state[node] = 2
            depth -= 1
            continue
        first[node] = sibling[i]
        later[map.units[i] & LABEL] |= depth > 1
        target = i ^ distance(map.units[i])
        if target >= capacity or state[target] == 2:
            continue
        if state[target] == 1:
            return True
        state[target] = 1
        open_nodes[depth] = target
        depth += 1
    return False


cdef class Charsmap:
    """A map out of a blob; the empty blob maps nothing.  ValueError for a blob that llama.cpp refuses, and for one with
    endless entries."""

    def __init__(self, bytes blob not None):
        cdef size_t size
        cdef uint32_t[::1] first, sibling, open_nodes
        cdef uint8_t[::1] state
        cdef bint endless
        self._blob = blob
        if not blob:
            return
        if len(blob) < 4:
            raise ValueError(f"{len(blob)} bytes: too few for the size of the double array")
        size = int.from_bytes(blob[:4], "little")
        if size >= <size_t>len(blob) - 4:
            raise ValueError(f"a double array of {size} bytes does not fit into {len(blob)}")
        if size < 4:
            return
        self._units = np.frombuffer(blob, "<u4", size // 4, 4).astype(np.uint32)
        self.view.units = &self._units[0]
        self.view.count = <uint32_t>(size // 4)
        self.view.replacements = <const uint8_t*><const char*>blob + 4 + size
        self.view.size = <size_t>(max(blob.rfind(b"\0"), 3 + size) - 3 - size)
        first = np.empty(self.view.count + 256, np.uint32)
        sibling = np.empty(self.view.count, np.uint32)
        open_nodes = np.empty(self.view.count + 256, np.uint32)
        state = np.zeros(self.view.count + 256, np.uint8)
        with nogil:
            endless = is_endless(&self.view, &first[0], &sibling[0], &open_nodes[0], &state[0], self._later)
        if endless:
            raise ValueError("the double array has a cycle: entries without an end")

    def match(self, bytes text not None):
        """(bytes at the start of `text` that are replaced, their replacement)."""
        cdef const uint8_t* replacement = NULL
        cdef size_t size = 0, read = 0
        cdef size_t matched = longest_match(&self.view, text, len(text), &replacement, &size, &read)
        return matched, (<const char*>replacement)[:size] if matched else b""

    def following(self, uint8_t first):
        """The bytes that follow `first` at the start of an entry."""
        cdef uint32_t base, c
        found = []
        if self.view.count == 0:
            return b""
        base = distance(self.view.units[0]) ^ first
        if base >= self.view.count or self.view.units[base] & (IS_VALUE | LABEL) != first:
            return b""
        base ^= distance(self.view.units[base])
        for c in range(1, 256):
            if base ^ c < self.view.count and self.view.units[base ^ c] & (IS_VALUE | LABEL) == c:
                found.append(c)
        return bytes(found)

    def later(self):
        """The bytes that entries may have at other places than the first."""
        return bytes(label for label in range(256) if self._later[label])
