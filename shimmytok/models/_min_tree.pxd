"""A tree over an array of numbers that knows the least of them, and where it first stands: include/min_tree.h."""

from libc.stddef cimport size_t
from libc.stdint cimport int32_t, uint32_t

cdef extern from "min_tree.h":
    ctypedef struct shim_min_tree:
        int32_t** levels
    const int32_t SHIM_NO_NUMBER
    int32_t SHIM_ORDERED(uint32_t number) noexcept nogil
    size_t shim_min_tree_size(size_t n) noexcept nogil
    void shim_min_tree_lay(shim_min_tree* tree, void* memory, size_t n) noexcept nogil
    void shim_min_tree_build(shim_min_tree* tree, size_t n) noexcept nogil
    int32_t shim_min_tree_least(const shim_min_tree* tree) noexcept nogil
    size_t shim_min_tree_first(const shim_min_tree* tree, int32_t least) noexcept nogil
    bint shim_min_tree_next(const shim_min_tree* tree, size_t* place, int32_t least) noexcept nogil
    void shim_min_tree_renew(shim_min_tree* tree, size_t place) noexcept nogil
