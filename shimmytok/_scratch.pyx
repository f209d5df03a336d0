"""Scratch memory that encoding borrows and gives back: what one text needed serves the next.

As many pieces of memory as there were texts at a time stay, up to SHIM_SLOTS; few of the large ones do.
"""

from libc.stdlib cimport calloc, free

from shimmytok._bundle cimport bundle_free, bundle_memory
from shimmytok._workspace cimport workspace_free, workspace_init, workspace_size


cdef void scratch_clear(Scratch* scratch) noexcept:
    workspace_free(&scratch.ws)
    bundle_free(&scratch.bundle)
    free(scratch.ids.ids)
    scratch.ids.ids = NULL
    scratch.ids.n = scratch.ids.cap = 0


cdef class ScratchPool:
    """Owns the spare memory of one tokenizer."""

    def __cinit__(self):
        self._slots = <void**>calloc(SHIM_SLOTS, sizeof(void*))
        if self._slots == NULL:
            raise MemoryError

    def __dealloc__(self):
        cdef Scratch* scratch
        if self._slots == NULL:
            return
        scratch = <Scratch*>shim_take(self._slots)
        while scratch != NULL:
            scratch_clear(scratch)
            free(scratch)
            scratch = <Scratch*>shim_take(self._slots)
        free(self._slots)

    cdef Scratch* borrow(self) except NULL:
        """Memory of one's own until it is given back."""
        cdef Scratch* scratch = <Scratch*>shim_take(self._slots)
        if scratch == NULL:
            scratch = <Scratch*>calloc(1, sizeof(Scratch))
            if scratch == NULL:
                raise MemoryError
            workspace_init(&scratch.ws)
        scratch.ids.n = 0
        return scratch

    cdef void give_back(self, Scratch* scratch) noexcept:
        cdef size_t size = (
            workspace_size(&scratch.ws) + bundle_memory(&scratch.bundle) + scratch.ids.cap * sizeof(scratch.ids.ids[0])
        )
        if size > TOO_LARGE or not shim_put(self._slots, SHIM_LARGE_SLOTS if size > LARGE else SHIM_SLOTS, scratch):
            scratch_clear(scratch)
            free(scratch)
