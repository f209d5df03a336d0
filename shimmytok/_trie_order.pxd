"""Tokens sorted by their texts, eight bytes at a time."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._vocab cimport Table

cdef enum:
    WINDOW = 8                     # bytes of text that an item shows

cdef struct Item:                  # a token, and its text from a depth on
    uint64_t window                # WINDOW bytes, the first one uppermost; 0 behind the text's end
    uint32_t rest                  # how many of them are text
    uint32_t token


cdef inline uint32_t key_at(const Item* item, uint32_t depth) noexcept nogil:
    """A byte of the text plus 1, or 0 at its end; `depth` is below that of the window's end."""
    cdef uint32_t i = depth & (WINDOW - 1)
    return <uint32_t>(item.window >> (8 * (WINDOW - 1 - i)) & 0xFF) + 1 if item.rest > i else 0


# Show the texts of n items, which have the depth's bytes in common, from `depth` on, and sort them by what they show.
# Equal ones keep their order.  `spare` has room for as many.
cdef void sort_items(const Table* texts, Item* items, Item* spare, size_t n, uint32_t depth) noexcept nogil

# Show the text of one item.
cdef void show_item(const Table* texts, Item* item, uint32_t depth) noexcept nogil
