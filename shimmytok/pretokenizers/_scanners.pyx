"""The splitters that no regular expression over symbol classes can say.

Holds digits in groups of three counted from the right.
Must equal: unicode_regex_split_custom_afmoe (group_ends), and unicode_regex_split_stl with `(?=(\\d{3})+(?!\\d))`
(group_starts).
"""

from shimmytok.pretokenizers._scratch cimport CONTINUATION, SplitScratch, push_end


cdef inline int cut_groups(const uint8_t* members, const uint8_t* classes, size_t begin, size_t end,
                           bint at_starts, SplitScratch* s) noexcept nogil:
    """Cut each run of members into threes from its right: at the starts of the threes, or at the ends of all groups."""
    cdef size_t i = begin, j, cut = begin, start, left
    while i < end:
        if not members[classes[i]]:
            i += 1
            continue
        start = i
        left = 0
        while members[classes[i]] or classes[i] == CONTINUATION:   # the end of the piece is no member
            left += classes[i] != CONTINUATION
            i += 1
        for j in range(start, i):
            if classes[j] == CONTINUATION:
                continue
            if left % 3 == 0 and j > cut and (at_starts or j > start):
                if push_end(s, j) < 0:
                    return -1
                cut = j
            left -= 1
        if not at_starts:
            if push_end(s, i) < 0:
                return -1
            cut = i
    return push_end(s, end) if cut < end else 0


cdef int group_ends(const uint8_t* members, const uint8_t* classes, size_t begin, size_t end,
                    SplitScratch* s) noexcept nogil:
    """Cut behind each group, never at a run's start: the first group keeps the text before it."""
    return cut_groups(members, classes, begin, end, False, s)


cdef int group_starts(const uint8_t* members, const uint8_t* classes, size_t begin, size_t end,
                      SplitScratch* s) noexcept nogil:
    """Cut before each whole group, never at a run's end."""
    return cut_groups(members, classes, begin, end, True, s)
