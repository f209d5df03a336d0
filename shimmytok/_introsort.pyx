"""The order in which llama.cpp looks for special tokens.

It sorts them with std::sort by falling length, which leaves tokens of equal length in an order that depends on the
algorithm.  Here is that of libstdc++ (bits/stl_algo.h: __introsort_loop and __final_insertion_sort), step for step:
quicksort with the median of three, heapsort below a certain depth, and stretches of at most 16 by insertion.
"""

import numpy as np

from libc.stdint cimport uint32_t

cdef enum:
    THRESHOLD = 16                 # shorter stretches are left to the insertion sort


cdef struct Item:
    uint32_t length
    uint32_t index


cdef struct Stretch:
    Item* start
    Item* end
    int depth                      # how often it may still be parted


cdef inline bint before(const Item* a, const Item* b) noexcept nogil:
    return a.length > b.length


cdef inline void swap(Item* a, Item* b) noexcept nogil:
    cdef Item item = a[0]
    a[0] = b[0]
    b[0] = item


cdef void median_to_first(Item* first, Item* a, Item* b, Item* c) noexcept nogil:
    if before(a, b):
        swap(first, b if before(b, c) else c if before(a, c) else a)
    else:
        swap(first, a if before(a, c) else c if before(b, c) else b)


cdef Item* partition(Item* items, Item* end) noexcept nogil:
    """Part items[1:] at the pivot items[0]; the median of three stops both scans."""
    cdef Item* low = items + 1
    while True:
        while before(low, items):
            low += 1
        end -= 1
        while before(items, end):
            end -= 1
        if low >= end:
            return low
        swap(low, end)
        low += 1


cdef void sift(Item* items, Py_ssize_t hole, Py_ssize_t n, Item item) noexcept nogil:
    """std::__adjust_heap: move the hole down to a leaf, then the item up from there."""
    cdef Py_ssize_t top = hole, child = hole, parent
    while child < (n - 1) // 2:
        child = 2 * (child + 1)
        if before(&items[child], &items[child - 1]):
            child -= 1
        items[hole] = items[child]
        hole = child
    if n % 2 == 0 and child == (n - 2) // 2:
        child = 2 * child + 1
        items[hole] = items[child]
        hole = child
    parent = (hole - 1) // 2
    while hole > top and before(&items[parent], &item):
        items[hole] = items[parent]
        hole = parent
        parent = (hole - 1) // 2
    items[hole] = item


cdef void heap_sort(Item* items, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef Item item
    for i in range((n - 2) // 2, -1, -1):
        sift(items, i, n, items[i])
    for i in range(n - 1, 0, -1):
        item = items[i]
        items[i] = items[0]
        sift(items, 0, i, item)


cdef void insertion_sort(Item* items, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i, k
    cdef Item item
    for i in range(1, n):
        item = items[i]
        k = i
        while k > 0 and before(&item, &items[k - 1]):
            items[k] = items[k - 1]
            k -= 1
        items[k] = item


cdef void introsort(Item* items, Py_ssize_t n) noexcept nogil:
    cdef Stretch[64] waiting       # each is the right side of one of at most 2 * log2(n) < 64 partitions
    cdef int n_waiting = 0, depth = 0
    cdef Item* start = items
    cdef Item* end = items + n
    cdef Item* middle
    while n >> depth > 1:
        depth += 1
    depth *= 2
    while True:
        while end - start > THRESHOLD and depth > 0:
            depth -= 1
            median_to_first(start, start + 1, start + (end - start) // 2, end - 1)
            middle = partition(start, end)
            waiting[n_waiting].start = middle
            waiting[n_waiting].end = end
            waiting[n_waiting].depth = depth
            n_waiting += 1
            end = middle
        if end - start > THRESHOLD:
            heap_sort(start, end - start)
        if n_waiting == 0:
            break
        n_waiting -= 1
        start = waiting[n_waiting].start
        end = waiting[n_waiting].end
        depth = waiting[n_waiting].depth
    insertion_sort(items, n)


def longest_first(lengths):
    """The indices of `lengths` (uint32[n], n < 2**31), the longest first, as libstdc++ sorts them."""
    cdef const uint32_t[::1] given = np.ascontiguousarray(lengths, np.uint32)
    cdef uint32_t[:, ::1] rows = np.empty((max(len(lengths), 1), 2), np.uint32)
    cdef Py_ssize_t i, n = given.shape[0]
    if n > 0x7FFFFFFF:
        raise ValueError(f"{n} lengths: more than {0x7FFFFFFF}")
    with nogil:
        for i in range(n):
            rows[i, 0] = given[i]
            rows[i, 1] = <uint32_t>i
        introsort(<Item*>&rows[0, 0], n)
    return np.asarray(rows)[:n, 1]
