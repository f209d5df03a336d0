"""A number for each code point, in two levels, for `nogil` look-ups; equal pages are kept once."""

import numpy as np

cdef enum:
    CODE_POINTS = 0x110000
    PAGE = 256


cdef class PageTable:
    """A number for each code point: `values` (uint32[0x110000])."""

    def __init__(self, values):
        if values.shape != (CODE_POINTS,) or values.dtype != np.uint32:
            raise ValueError(f"expected uint32[{CODE_POINTS}]")
        content = values.tobytes()
        number = {}
        self._page_of = np.array(
            [
                number.setdefault(content[start : start + PAGE * 4], len(number))
                for start in range(0, CODE_POINTS * 4, PAGE * 4)
            ],
            np.uint16,
        )
        self._pages = np.frombuffer(b"".join(number), np.uint32)
        self.map.page_of = &self._page_of[0]
        self.map.pages = &self._pages[0]

    def __getitem__(self, uint32_t code_point):
        if code_point >= CODE_POINTS:
            raise IndexError(f"{code_point:#x} is not a code point")
        return look_up(&self.map, code_point)
