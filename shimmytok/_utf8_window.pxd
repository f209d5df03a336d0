"""The UTF-8 of a str, made while it is read: only a window of it is there at a time.

So it stays in the processor's caches, and takes no memory that grows with the text, but for what is read in one go.
"""

from libc.stddef cimport size_t

from shimmytok._texts cimport View
from shimmytok._workspace cimport Buffer

cdef struct Utf8Window:
    const View* source             # of a str
    size_t taken                   # characters that are in the window, or were
    size_t n                       # bytes in the window
    size_t forgotten               # bytes that were

cdef void window_begin(Utf8Window* w, const View* source) noexcept nogil

# Has at least `wanted` bytes in the window, or all that are left; a Status.
cdef int window_fill(Utf8Window* w, size_t wanted, Buffer* memory) noexcept nogil

# Drops the first n bytes of the window.
cdef void window_forget(Utf8Window* w, size_t n, Buffer* memory) noexcept nogil
