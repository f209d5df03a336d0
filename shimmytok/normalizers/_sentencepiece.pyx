"""The normalisation of SentencePiece's unigram models: replacements, and spaces as U+2581.

Must equal: llm_tokenizer_ugm_session::normalize of llama.cpp.  From the left: text that starts as a user-defined token
does is taken as it is, as far as it is the same; else the longest entry of the charsmap is replaced; else a character
is taken, or U+FFFD for an invalid byte.  (llama.cpp knows white space as a suffix too, but no file can ask for it.)

A text can be cut before bytes of kind CUT, or behind them, and the parts normalised alone, with the same result:

- Such a byte is ASCII, and stands neither in a user-defined token nor, but for the first place, in the charsmap.  So
  what is taken from the left never reaches over it: a part is taken alone as it is in the text.
- At its place, nothing longer is taken than the byte, and it becomes a space, which ends a word.  So all that a part
  knows of the one before is that it is at a word's end, as it would be at the start of a text, and whether the text had
  a word yet.  Where extra white space is removed, every word gets its U+2581, the first one too; where it stays, only
  the first one may get one (`space_wanted`).
"""

from libc.stdint cimport uint64_t


from shimmytok._trie cimport child
from shimmytok._workspace cimport MOST_WALKED, OK, OUT_OF_MEMORY, TOO_LONG, TOO_SLOW, reserve
from shimmytok.normalizers._charsmap cimport longest_match

cdef enum:
    RUN = 1024                     # plain bytes that are taken at a time
    MOST_GROWTH = 64               # SentencePiece's own maps make a text at most 11 times as long
    ALWAYS_FINE = 1 << 20          # bytes
    MOST_BYTES = 0xFFFFFFF0        # places in a text are counted with 32 bits


cdef inline size_t shared_start(const Trie* trie, const uint8_t* p, size_t n) noexcept nogil:
    """How many bytes any user-defined token starts with, too."""
    cdef uint64_t node = trie.root
    cdef size_t i
    for i in range(n):
        node = child(trie, node, p[i])
        if node == 0:
            return i
    return n


cdef inline size_t character(const uint8_t* p, size_t n) noexcept nogil:
    """The bytes of the character at `p`, 0 for an invalid one.  llama.cpp lets overlong ones and those above U+10FFFF
    pass here."""
    cdef size_t length, i
    if p[0] < 0x80:
        return 1
    if p[0] < 0xC0 or p[0] >= 0xF8:
        return 0
    length = 2 if p[0] < 0xE0 else 3 if p[0] < 0xF0 else 4
    if length > n:
        return 0
    for i in range(1, length):
        if p[i] & 0xC0 != 0x80:
            return 0
    return length


cdef size_t next_unit(
    const NormalizerView* t, const uint8_t* p, size_t n, const uint8_t** replacement, size_t* size, size_t* walked
) noexcept nogil:
    """What stands for the text at `p`: `replacement` and `size`; returns how many bytes it stands for.  `walked` grows
    by the bytes looked at in the charsmap."""
    cdef size_t taken = 0
    if t.has_user_defined:
        taken = shared_start(&t.user_defined, p, n)
    if taken == 0:
        taken = longest_match(&t.charsmap, p, n, replacement, size, walked)
        if taken != 0:
            return taken
        taken = character(p, n)
        if taken == 0:
            replacement[0] = <const uint8_t*>b"\xEF\xBF\xBD"
            size[0] = 3
            return 1
    replacement[0] = p
    size[0] = taken
    return taken


cdef inline size_t put_space(uint8_t* out) noexcept nogil:
    out[0] = 0xE2
    out[1] = 0x96
    out[2] = 0x81
    return 3


cdef Normalizing normalizing(const NormalizerView* t, size_t n) noexcept nogil:
    cdef Normalizing state
    state.at = 0
    state.in_word = False
    state.space_wanted = t.add_space_prefix
    state.left = n * MOST_GROWTH + ALWAYS_FINE if n < MOST_BYTES // (2 * MOST_GROWTH) else MOST_BYTES
    state.most_walked = n * MOST_WALKED if n < ~<size_t>0 // MOST_WALKED else ~<size_t>0
    state.walked = 0
    return state


cdef inline size_t put(
    const NormalizerView* t, const uint8_t* unit, size_t n, Normalizing* state, uint8_t* out
) noexcept nogil:
    """Write what a unit becomes; at most 4 n bytes: each becomes a space, or itself after a space."""
    cdef size_t i, m = 0
    for i in range(n):
        if unit[i] != 32:
            if not state.in_word:
                state.in_word = True
                if state.space_wanted or t.remove_extra_whitespaces:
                    m += put_space(out + m)
                    state.space_wanted = False
            out[m] = unit[i]
            m += 1
        else:
            state.in_word = False
            if not t.remove_extra_whitespaces:
                m += put_space(out + m)
    return m


cdef inline size_t plain_run(const NormalizerView* t, const uint8_t* p, size_t n) noexcept nogil:
    """How many bytes stay as they are, as far as is looked for."""
    cdef size_t end = 0
    while end < n and end < RUN and t.kinds[p[end]] == PLAIN:
        end += 1
    # A plain byte may be replaced together with what follows, where that is not ASCII.
    return end - 1 if 0 < end < n and p[end] >= 0x80 else end


cdef int normalize(
    const NormalizerView* t, const uint8_t* text, size_t n, Normalizing* state, size_t enough, Buffer* out, size_t* size
) noexcept nogil:
    cdef const uint8_t* unit = text
    cdef const uint8_t* p
    cdef size_t length = 0
    while state.at < n and size[0] < enough:
        p = text + state.at
        length = plain_run(t, p, n - state.at)
        if length:
            unit = p
            state.at += length
        else:
            state.at += next_unit(t, p, n - state.at, &unit, &length, &state.walked)
            if state.walked > state.most_walked:
                return TOO_SLOW
        if length > state.left:
            return TOO_LONG
        if reserve(out, size[0] + 4 * length) != OK:
            return OUT_OF_MEMORY
        length = put(t, unit, length, state, <uint8_t*>out.data + size[0])
        if length > state.left:
            return TOO_LONG
        state.left -= length
        size[0] += length
    return OK


cdef class SentencePieceNormalizer:
    """A charsmap, a trie of the user-defined tokens, and what becomes of white space.

    `cuts` and `plain`: the bytes of these kinds.
    """

    def __init__(
        self, Charsmap charsmap not None, TokenTrie user_defined not None, *, bint add_space_prefix,
        bint remove_extra_whitespaces, bytes cuts not None, bytes plain not None,
    ):
        cdef uint8_t c
        self._charsmap = charsmap
        self._user_defined = user_defined
        self.view.charsmap = charsmap.view
        self.view.user_defined = user_defined.trie
        self.view.has_user_defined = len(user_defined) > 1
        self.view.add_space_prefix = add_space_prefix
        self.view.remove_extra_whitespaces = remove_extra_whitespaces
        for c in plain:
            self.view.kinds[c] = PLAIN
        for c in cuts:
            self.view.kinds[c] = CUT
