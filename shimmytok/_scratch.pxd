"""Scratch memory that encoding borrows and gives back."""

from shimmytok._bundle cimport Bundle
from shimmytok._workspace cimport IdSink, Workspace

cdef extern from "slots.h":
    const int SHIM_SLOTS
    const int SHIM_LARGE_SLOTS
    void* shim_take(void** slots) noexcept
    bint shim_put(void** slots, int n, void* p) noexcept

cdef enum:                         # bytes of spare memory
    LARGE = 256 * 1024             # of which only SHIM_LARGE_SLOTS pieces are kept
    TOO_LARGE = 8 << 20            # and none at all

cdef struct Scratch:
    Workspace ws
    Bundle bundle
    IdSink ids                     # free for the borrower; empty when it comes

cdef class ScratchPool:            # safe for many threads; its methods want the GIL, where there is one
    cdef void** _slots
    cdef Scratch* borrow(self) except NULL
    cdef void give_back(self, Scratch* scratch) noexcept
