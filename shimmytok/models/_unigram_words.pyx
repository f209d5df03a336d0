"""The words that a text of a unigram model is cut into: at bytes that become spaces.  _unigram.pyx says why."""

from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy, memset

from shimmytok._simd cimport simd_level
from shimmytok._stretches cimport CHUNK, add_chunk, add_ends, shim_byte_sets_init, shim_masks, shim_masks_of
from shimmytok.normalizers._sentencepiece cimport MARK

cdef enum:
    SECTION = 1 << 15              # bytes, about

NOTHING.p = b"\0"
NOTHING.n = 0

SPACE.p = b"\xe2\x96\x81"
SPACE.n = MARK

BYTE_OF_NO_TOKEN.p = b"\0"         # which ends texts of tokens; C puts another one behind it
BYTE_OF_NO_TOKEN.n = 1


cdef WordRules word_rules(const NormalizerView* normalizer, Words words) noexcept nogil:
    cdef WordRules t
    cdef uint8_t[128] members
    cdef size_t c
    t.words = words
    t.kinds = normalizer.kinds
    t.head_apart = words != SPACED and normalizer.add_space_prefix
    for c in range(128):
        members[c] = normalizer.kinds[c] != CUT
    shim_byte_sets_init(&t.bytes, members)
    return t


cdef void cut_block(
    void* rules, const uint8_t* text, size_t n, size_t at, size_t stop, Stretches* s
) noexcept nogil:
    cdef const WordRules* t = <const WordRules*>rules
    cdef uint8_t[CHUNK] last
    cdef shim_masks masks
    cdef uint64_t within = ~<uint64_t>0, run, before
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
        if t.words == SPACED:
            add_chunk(s, simd_level, <uint32_t>at, run, 0, 0)
        else:
            before = run << 1 | s.inside
            add_ends(s, simd_level, <uint32_t>at, within & (run & ~before if t.words == BEHIND else before & ~run))
            s.inside = run >> 63
        at += CHUNK


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
    return (t.kinds[p[-1]] == CUT) == (t.words == BEHIND) and (t.kinds[p[0]] == CUT) != (t.words == BEHIND)


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
