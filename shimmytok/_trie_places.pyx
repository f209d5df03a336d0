"""Where the nodes of a double array go.

The children of a node are at base ^ label: all in one block of 256 units.  No two nodes have the same base, so that a
unit's label alone tells whose child it is.  A few blocks are open; which bases of a block suit a set of labels is
found for all 256 at once, a bit each.  The block of the parent is tried first, and an only child goes into the cache
line of its parent where it can, so that a walk down the trie stays close.
"""

from libc.string cimport memcpy, memset

from shimmytok._trie cimport BASE_MASK
from shimmytok._workspace cimport OK, OUT_OF_MEMORY, TOO_LONG

cdef extern from "bits.h":
    unsigned shim_lowest(uint64_t x) noexcept nogil

cdef extern from "pages.h":
    void* shim_pages_new(size_t size) noexcept nogil
    void shim_pages_free(void* p, size_t size) noexcept nogil

cdef enum:
    BLOCK = 256
    LINE = 8                       # units in a line of memory
    FEWEST = 4 * BLOCK             # units that there is room for


cdef uint8_t[LINE][256] PERMUTED   # bit i of PERMUTED[c][x] is bit i ^ c of x


cdef void fill_permuted() noexcept:
    cdef int c, x, i
    for c in range(LINE):
        for x in range(256):
            PERMUTED[c][x] = 0
            for i in range(LINE):
                PERMUTED[c][x] |= <uint8_t>((x >> (i ^ c) & 1) << i)


fill_permuted()


cdef inline void swap_bits(uint64_t* x, uint64_t low, int by, uint64_t chosen) noexcept nogil:
    """In four words, swap the bits of `low` with those `by` above them where all bits are `chosen`, else nothing."""
    cdef int k
    cdef uint64_t changed
    for k in range(4):
        changed = (x[k] >> by ^ x[k]) & low & chosen
        x[k] ^= changed | changed << by


cdef inline void permute(uint64_t* x, uint8_t c) noexcept nogil:
    """Put bit i ^ c in place of bit i, c < 64, in four words.  No branches: labels cannot be foreseen."""
    swap_bits(x, <uint64_t>0x5555555555555555ULL, 1, 0 - <uint64_t>(c & 1))
    swap_bits(x, <uint64_t>0x3333333333333333ULL, 2, 0 - <uint64_t>(c >> 1 & 1))
    swap_bits(x, <uint64_t>0x0F0F0F0F0F0F0F0FULL, 4, 0 - <uint64_t>(c >> 2 & 1))
    swap_bits(x, <uint64_t>0x00FF00FF00FF00FFULL, 8, 0 - <uint64_t>(c >> 3 & 1))
    swap_bits(x, <uint64_t>0x0000FFFF0000FFFFULL, 16, 0 - <uint64_t>(c >> 4 & 1))
    swap_bits(x, <uint64_t>0x00000000FFFFFFFFULL, 32, 0 - <uint64_t>(c >> 5 & 1))


cdef inline bint find_base(const Block* block, const uint8_t* labels, size_t n, uint32_t* base) noexcept nogil:
    """A base in a block, whose units for all labels are free."""
    cdef uint64_t[4] suits
    cdef uint64_t[4] free
    cdef size_t i, k
    for k in range(4):
        suits[k] = block.bases[k]
    for i in range(n):
        for k in range(4):
            free[k] = block.free[k ^ labels[i] >> 6]
        permute(free, labels[i] & 63)
        for k in range(4):
            suits[k] &= free[k]
        if (suits[0] | suits[1] | suits[2] | suits[3]) == 0:
            return False
    for k in range(4):
        if suits[k] != 0:
            base[0] = <uint32_t>(64 * k + shim_lowest(suits[k]))
            return True
    return False


cdef inline bint find_beside(const Block* block, uint32_t parent, uint8_t label, uint32_t* base) noexcept nogil:
    """A base for one child in the parent's line of memory."""
    cdef uint32_t line = (parent & (BLOCK - 1)) // LINE, other = line ^ label // LINE
    cdef uint8_t free = <uint8_t>(block.free[line >> 3] >> LINE * (line & 7))
    cdef uint8_t bases = <uint8_t>(block.bases[other >> 3] >> LINE * (other & 7))
    cdef uint8_t suits = free & PERMUTED[label % LINE][bases]
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


cdef int reserve_units(Places* places, size_t room) noexcept nogil:
    """Make room for so many bytes."""
    cdef uint64_t* units = <uint64_t*>shim_pages_new(room)
    if units == NULL:
        return OUT_OF_MEMORY
    if places.units != NULL:
        memcpy(units, places.units, places.count * sizeof(uint64_t))
    shim_pages_free(places.units, places.room)
    places.units = units
    places.room = room
    return OK


cdef int new_block(Places* places) noexcept nogil:
    """Open a block in place of the oldest one."""
    cdef Block* block
    if places.count + BLOCK > BASE_MASK:
        return TOO_LONG
    if (places.count + BLOCK) * sizeof(uint64_t) > places.room:
        if reserve_units(places, places.room + places.room // 2) != OK:
            return OUT_OF_MEMORY
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


cdef int places_init(Places* places, size_t expected) noexcept nogil:
    cdef int status
    memset(places, 0, sizeof(Places))
    status = reserve_units(places, (expected + FEWEST) * sizeof(uint64_t))
    if status == OK:
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
    places.latest = k
    if k == places.n_blocks:
        k = places.latest = places.oldest if places.n_blocks == OPEN_BLOCKS else places.n_blocks
        status = new_block(places)
        if status != OK:
            return status
        find_base(&places.blocks[k], labels, n, &found)
    block = &places.blocks[k]
    block.bases[found >> 6] &= ~(<uint64_t>1 << (found & 63))
    for i in range(n):
        k = found ^ labels[i]
        block.free[k >> 6] &= ~(<uint64_t>1 << (k & 63))
        places.units[block.start + k] = <uint64_t>0x100 | labels[i]
    base[0] = block.start | found
    return OK


cdef int take_place(Places* places, uint32_t parent, uint8_t label, uint32_t* base) noexcept nogil:
    cdef Block* block = &places.blocks[places.latest]
    cdef uint32_t found, k
    if places.n_blocks == 0 or block.start != parent & ~<uint32_t>(BLOCK - 1):
        return take_places(places, parent, &label, 1, base)
    if not find_beside(block, parent, label, &found):
        return take_places(places, parent, &label, 1, base)
    k = found ^ label
    block.bases[found >> 6] &= ~(<uint64_t>1 << (found & 63))
    block.free[k >> 6] &= ~(<uint64_t>1 << (k & 63))
    places.units[block.start + k] = <uint64_t>0x100 | label
    base[0] = block.start | found
    return OK
