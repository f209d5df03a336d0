"""The words that a text of a unigram model is cut into, at bytes that become spaces, and inside.

_unigram.pyx says why they may be encoded alone.

Where words are SPACED, the same bytes have other ids at a word's beginning, where a U+2581 comes before them, than
behind a cut inside.  So that the word cache tells them apart, what is behind such a cut takes along the byte before it
(`has_context`): no word begins with two bytes between which it would be cut.
"""

from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy, memset

from shimmytok._byte_cuts cimport is_small
from shimmytok._simd cimport simd_level
from shimmytok._stretches cimport CHUNK, add_chunk, add_ends, shim_byte_sets_init, shim_masks, shim_masks_of
from shimmytok.normalizers._sentencepiece cimport MARK

cdef enum:
    SECTION = 1 << 15              # bytes, about

cdef extern from "bits.h":
    unsigned shim_lowest(uint64_t x) noexcept nogil

NOTHING.p = b"\0"
NOTHING.n = 0

SPACE.p = b"\xe2\x96\x81"
SPACE.n = MARK

BYTE_OF_NO_TOKEN.p = b"\0"         # which ends texts of tokens; C puts another one behind it
BYTE_OF_NO_TOKEN.n = 1


cdef WordRules word_rules(const NormalizerView* normalizer, Words words, const uint64_t* cuts) noexcept nogil:
    cdef WordRules t
    cdef uint8_t[128] members
    cdef size_t left, right
    t.words = words
    t.kinds = normalizer.kinds
    t.head_apart = words != SPACED and normalizer.add_space_prefix
    memcpy(t.cuts, cuts, sizeof(t.cuts))
    for left in range(128):
        members[left] = normalizer.kinds[left] != CUT
    for left in range(128):
        for right in range(128):
            if may_cut(&t, <uint8_t>left, <uint8_t>right):
                # One of the two is no small letter.
                members[right if is_small(<uint8_t>left) else left] |= 2
    shim_byte_sets_init(&t.bytes, members)
    return t


cdef inline uint64_t cuts_inside(
    const WordRules* t, const uint8_t* text, size_t n, size_t at, const shim_masks* masks, uint64_t inside
) noexcept nogil:
    """Bit i: a word is cut before byte `at` + i of the text; `inside`: which bytes have one of a word before them."""
    cdef uint64_t wide_behind = masks.wide >> 1 | <uint64_t>(n - at > CHUNK and text[at + CHUNK] >= 0x80) << 63
    cdef uint64_t wanted = (masks.second | masks.second << 1 | 1) & inside & ~wide_behind, cuts = 0
    cdef const uint8_t* p
    cdef unsigned i
    while wanted:
        i = shim_lowest(wanted)
        p = text + at + i
        cuts |= <uint64_t>may_cut(t, (p - 1)[0], p[0]) << i
        wanted &= wanted - 1
    return cuts


cdef inline void take_context(Stretches* s) noexcept nogil:
    """Have what is behind a cut inside a word begin with the byte before; not the first, which has been listed with the
    block before."""
    cdef size_t k
    for k in range(1, s.n_starts):
        s.starts[k] -= s.starts[k] == s.ends[k - 1]


cdef void cut_block(
    void* rules, const uint8_t* text, size_t n, size_t at, size_t stop, Stretches* s
) noexcept nogil:
    cdef const WordRules* t = <const WordRules*>rules
    cdef uint8_t[CHUNK] last
    cdef shim_masks masks
    cdef uint64_t within = ~<uint64_t>0, run, before, cuts
    if at == 0 and t.words != SPACED:
        s.starts[0] = 0
        s.n_starts = 1
        s.inside = t.words == BEHIND                       # as if a byte was before that makes no cut here
    while at < stop:
        if stop - at < CHUNK:
            memset(last, 0, CHUNK)
            memcpy(last, text + at, stop - at)
            within = (<uint64_t>1 << (stop - at)) - 1
            shim_masks_of(simd_level, &t.bytes, last, &masks)
        else:
            shim_masks_of(simd_level, &t.bytes, text + at, &masks)
        run = (masks.first | masks.wide) & within
        before = run << 1 | s.inside
        cuts = cuts_inside(t, text, n, at, &masks, run & before & ~<uint64_t>(at == 0))
        if t.words == SPACED:
            add_chunk(s, simd_level, <uint32_t>at, run, cuts, 0, 0)
        else:
            add_ends(
                s, simd_level, <uint32_t>at, within & (cuts | (run & ~before if t.words == BEHIND else before & ~run))
            )
            s.inside = run >> 63
        at += CHUNK
    if t.words == SPACED:
        take_context(s)


cdef size_t head_size(const WordRules* t, const uint8_t* text, size_t n) noexcept nogil:
    cdef size_t at = 0
    while at < n and t.kinds[text[at]] == CUT:
        at += 1
    while at < n and t.kinds[text[at]] != CUT:
        at += 1
    while at < n and t.kinds[text[at]] == CUT and t.words == BEHIND:
        at += 1
    return at


cdef inline bint begins(const WordRules* t, const uint8_t* p) noexcept nogil:
    """Does a word begin at `p`, or the bytes between it and the one before?"""
    return (t.kinds[(p - 1)[0]] == CUT) == (t.words == BEHIND) and (t.kinds[p[0]] == CUT) != (t.words == BEHIND)


cdef size_t section_size(const WordRules* t, const uint8_t* text, size_t n) noexcept nogil:
    cdef size_t at = min(n - 1, <size_t>SECTION)
    while at > 0 and not begins(t, text + at):
        at -= 1
    if at:
        return at
    at = SECTION
    while at < n and not begins(t, text + at):
        at += 1
    return min(at, n)
