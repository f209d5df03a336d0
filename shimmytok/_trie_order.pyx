"""Tokens sorted by their texts, eight bytes at a time: few by insertion, many by a radix sort from the last digit on.

What is sorted are items that hold these bytes, so that neither sorting nor going through the sorted tokens reads the
texts themselves, which lie far from one another in that order.
"""

from libc.string cimport memset

from shimmytok.gguf._walk cimport load_u64

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

cdef extern from "bits.h":
    const uint64_t EVERY "SHIM_EVERY_BYTE"

cdef enum:
    FEW = 40                       # items that are sorted by insertion
    MANY = 4096                    # items whose digits are wide
    DIGIT = 8                      # bits
    WIDE_DIGIT = 11
    AHEAD = 8                      # items whose texts are asked for before they are read


cdef bint show(const Table* texts, Item* item, uint32_t depth) noexcept nogil:
    """Show the text of an item from `depth` on; may there be a NUL in it?"""
    cdef uint32_t start = texts.starts[item.token] + depth, i
    cdef const uint8_t* p = texts.text + start
    cdef uint64_t window = 0, others
    item.rest = min(texts.starts[item.token + 1] - start, <uint32_t>WINDOW)
    if start + WINDOW <= texts.starts[texts.count]:
        window = load_u64(p, True)
    else:
        for i in range(item.rest):
            window |= <uint64_t>p[i] << 8 * (WINDOW - 1 - i)
    others = ~<uint64_t>0 >> 4 * item.rest >> 4 * item.rest  # in two steps: C does not define a shift by 64
    item.window = window & ~others
    window |= others
    return (window - EVERY) & ~window & (EVERY << 7) != 0


cdef inline bint behind(const Item* a, const Item* b) noexcept nogil:
    return a.window > b.window or (a.window == b.window and a.rest > b.rest)


cdef void insertion_sort(Item* items, size_t n) noexcept nogil:
    cdef size_t i, k
    cdef Item item
    for i in range(1, n):
        item = items[i]
        k = i
        while k and behind(&items[k - 1], &item):
            items[k] = items[k - 1]
            k -= 1
        items[k] = item


cdef void sort_by_digit(const Item* items, Item* out, size_t n, int shift, uint64_t mask) noexcept nogil:
    cdef uint32_t[1 << WIDE_DIGIT] places
    cdef uint32_t sum = 0, count
    cdef uint64_t k
    cdef size_t i
    memset(places, 0, (mask + 1) * sizeof(uint32_t))
    for i in range(n):
        places[items[i].window >> shift & mask] += 1
    for k in range(mask + 1):
        count = places[k]
        places[k] = sum
        sum += count
    for i in range(n):
        k = items[i].window >> shift & mask
        out[places[k]] = items[i]
        places[k] += 1


cdef void sort_by_rest(const Item* items, Item* out, size_t n) noexcept nogil:
    cdef uint32_t rest
    cdef size_t i, at = 0
    for rest in range(WINDOW + 1):
        for i in range(n):
            if items[i].rest == rest:
                out[at] = items[i]
                at += 1


cdef void radix_sort(Item* items, Item* spare, size_t n, bint nul) noexcept nogil:
    cdef Item* sorted = items
    cdef Item* room = spare
    cdef Item* swapped
    cdef uint64_t differ = 0, mask
    cdef int shift = 0, bits = DIGIT if n < MANY else WIDE_DIGIT
    cdef size_t i
    mask = (<uint64_t>1 << bits) - 1
    for i in range(n):
        differ |= items[i].window ^ items[0].window
    if nul:                                                # the end of a text comes before a NUL
        sort_by_rest(sorted, room, n)
        sorted = spare
        room = items
    while shift < 64:
        if differ >> shift & mask:
            sort_by_digit(sorted, room, n, shift, mask)
            swapped = sorted
            sorted = room
            room = swapped
        shift += bits
    if sorted != items:
        for i in range(n):
            items[i] = sorted[i]


cdef void show_item(const Table* texts, Item* item, uint32_t depth) noexcept nogil:
    show(texts, item, depth)


cdef void sort_items(const Table* texts, Item* items, Item* spare, size_t n, uint32_t depth) noexcept nogil:
    cdef bint nul = False
    cdef size_t i
    for i in range(n):
        if i + 2 * AHEAD < n:
            SHIM_PREFETCH(&texts.starts[items[i + 2 * AHEAD].token])
        if i + AHEAD < n:
            SHIM_PREFETCH(texts.text + texts.starts[items[i + AHEAD].token] + depth)
        nul |= show(texts, &items[i], depth)
    if n <= FEW:
        insertion_sort(items, n)
    else:
        radix_sort(items, spare, n, nul)
