"""One text as parts that are encoded side by side: it is cut at seams.

A seam is a place where a text can be cut in two that have, one after the other, the ids of the whole.  The model finds
it in a stretch of text (Model.find_seam), and knows nothing of what stands before and behind.  No special token reaches
into the stretch, nor does the white space that one strips: a stretch neither begins nor ends with white space, so that
what is stripped ends before it or begins behind.  For the same reason a seam is behind a byte that is no white space:
neither part lacks what the whole would have stripped.

A text that is not clean has no seams, nor has one of a model that cannot find any.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.stdlib cimport realloc
from libc.string cimport memcpy, memset

from shimmytok._automaton cimport Automaton, advance
from shimmytok._simd cimport simd_level
from shimmytok._specials cimport SpecialTables
from shimmytok._texts cimport NOT_FIRST, NOT_LAST, View, about_bytes, look_at
from shimmytok._workspace cimport CLEAN, LONGEST_TEXT, NONE
from shimmytok.models._model cimport SEAM_STRETCH, Model
from shimmytok.unicode._utf8 cimport is_clean

cdef extern from "utf8_write.h":
    size_t shim_utf8_write(const void* p, size_t n, int kind, uint8_t* out, int level) noexcept nogil

cdef enum:
    SPACE = 0x20
    LONGEST_SPECIAL = 256          # bytes: with a longer special token there are no seams
    MOST = SEAM_STRETCH + 2 * 4 * LONGEST_SPECIAL
    SLACK = 64                     # bytes that may be written behind a str's UTF-8
    PARTS_EACH = 16                # for each thread, so that they end together,
    SMALLEST_PART = 32 * 1024      # of so many bytes at least,
    LARGEST_PART = 1024 * 1024     # and at most
    LOOK_ON = 8                    # the share of a part, but FAR at least, in which a seam is looked for, before the
    FAR = 8 * SEAM_STRETCH         # next part is to begin later


cdef struct Window:                # a stretch of a text, and what is around it
    uint8_t[MOST + SLACK] text
    size_t n
    size_t begin                   # of the stretch
    size_t end


cdef inline bint is_first(uint8_t byte) noexcept nogil:
    """Is it not inside of a character?"""
    return byte & 0xC0 != 0x80


cdef inline size_t stretch_of(const View* view) noexcept nogil:
    """How many units of a text, bytes or characters, are looked at for a seam at a time."""
    return SEAM_STRETCH // (view.kind + 1)                 # no character of a str has more bytes than that


cdef inline const uint8_t* unit_at(const View* view, size_t i) noexcept nogil:
    return view.text + i * (<size_t>view.kind if view.kind else 1)


cdef inline void append(Window* w, const View* view, size_t start, size_t end) noexcept nogil:
    """Append those units of a text, as UTF-8."""
    if view.kind:
        w.n += shim_utf8_write(unit_at(view, start), end - start, view.kind, w.text + w.n, simd_level)
    else:
        memcpy(w.text + w.n, unit_at(view, start), end - start)
        w.n += end - start


cdef void open_window(Window* w, const View* view, size_t at, size_t around) noexcept nogil:
    """Look at the units from `at` on, and at some more before and behind for special tokens."""
    cdef size_t stop = min(at + stretch_of(view), view.n)
    w.n = 0
    append(w, view, at - min(at, around), at)
    w.begin = w.n
    append(w, view, at, stop)
    w.end = w.n
    append(w, view, stop, min(stop + around, view.n))


cdef void leave_specials(Window* w, const Automaton* specials) noexcept nogil:
    """Make the stretch its longest part that no special token reaches into, of whole characters, without white space
    at its ends."""
    cdef uint8_t[MOST + SLACK] covered
    cdef size_t i, start = w.begin, end = w.begin, first = w.begin
    cdef uint32_t state = 0, pattern
    memset(covered, 0, w.n + 1)
    for i in range(w.n if specials.count else 0):
        state = advance(specials, state, w.text[i])
        pattern = specials.states[state].longest
        if pattern != NONE:
            memset(covered + i + 1 - specials.lengths[pattern], 1, specials.lengths[pattern])
    for i in range(w.begin, w.end + 1):
        if i == w.end or covered[i]:
            if i - first > end - start:
                start, end = first, i
            first = i + 1
    while start < end and (not is_first(w.text[start]) or w.text[start] <= SPACE):
        start += 1
    while end < w.n and start < end and not is_first(w.text[end]):
        end -= 1
    while start < end and w.text[end - 1] <= SPACE:
        end -= 1
    w.begin, w.end = start, end


cdef size_t find_seam(
    Model model, const SpecialTables* specials, const View* view, size_t at, size_t stop
) noexcept nogil:
    """The first seam found from unit `at` to about `stop`, or 0."""
    cdef Window w
    cdef size_t place, units, i
    # The longest special token is the first; a byte behind tells where the last character ends.
    cdef size_t around = specials.automaton.lengths[0] if specials.automaton.count else 1
    while at < min(stop, view.n):
        open_window(&w, view, at, around)
        i = w.begin
        leave_specials(&w, &specials.automaton)
        place = model.find_seam(model.tables, w.text + w.begin, w.end - w.begin)
        if place:
            units = w.begin + place - i
            if view.kind:
                units = 0
                while i < w.begin + place:
                    units += is_first(w.text[i])
                    i += 1
            return at + units
        at += stretch_of(view)
    return 0


cdef View part_of(const View* view, size_t start, size_t end) noexcept nogil:
    cdef View part = view[0]
    part.text = unit_at(view, start)
    part.n = end - start
    part.part = (NOT_FIRST if start else 0) | (NOT_LAST if end < view.n else 0)
    return part


cdef bint may_have_seams(Encoder encoder, View* view, const SpecialTables* specials) noexcept nogil:
    if encoder.model.find_seam == NULL:
        return False
    if specials.automaton.count and specials.automaton.lengths[0] > LONGEST_SPECIAL:
        return False
    if view.kind and view.n > LONGEST_TEXT // (view.kind + 1):
        return False                                       # whether it is too long is seen when it is made UTF-8
    if not view.clean and is_clean(view.text, view.n):
        view.clean = CLEAN
    return view.clean != 0


cdef Texts parts_of(Encoder encoder, object text, bint parse_special, size_t size, size_t threads):
    cdef const SpecialTables* specials = &encoder.all_specials.t if parse_special else &encoder.user_defined.t
    cdef Texts parts = Texts.__new__(Texts, ())
    cdef View view
    cdef View* views
    cdef size_t start = 0, end = 0, at, step, room = 1
    cdef bint cut
    parts.owners.append(look_at(text, &view))
    parts.total = about_bytes(&view)
    parts.are_parts = True
    if size == 0:
        size = min(max(parts.total // (PARTS_EACH * threads), <size_t>SMALLEST_PART), <size_t>LARGEST_PART)
    with nogil:
        cut = parts.total > size and may_have_seams(encoder, &view, specials)
    step = max(size * view.n // (parts.total + 1), <size_t>1) if cut else view.n
    while end < view.n or parts.count == 0:
        at = start + step
        end = 0
        while end == 0 and at + step // 2 < view.n:
            with nogil:
                end = find_seam(encoder.model, specials, &view, at, at + max(step // LOOK_ON, <size_t>FAR))
            at += step
        if end == 0:
            end = view.n
        if <size_t>parts.count + 1 >= room:
            room *= 2
            views = <View*>realloc(parts.views, (room + 1) * sizeof(View))
            if views == NULL:
                raise MemoryError
            parts.views = views
        parts.views[parts.count] = part_of(&view, start, end)
        parts.count += 1
        start = end
    return parts
