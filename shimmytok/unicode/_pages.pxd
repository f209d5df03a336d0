"""A number for each code point, in two levels."""

from libc.stdint cimport uint16_t, uint32_t

cdef struct PageMap:               # borrowed: valid as long as the PageTable is
    const uint16_t* page_of        # code point >> 8 -> page
    const uint32_t* pages          # page << 8 | code point & 255 -> number

cdef class PageTable:
    cdef PageMap map
    cdef const uint16_t[::1] _page_of
    cdef const uint32_t[::1] _pages


cdef inline uint32_t look_up(const PageMap* map, uint32_t code_point) noexcept nogil:
    """The number of a code point (at most U+10FFFF)."""
    return map.pages[<uint32_t>map.page_of[code_point >> 8] << 8 | (code_point & 255)]
