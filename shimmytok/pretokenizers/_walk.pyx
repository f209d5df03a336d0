"""The plain way to split: the whole text, one stage after the other, for lists that no one table can do; and one stage
over the pieces that a table made.

Holds the class pass, the walk of a DFA and the order of the stages; not the scanners (`_scanners.pyx`) nor the fast way
(`_split.pyx`), which must answer alike.
Must equal: unicode_regex_split without its byte encoding; text between matches is kept, joined, as pieces.
"""

from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from shimmytok.pretokenizers._scanners cimport group_ends, group_starts
from shimmytok.pretokenizers._scratch cimport CONTINUATION, END_OF_PIECE, SplitScratch, push_end
from shimmytok.unicode._utf8 cimport decode_clean

cdef extern from "byte_set.h":
    uint64_t shim_byte_set_mask(const ByteSet* set, const uint8_t* p, size_t n, int level) noexcept nogil

cdef extern from "bits.h":
    uint32_t shim_lowest(uint64_t mask) noexcept nogil

cdef enum:
    DEAD = 0
    START = 1
    ACCEPT = 1                     # the bit of an entry
    SHORT = 32                     # bytes read in vain that are not worth remembering


cdef void classify(const SplitTables* t, const uint8_t* text, size_t n, uint8_t* classes) noexcept nogil:
    """A class for each byte of a clean text, and END_OF_PIECE after them."""
    cdef size_t i = 0, k, length
    cdef uint64_t word
    cdef uint32_t cp = 0
    cdef const uint8_t* ascii = t.ascii
    while i < n:
        while n - i >= 8:
            memcpy(&word, text + i, 8)
            if word & <uint64_t>0x8080808080808080ULL:
                break
            for k in range(8):
                classes[i + k] = ascii[text[i + k]]
            i += 8
        while i < n and text[i] < 0x80:
            classes[i] = ascii[text[i]]
            i += 1
        while i < n and text[i] >= 0x80:
            length = decode_clean(text + i, &cp)
            classes[i] = t.pages[<size_t>t.page_of[cp >> 8] << 8 | cp & 255]
            for k in range(1, length):
                classes[i + k] = CONTINUATION
            i += length
    classes[n] = END_OF_PIECE


cdef inline size_t scan(const Stage* stage, const uint8_t* classes, size_t begin, size_t* stop) noexcept nogil:
    """Where the match at `begin` ends (`begin`: none); `stop` is the symbol that ended the scan."""
    cdef const uint16_t* rows = stage.rows
    cdef size_t i = begin, last = begin
    cdef size_t entry, row = <size_t>START << stage.shift
    while True:
        entry = rows[row + classes[i]]
        if entry & ACCEPT:
            last = i
        row = entry & ~<size_t>ACCEPT
        if row == DEAD:
            break
        i += 1
    stop[0] = i
    return last


cdef size_t scan_remembering(const Stage* stage, const uint8_t* classes, size_t begin, size_t* stop,
                             const SplitScratch* s) noexcept nogil:
    """`scan`, which stops where a stay in a loop is known to lead to nothing."""
    cdef size_t i = begin, last = begin
    cdef size_t entry, row = <size_t>START << stage.shift
    cdef uint8_t loop
    while row != DEAD:
        loop = stage.loops[row >> stage.shift]
        if loop != 0 and s.loop_from[loop - 1] <= i < s.loop_to[loop - 1]:
            break
        entry = stage.rows[row + classes[i]]
        if entry & ACCEPT:
            last = i
        row = entry & ~<size_t>ACCEPT
        i += row != DEAD
    stop[0] = last if row != DEAD else i
    return last


cdef void remember_loop(const Stage* stage, const uint8_t* classes, size_t begin, size_t last, size_t stop,
                        SplitScratch* s) noexcept nogil:
    """Find the long stay in a loop of a scan from `begin` that read from its `last` accept to `stop` in vain."""
    cdef size_t i = begin, entered = begin
    cdef size_t following, row = <size_t>START << stage.shift
    cdef uint8_t loop
    while row != DEAD:
        following = stage.rows[row + classes[i]] & ~<size_t>ACCEPT
        if following != row:
            if entered <= last:
                entered = last + 1
            loop = stage.loops[row >> stage.shift]
            if loop != 0 and i > entered and i - entered > SHORT:
                s.loop_from[loop - 1] = entered
                s.loop_to[loop - 1] = i
                if i > s.loops_to:
                    s.loops_to = i
            entered = i + 1
        row = following
        i += 1


cdef int walk(const Stage* stage, const uint8_t* classes, size_t begin, size_t end, SplitScratch* s) noexcept nogil:
    """Push the ends of the matches in a piece, and of the text between them; 0, or -1 out of memory."""
    cdef size_t at = begin, gap = begin, last, stop = 0
    while True:
        while not stage.members[classes[at]]:      # no match begins there; the end of the piece is a member
            at += 1
        if at == end:
            break
        if at >= s.loops_to:
            last = scan(stage, classes, at, &stop)
        else:
            last = scan_remembering(stage, classes, at, &stop, s)
        if stop - last > SHORT:
            remember_loop(stage, classes, at, last, stop, s)
        if last == at:
            at += 1
            continue
        if gap < at and push_end(s, at) < 0:
            return -1
        if push_end(s, last) < 0:
            return -1
        at = gap = last
    return push_end(s, end) if gap < end else 0


cdef inline int run_stage(const Stage* stage, const uint8_t* classes, size_t begin, size_t end,
                          SplitScratch* s) noexcept nogil:
    if stage.kind == WALK:
        return walk(stage, classes, begin, end, s)
    if stage.kind == GROUP_ENDS:
        return group_ends(stage.members, classes, begin, end, s)
    return group_starts(stage.members, classes, begin, end, s)


cdef inline size_t next_member(const Stage* stage, const uint8_t* classes, size_t i, size_t n) noexcept nogil:
    while i < n and not stage.members[classes[i]]:
        i += 1
    return i


cdef int run_stage_on_pieces(const Stage* stage, size_t n, SplitScratch* s) noexcept nogil:
    """Split each of the pieces so far; 0, or -1 out of memory. A piece without a member stays whole."""
    cdef uint32_t* pieces = s.ends
    cdef size_t n_pieces = s.n_ends, cap = s.ends_cap, k, begin = 0, end
    cdef size_t member = next_member(stage, s.classes, 0, n)
    cdef uint8_t follower
    cdef int status
    s.ends, s.ends_cap, s.n_ends = s.previous, s.previous_cap, 0
    s.previous, s.previous_cap = pieces, cap
    s.loops_to = 0
    memset(s.loop_to, 0, sizeof(s.loop_to))
    for k in range(n_pieces):
        end = pieces[k]
        if end <= member:
            status = push_end(s, end)
        else:
            follower = s.classes[end]
            s.classes[end] = END_OF_PIECE
            status = run_stage(stage, s.classes, begin, end, s)
            s.classes[end] = follower
            member = next_member(stage, s.classes, end, n)
        if status < 0:
            return -1
        begin = end
    return 0


cdef int reserve_classes(SplitScratch* s, size_t n) noexcept nogil:
    """Room for the classes of n bytes and END_OF_PIECE; 0, or -1 out of memory."""
    if s.classes_cap < n + 1:
        free(s.classes)
        s.classes_cap = 0
        s.classes = <uint8_t*>malloc(n + n // 4 + 64)
        if s.classes == NULL:
            return -1
        s.classes_cap = n + n // 4 + 64
    return 0


cdef int walk_stages(const SplitTables* t, const uint8_t* text, size_t n, SplitScratch* s) noexcept nogil:
    """Put the ends of the pieces of a clean text of 0 < n < 2**31 bytes into `s`; 0, or -1 out of memory."""
    cdef size_t k
    s.n_ends = 0
    if reserve_classes(s, n) < 0:
        return -1
    classify(t, text, n, s.classes)
    if push_end(s, n) < 0:
        return -1
    for k in range(t.n_stages):
        if run_stage_on_pieces(&t.stages[k], n, s) < 0:
            return -1
    return 0


cdef int push_ends(SplitScratch* s, const uint32_t* ends, size_t n) noexcept nogil:
    cdef size_t k
    for k in range(n):
        if push_end(s, ends[k]) < 0:
            return -1
    return 0


cdef int scan_piece(
    const SplitTables* t, const uint8_t* text, size_t begin, size_t end, SplitScratch* s
) noexcept nogil:
    """Push the ends of what the scanner makes of a piece."""
    cdef size_t k, first = s.n_ends
    if reserve_classes(s, end - begin) < 0:
        return -1
    classify(t, text + begin, end - begin, s.classes)
    if run_stage(t.scanner, s.classes, 0, end - begin, s) < 0:
        return -1
    for k in range(first, s.n_ends):
        s.ends[k] += <uint32_t>begin
    return 0


cdef int scan_pieces(
    const SplitTables* t, const uint8_t* text, size_t begin, size_t first, SplitScratch* s
) noexcept nogil:
    cdef size_t count = s.n_ends - first, k = 0, j, at = begin, place, end
    cdef const uint32_t* pieces
    cdef uint64_t mask
    if count == 0:
        return 0
    if s.previous_cap < count:
        free(s.previous)
        s.previous_cap = 0
        s.previous = <uint32_t*>malloc((count + count // 4) * sizeof(uint32_t))
        if s.previous == NULL:
            return -1
        s.previous_cap = count + count // 4
    pieces = s.previous
    memcpy(s.previous, s.ends + first, count * sizeof(uint32_t))
    s.n_ends = first
    end = pieces[count - 1]
    while at < end:
        mask = shim_byte_set_mask(&t.wanted, text + at, end - at, s.level)
        while mask:
            place = at + shim_lowest(mask)
            mask &= mask - 1
            if k and place < pieces[k - 1]:                # that piece was scanned
                continue
            j = k
            while pieces[j] <= place:
                j += 1
            if push_ends(s, pieces + k, j - k) < 0 or \
                    scan_piece(t, text, pieces[j - 1] if j else begin, pieces[j], s) < 0:
                return -1
            k = j + 1
        at += 64
    return push_ends(s, pieces + k, count - k)
