"""From text to ids: cut at special tokens, encode what lies between, add the tokens around it.

Equal to llama_vocab::impl::tokenize of llama.cpp.  The GIL is released while a text, or a run of texts, is encoded.
"""

import numpy as np

from libc.stdint cimport uint8_t

from shimmytok._bundle cimport BundleSize, bundle_begin, bundle_drop, bundle_insert, bundle_now
from shimmytok._cached_pieces cimport Insert
from shimmytok._scratch cimport Scratch
from shimmytok._simd cimport simd_level
from shimmytok._specials cimport SpecialTables, cut, first_match
from shimmytok._texts cimport NOT_FIRST, NOT_LAST, about_bytes, look_at, look_at_utf8
from shimmytok._workspace cimport LONGEST_TEXT, MOST_WALKED, NONE, OK, OUT_OF_MEMORY, TOO_LONG, TOO_SLOW, Segment, \
    push, reserve

from shimmytok.errors import LimitError, UnsupportedModelError

cdef extern from "prefetch.h":
    void SHIM_PREFETCH(const void* p) noexcept nogil

cdef extern from "utf8_write.h":
    size_t shim_utf8_room(size_t n, int kind) noexcept nogil
    size_t shim_utf8_write(const void* p, size_t n, int kind, uint8_t* out, int level) noexcept nogil


cdef enum:
    BUNDLED_TEXT = 4096            # bytes or characters, at most, of texts that are encoded together,
    MOST_BUNDLED = 1 << 14         # and the bytes of text that are enough
    AHEAD = 4                      # texts whose first bytes are asked for before they are read
    LINE = 64                      # bytes, of memory


cdef object failure(int status):
    if status == OUT_OF_MEMORY:
        return MemoryError("no memory to encode the text")
    if status == TOO_LONG:
        return LimitError(f"the text is too long once it is normalised; the limit is at most {LONGEST_TEXT} bytes")
    if status == TOO_SLOW:
        return LimitError(
            "the text follows entries of the charsmap that are too long, from too many places; the limit is "
            f"{MOST_WALKED} bytes looked at for each byte of text"
        )
    return UnsupportedModelError(
        "the text holds a character for which this vocabulary has no token, no byte tokens and no unknown token"
    )


cdef int write_utf8(View* view, Workspace* ws) noexcept nogil:
    """Make the UTF-8 of a str in the workspace, and look at that."""
    if reserve(&ws.utf8, shim_utf8_room(view.n, view.kind)) != OK:
        return OUT_OF_MEMORY
    view.n = shim_utf8_write(view.text, view.n, view.kind, <uint8_t*>ws.utf8.data, simd_level)
    view.text = <const uint8_t*>ws.utf8.data
    view.kind = 0
    return OK if view.n <= LONGEST_TEXT else TOO_LONG


cdef inline bint inside(const View* view, size_t at) noexcept nogil:
    """Is this place of a clean text inside of a character?  A special token may begin or end there."""
    return at < view.n and view.text[at] & 0xC0 == 0x80


cdef struct Fragment:              # of a text: what lies between special tokens
    const uint8_t* text
    size_t n
    bint after_special             # or at the beginning


cdef inline Fragment fragment(const View* view, size_t i, Workspace* ws) noexcept nogil:
    """Segment i, of which `ws.clean` tells then."""
    cdef const Segment* segment = <const Segment*>ws.segments.data + i
    cdef Fragment f
    ws.clean = 0 if inside(view, segment.start) or inside(view, segment.end) else view.clean
    f.text, f.n = view.text + segment.start, segment.end - segment.start
    f.after_special = not view.part & NOT_FIRST if i == 0 else segment[-1].token != NONE
    return f


cdef int cut_text(const SpecialTables* specials, View* view, Workspace* ws) noexcept nogil:
    """Cut a text at its special tokens: into `ws.segments`, as UTF-8."""
    cdef int status = write_utf8(view, ws) if view.kind else OK
    return status if status != OK else cut(specials, view.text, view.n, ws)


cdef inline int push_all(IdSink* out, const uint32_t* tokens, size_t n) noexcept nogil:
    cdef size_t k
    for k in range(n):
        if push(out, tokens[k]) != OK:
            return OUT_OF_MEMORY
    return OK


cdef inline void ask_for(const View* view) noexcept nogil:
    SHIM_PREFETCH(view.text)
    SHIM_PREFETCH(view.text + LINE)


cdef void count_ids(const Bundle* b, size_t first, int64_t* counts) noexcept nogil:
    """How many ids each text of a bundle has become, the first of them number `first`."""
    cdef const Insert* insert = <const Insert*>b.inserts.data
    cdef size_t i, end, k = 0
    for i in range(b.n_inserts):
        if insert[i].is_last:
            end = insert[i].position + insert[i].n
            counts[k] = <int64_t>(end - first)
            first = end
            k += 1


cdef class Encoder:
    """A model, the special tokens to cut at, and the ids to put around a text.  Immutable; safe for many threads."""

    def __init__(
        self, Model model not None, SpecialMatcher all_specials not None, SpecialMatcher user_defined not None,
        prefix, suffix,
    ):
        self.model = model
        self.all_specials = all_specials
        self.user_defined = user_defined
        self.n_prefix, self.n_suffix = len(prefix), len(suffix)
        self.around = np.array([*prefix, *suffix, 0], np.uint32)
        self.first_prefix = &self.around[0]
        self.first_suffix = self.first_prefix + self.n_prefix
        self.spare = ScratchPool()

    cdef int run(
        self, View view, bint add_special, bint parse_special, Scratch* scratch, IdSink* out
    ) noexcept nogil:
        cdef const SpecialTables* specials = &self.all_specials.t if parse_special else &self.user_defined.t
        cdef int status
        if add_special and not view.part & NOT_FIRST and push_all(out, self.first_prefix, self.n_prefix) != OK:
            return OUT_OF_MEMORY
        if specials.automaton.count == 0:
            status = self.encode_uncut(&view, &scratch.ws, out)
        else:
            status = cut_text(specials, &view, &scratch.ws)
            if status == OK:
                status = self.encode_segments(&view, scratch, out)
        if status == OK and add_special and not view.part & NOT_LAST and \
                push_all(out, self.first_suffix, self.n_suffix) != OK:
            return OUT_OF_MEMORY
        return status

    cdef int encode_uncut(self, View* view, Workspace* ws, IdSink* out) noexcept nogil:
        """Encode a text in which there are no special tokens to look for."""
        cdef int status
        if view.kind and self.model.encode_view != NULL:
            return self.model.encode_view(self.model.tables, view, ws, out)
        status = write_utf8(view, ws) if view.kind else OK
        if status != OK or view.n == 0:
            return status
        ws.clean = view.clean
        return self.model.encode_fragment(
            self.model.tables, view.text, view.n, not view.part & NOT_FIRST, ws, out
        )

    cdef int run_some(
        self, const View* views, size_t count, bint add_special, bint parse_special, Scratch* scratch, IdSink* out,
        int64_t* counts, size_t* done
    ) noexcept nogil:
        """Encode the first of some texts, short ones together, and count the ids of each; `done` becomes how many.
        After a failure it is the number of the text."""
        cdef Bundle* bundle = &scratch.bundle
        cdef BundleSize before
        cdef size_t first = out.n, k = 0
        cdef int status
        done[0] = 0
        bundle_begin(bundle)
        if self.model.bundle_fragment == NULL or count == 1 or max(views[0].n, views[1].n) > BUNDLED_TEXT:
            count = 0                                      # are encoded together
        while k < count and views[k].n <= BUNDLED_TEXT and bundle.n < MOST_BUNDLED:
            if k + AHEAD < count:
                ask_for(&views[k + AHEAD])
            before = bundle_now(bundle)
            if self.bundle(views[k], add_special, parse_special, &scratch.ws, bundle) != OK:
                bundle_drop(bundle, before)
                break
            k += 1
        if k > 1 and self.model.encode_bundle(self.model.tables, bundle, &scratch.ws, out) == OK:
            count_ids(bundle, first, counts)
            done[0] = k
            return OK
        out.n = first                                      # what failed, if anything did, will fail again
        while done[0] < max(k, <size_t>1):
            first = out.n
            status = self.run(views[done[0]], add_special, parse_special, scratch, out)
            if status != OK:
                return status
            counts[done[0]] = <int64_t>(out.n - first)
            done[0] += 1
        return OK

    cdef int bundle(
        self, View view, bint add_special, bint parse_special, Workspace* ws, Bundle* bundle
    ) noexcept nogil:
        """Append a text to a bundle."""
        cdef const SpecialTables* specials = &self.all_specials.t if parse_special else &self.user_defined.t
        cdef size_t n_prefix = self.n_prefix if add_special else 0, n_suffix = self.n_suffix if add_special else 0
        cdef size_t i = 0
        cdef int status
        if n_prefix and bundle_insert(bundle, self.first_prefix, n_prefix, NONE, False) != OK:
            return OUT_OF_MEMORY
        status = cut_text(specials, &view, ws)
        while status == OK and i < ws.n_segments:
            status = self.bundle_segment(&view, i, ws, bundle)
            i += 1
        if status != OK:
            return status
        return bundle_insert(bundle, self.first_suffix, n_suffix, NONE, True)

    cdef int bundle_segment(self, const View* view, size_t i, Workspace* ws, Bundle* bundle) noexcept nogil:
        """Append segment i of a text to a bundle."""
        cdef Fragment f
        cdef const Segment* segment = <const Segment*>ws.segments.data + i
        if segment.token != NONE:
            return bundle_insert(bundle, NULL, 1, segment.token, False)
        f = fragment(view, i, ws)
        return self.model.bundle_fragment(self.model.tables, f.text, f.n, f.after_special, ws, bundle)

    cdef int encode_segment(self, const View* view, size_t i, Workspace* ws, IdSink* out) noexcept nogil:
        """Encode segment i of a text by itself."""
        cdef Fragment f
        cdef const Segment* segment = <const Segment*>ws.segments.data + i
        if segment.token != NONE:
            return push(out, segment.token)
        f = fragment(view, i, ws)
        return self.model.encode_fragment(self.model.tables, f.text, f.n, f.after_special, ws, out)

    cdef int encode_bundled(
        self, const View* view, size_t first, size_t end, Scratch* scratch, IdSink* out
    ) noexcept nogil:
        """Encode the segments from number `first` to `end`, which are in the bundle, and begin another one."""
        cdef size_t before = out.n, i
        cdef int status = OK
        if first < end:
            status = self.model.encode_bundle(self.model.tables, &scratch.bundle, &scratch.ws, out)
        bundle_begin(&scratch.bundle)
        if status == OK:
            return OK
        out.n = before                                     # what fails together may not fail alone
        for i in range(first, end):
            status = self.encode_segment(view, i, &scratch.ws, out)
            if status != OK:
                return status
        return OK

    cdef int encode_segments(self, const View* view, Scratch* scratch, IdSink* out) noexcept nogil:
        """Encode a text that has been cut: short fragments together."""
        cdef Workspace* ws = &scratch.ws
        cdef Bundle* bundle = &scratch.bundle
        cdef BundleSize before
        cdef const Segment* segment
        cdef size_t i, first = 0                           # of those in the bundle
        cdef int status
        if ws.n_segments == 1:
            return self.encode_segment(view, 0, ws, out)
        bundle_begin(bundle)
        for i in range(ws.n_segments):
            segment = <const Segment*>ws.segments.data + i
            before = bundle_now(bundle)
            if self.model.bundle_fragment != NULL and \
                    (segment.token != NONE or segment.end - segment.start <= BUNDLED_TEXT) and \
                    self.bundle_segment(view, i, ws, bundle) == OK:
                if bundle.n < MOST_BUNDLED:
                    continue
                status = self.encode_bundled(view, first, i + 1, scratch, out)
            else:
                bundle_drop(bundle, before)
                status = self.encode_bundled(view, first, i, scratch, out)
                if status == OK:
                    status = self.encode_segment(view, i, ws, out)
            if status != OK:
                return status
            first = i + 1
        return self.encode_bundled(view, first, ws.n_segments, scratch, out)

    cdef Scratch* encode(self, text, bint add_special, bint parse_special) except NULL:
        """The ids of one text, in borrowed memory: for `spare` to be given back."""
        cdef View view
        cdef int status
        owner = look_at(text, &view)
        cdef Scratch* scratch = self.spare.borrow()
        if about_bytes(&view) <= SHORT_TEXT:
            status = self.run(view, add_special, parse_special, scratch, &scratch.ids)
        else:
            with nogil:
                status = self.run(view, add_special, parse_special, scratch, &scratch.ids)
        del owner
        if status != OK:
            self.spare.give_back(scratch)
            raise failure(status)
        return scratch

    def encode_fragment(self, bytes text not None):
        """The ids of a text that is neither cut at special tokens nor surrounded by any."""
        cdef View view
        cdef int status = OK
        owner = look_at_utf8(text, &view)
        cdef Scratch* scratch = self.spare.borrow()
        scratch.ws.clean = 0
        try:
            if view.n:
                status = self.model.encode_fragment(
                    self.model.tables, view.text, view.n, False, &scratch.ws, &scratch.ids
                )
            if status != OK:
                raise failure(status)
            return [scratch.ids.ids[i] for i in range(scratch.ids.n)]
        finally:
            self.spare.give_back(scratch)
            del owner


def find_special(SpecialMatcher matcher not None, text):
    """(start in bytes, id) of the first special token in a text, or None."""
    cdef View view
    cdef size_t end = 0
    cdef uint32_t pattern
    owner = look_at_utf8(text, &view)
    with nogil:
        pattern = first_match(&matcher.t, view.text, view.n, &end)
    del owner
    return None if pattern == NONE else (end - matcher.t.automaton.lengths[pattern], matcher.t.tokens[pattern])
