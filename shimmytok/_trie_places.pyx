"""Where the nodes of a double array go.

The children of a node are at base ^ label: all in one block of 256 units.  No two nodes have the same base, so that a
unit's label alone tells whose child it is.  A few blocks are open; which bases of a block suit a set of labels is
found for all 256 at once, a bit each.  The block of the parent is tried first, and an only child goes into the cache
line of its parent where it can, so that a walk down the trie stays close.
"""

from libc.string cimport memset

from shimmytok._trie cimport BASE_MASK
from shimmytok._workspace cimport OK, OUT_OF_MEMORY, TOO_LONG, reserve

cdef extern from "bits.h":
    unsigned shim_lowest(uint64_t x) noexcept nogil

cdef enum:
    BLOCK = 256
    LINE = 8                       # units in a line of memory
    FIRST_ROOM = 64 * BLOCK        # units


cdef inline uint64_t permuted(uint64_t x, uint8_t c) noexcept nogil:
    """Bit i of the result is bit i ^ c of x, c < 64."""
    if c & 1:
        x = (x >> 1 & <uint64_t>0x5555555555555555ULL) | (x & <uint64_t>0x5555555555555555ULL) << 1
    if c & 2:
        x = (x >> 2 & <uint64_t>0x3333333333333333ULL) | (x & <uint64_t>0x3333333333333333ULL) << 2
    if c & 4:
        x = (x >> 4 & <uint64_t>0x0F0F0F0F0F0F0F0FULL) | (x & <uint64_t>0x0F0F0F0F0F0F0F0FULL) << 4
    if c & 8:
        x = (x >> 8 & <uint64_t>0x00FF00FF00FF00FFULL) | (x & <uint64_t>0x00FF00FF00FF00FFULL) << 8
    if c & 16:
        x = (x >> 16 & <uint64_t>0x0000FFFF0000FFFFULL) | (x & <uint64_t>0x0000FFFF0000FFFFULL) << 16
    return x >> 32 | x << 32 if c & 32 else x


cdef inline bint find_base(const Block* block, const uint8_t* labels, size_t n, uint32_t* base) noexcept nogil:
    """A base in a block, whose units for all labels are free."""
    cdef uint64_t[4] suits
    cdef uint64_t any = 0
    cdef size_t i, k
    for k in range(4):
        suits[k] = block.bases[k]
    for i in range(n):
        any = 0
        for k in range(4):
            suits[k] &= permuted(block.free[k ^ labels[i] >> 6], labels[i] & 63)
            any |= suits[k]
        if any == 0:
            return False
    for k in range(4):
        if suits[k] != 0:
            base[0] = <uint32_t>(64 * k + shim_lowest(suits[k]))
            return True
    return False


cdef inline bint find_beside(const Block* block, uint32_t parent, uint8_t label, uint32_t* base) noexcept nogil:
    """A base for one child in the parent's line of memory."""
    cdef uint32_t line = (parent & (BLOCK - 1)) // LINE, word = line >> 3
    cdef uint64_t suits = block.free[word] & permuted(block.bases[word ^ label >> 6], label & 63)
    suits = suits >> (LINE * (line & 7)) & ((1 << LINE) - 1)
    if suits == 0:
        return False
    base[0] = (line * LINE + shim_lowest(suits)) ^ label
    return True


cdef uint32_t choose_block(
    const Places* places, uint32_t parent, const uint8_t* labels, size_t n, uint32_t* base
) noexcept nogil:
    """The number of the open block that has room, and the base there."""
    cdef uint32_t k
    for k in range(places.n_blocks):
        if places.blocks[k].start == parent & ~<uint32_t>(BLOCK - 1):
            if n == 1 and find_beside(&places.blocks[k], parent, labels[0], base):
                return k
            if find_base(&places.blocks[k], labels, n, base):
                return k
    k = 0
    while k < places.n_blocks and not find_base(&places.blocks[k], labels, n, base):
        k += 1
    return k


cdef int new_block(Places* places) noexcept nogil:
    """Open a block in place of the oldest one."""
    cdef Block* block
    cdef size_t cap = places.units.cap
    if places.count + BLOCK > BASE_MASK:
        return TOO_LONG
    if (places.count + BLOCK) * 8 > cap:
        if reserve(places.units, max(cap + cap // 2, <size_t>FIRST_ROOM * 8)) != OK:
            return OUT_OF_MEMORY
    memset(<uint64_t*>places.units.data + places.count, 0, BLOCK * 8)
    if places.n_blocks < OPEN_BLOCKS:
        block = &places.blocks[places.n_blocks]
        places.n_blocks += 1
    else:
        block = &places.blocks[places.oldest]
        places.oldest = (places.oldest + 1) % OPEN_BLOCKS
    memset(block.free, 0xFF, sizeof(block.free))
    memset(block.bases, 0xFF, sizeof(block.bases))
    block.start = <uint32_t>places.count
    places.count += BLOCK
    return OK


cdef int places_init(Places* places, Buffer* units) noexcept nogil:
    cdef int status
    memset(places, 0, sizeof(Places))
    places.units = units
    status = new_block(places)
    places.n_blocks = 0
    return status


cdef int take_places(
    Places* places, uint32_t parent, const uint8_t* labels, size_t n, uint32_t* base
) noexcept nogil:
    cdef Block* block
    cdef uint32_t i, k, found = 0
    cdef int status
    k = choose_block(places, parent, labels, n, &found)
    if k == places.n_blocks:
        k = places.oldest if places.n_blocks == OPEN_BLOCKS else places.n_blocks
        status = new_block(places)
        if status != OK:
            return status
        find_base(&places.blocks[k], labels, n, &found)
    block = &places.blocks[k]
    block.bases[found >> 6] &= ~(<uint64_t>1 << (found & 63))
    for i in range(n):
        k = found ^ labels[i]
        block.free[k >> 6] &= ~(<uint64_t>1 << (k & 63))
        (<uint64_t*>places.units.data)[block.start + k] = <uint64_t>0x100 | labels[i]
    base[0] = block.start | found
    return OK
