"""Where the nodes of a double array go: places for the children of a node."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef enum:
    OPEN_BLOCKS = 16

cdef struct Block:                 # 256 units with places left
    uint32_t start                 # number of its first unit
    uint64_t[4] free               # a bit for each unit
    uint64_t[4] bases              # for each number that no node has as its base yet

cdef struct Places:
    uint64_t* units                # pages.h's memory, which whoever asks for places frees; new units are 0
    size_t room                    # bytes of it
    size_t count                   # units so far, a multiple of 256
    Block[OPEN_BLOCKS] blocks
    uint32_t n_blocks
    uint32_t oldest
    uint32_t latest                # the block that places were last taken from

# Start with one block that stays empty, whose number, 0, is the base of nodes without children.  `expected`: how many
# units there may be; more cost some copying.
cdef int places_init(Places* places, size_t expected) noexcept nogil

# Take places for the children of `parent` with distinct labels, 1 to 256 of them; `base` is for the parent.  A Status;
# TOO_LONG: the array would be larger than bases can tell.
cdef int take_places(
    Places* places, uint32_t parent, const uint8_t* labels, size_t n, uint32_t* base
) noexcept nogil

# The same for one child.
cdef int take_place(Places* places, uint32_t parent, uint8_t label, uint32_t* base) noexcept nogil
