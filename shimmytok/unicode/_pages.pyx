"""A number for each code point, in two levels, for `nogil` look-ups; equal pages are kept once."""

import numpy as np

cdef enum:
    CODE_POINTS = 0x110000
    PAGE = 256


cdef class PageTable:
    """A number for each code point: `values` (uint32[0x110000], or as many as are not told by `rest`)."""

    def __init__(self, values, rest=None):
        """`rest`: the code points from len(values) on, as (page of each 256 code points, from 0 on, numbers of the
        pages: uint32[n, 256])."""
        cdef Py_ssize_t page, n = len(values) // PAGE
        if values.dtype != np.uint32 or len(values) % PAGE or len(values) > CODE_POINTS:
            raise ValueError(f"expected uint32[{CODE_POINTS}], or whole pages of that")
        if rest is None and len(values) < CODE_POINTS:
            raise ValueError(f"expected uint32[{CODE_POINTS}]")
        content = values.tobytes()
        contents = [content[PAGE * 4 * page : PAGE * 4 * (page + 1)] for page in range(n)]
        if rest is not None:
            page_of, pages = rest
            others = [bytes(row) for row in np.ascontiguousarray(pages, np.uint32)]
            contents += [others[page_of[page]] for page in range(n, CODE_POINTS // PAGE)]
        number = {}
        self._page_of = np.array([number.setdefault(content, len(number)) for content in contents], np.uint16)
        self._pages = np.frombuffer(b"".join(number), np.uint32)
        self.map.page_of = &self._page_of[0]
        self.map.pages = &self._pages[0]

    def __getitem__(self, uint32_t code_point):
        if code_point >= CODE_POINTS:
            raise IndexError(f"{code_point:#x} is not a code point")
        return look_up(&self.map, code_point)
