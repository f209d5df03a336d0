"""Where BERT's normaliser parts words, found in the raw text, and what it makes of one.

A stretch is a run of raw bytes between places where a word surely begins or ends, or a character that stands alone.
It becomes one word, or none, and which one depends on nothing but its bytes:

- Every code point is normalised without its neighbours (normalizers/bert.py): llama.cpp decomposes one for one, and
  marks are dropped, not moved.  White space ends a word; a character that stands alone ends the word before it and is
  one itself; what is dropped changes nothing.  So words end where a character of these two kinds stands, and nowhere
  else.  Those characters are the cuts: a stretch holds none of them, or is one.
- Characters are read from the left, and invalid bytes one by one, as U+FFFD, which is dropped.  A cut follows a whole
  character or precedes one.  A sequence that the end of a stretch breaks would need a continuation byte there, but
  the next stretch, or the white space between, begins with a whole character: it is broken in the text, too.  So the
  bytes of a stretch are read alone as they are in the text.
"""

from libc.string cimport memcpy, memset

from shimmytok._stretches cimport CHUNK, add_chunk, shim_byte_sets_init, shim_masks, shim_masks_of
from shimmytok.unicode._pages cimport look_up
from shimmytok.unicode._utf8 cimport decode_lenient, encode

cdef extern from "bits.h":
    unsigned shim_lowest(uint64_t x) noexcept nogil


cdef void bert_characters_init(BertCharacters* t, PageTable characters):
    cdef uint8_t[128] sets
    cdef uint32_t c, entry, fate, after
    t.characters = characters.map
    for c in range(128):
        entry = look_up(&t.characters, c)
        fate = entry >> 24
        after = (c + entry) & 0xFFFFFF
        sets[c] = 2 if fate == ALONE else 0 if fate == SPACE else 1
        t.becomes[c] = 0 if fate == DROPPED else after if 0 < after < 128 else LOOK_UP
    shim_byte_sets_init(&t.ascii, sets)


cdef void add_wide(
    const BertCharacters* t, const uint8_t* p, size_t left, shim_masks* masks, uint64_t* single_last,
    Straddling* straddling
) noexcept nogil:
    """Add the characters that are not ASCII to the masks of the chunk at `p`: `first` for bytes in runs, `second` and
    `single_last` for characters alone."""
    cdef uint64_t wide = masks.wide & ~straddling.taken, bytes_of
    cdef uint32_t cp = 0, fate
    cdef size_t i, length
    masks.first |= straddling.run
    single_last[0] |= straddling.single_last
    memset(straddling, 0, sizeof(Straddling))
    while wide:
        i = shim_lowest(wide)
        length = decode_lenient(p + i, left - i, &cp)
        if length == 0:
            masks.first |= <uint64_t>1 << i
            wide &= wide - 1
            continue
        bytes_of = ((<uint64_t>1 << length) - 1) << i
        wide &= ~bytes_of
        fate = look_up(&t.characters, cp) >> 24
        if fate == ALONE:
            masks.second |= <uint64_t>1 << i
            if i + length <= CHUNK:
                single_last[0] |= <uint64_t>1 << (i + length - 1)
            else:
                straddling.single_last = <uint64_t>1 << (i + length - 1 - CHUNK)
        elif fate != SPACE:
            masks.first |= bytes_of
        if i + length > CHUNK:
            straddling.taken = (<uint64_t>1 << (i + length - CHUNK)) - 1
            straddling.run = straddling.taken if fate < SPACE else 0


cdef void cut_words(
    const BertCharacters* t, int level, const uint8_t* text, size_t n, size_t at, size_t stop, Straddling* straddling,
    Stretches* s
) noexcept nogil:
    cdef uint8_t[CHUNK] last
    cdef const uint8_t* p
    cdef shim_masks masks
    cdef uint64_t single_last, within = ~<uint64_t>0
    while at < stop:
        p = text + at
        if stop - at < CHUNK:
            memset(last, 0, CHUNK)
            memcpy(last, p, stop - at)
            within = (<uint64_t>1 << (stop - at)) - 1
            shim_masks_of(level, &t.ascii, last, &masks)
            masks.first &= within
            masks.second &= within
        else:
            shim_masks_of(level, &t.ascii, p, &masks)
        single_last = masks.second
        if masks.wide:
            add_wide(t, p, n - at, &masks, &single_last, straddling)
        add_chunk(s, level, <uint32_t>at, masks.first, 0, masks.second, single_last)
        at += CHUNK


cdef size_t normalize_word(const BertCharacters* t, const uint8_t* p, size_t n, uint8_t* out) noexcept nogil:
    cdef size_t at = 0, m = 0, length
    cdef uint32_t cp = 0, entry
    cdef uint8_t c
    while at < n:
        if p[at] < 128:
            c = t.becomes[p[at]]
            if c != LOOK_UP:
                out[m] = c
                m += c != 0
                at += 1
                continue
        length = decode_lenient(p + at, n - at, &cp)
        if length == 0:
            at += 1
            continue
        at += length
        entry = look_up(&t.characters, cp)
        if entry >> 24 != DROPPED:
            m += encode((cp + entry) & 0xFFFFFF, out + m)
    return m
