"""The normalisation of SentencePiece's unigram models: replacements, and spaces as U+2581.

Must equal: llm_tokenizer_ugm_session::normalize of llama.cpp.  From the left: text that starts as a user-defined token
does is taken as it is, as far as it is the same; else the longest entry of the charsmap is replaced; else a character
is taken, or U+FFFD for an invalid byte.  (llama.cpp knows white space as a suffix too, but no file can ask for it.)
"""

from libc.stdint cimport uint64_t
from libc.stdlib cimport free

from shimmytok._trie cimport child
from shimmytok._workspace cimport OK, OUT_OF_MEMORY, TOO_LONG, reserve
from shimmytok.normalizers._charsmap cimport longest_match

cdef enum:
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
    const NormalizerView* t, const uint8_t* p, size_t n, const uint8_t** replacement, size_t* size
) noexcept nogil:
    """What stands for the text at `p`: `replacement` and `size`; returns how many bytes it stands for."""
    cdef size_t taken = 0
    if t.has_user_defined:
        taken = shared_start(&t.user_defined, p, n)
    if taken == 0:
        taken = longest_match(&t.charsmap, p, n, replacement, size)
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


cdef int normalize(const NormalizerView* t, const uint8_t* text, size_t n, Buffer* out, size_t* size) noexcept nogil:
    cdef const uint8_t* unit = text
    cdef uint8_t* p
    cdef size_t at = 0, m = 0, length = 0, i
    cdef size_t most = n * MOST_GROWTH + ALWAYS_FINE if n < MOST_BYTES // (2 * MOST_GROWTH) else MOST_BYTES
    cdef bint in_word = False, space_wanted = t.add_space_prefix
    while at < n:
        at += next_unit(t, text + at, n - at, &unit, &length)
        # A byte becomes a space of three bytes, or itself after such a space.
        if length > most or 4 * length > most - m:
            return TOO_LONG
        if reserve(out, m + 4 * length) != OK:
            return OUT_OF_MEMORY
        p = <uint8_t*>out.data
        for i in range(length):
            if unit[i] != 32:
                if not in_word:
                    in_word = True
                    if space_wanted or t.remove_extra_whitespaces:
                        m += put_space(p + m)
                        space_wanted = False
                p[m] = unit[i]
                m += 1
            else:
                in_word = False
                if not t.remove_extra_whitespaces:
                    m += put_space(p + m)
    size[0] = m
    return OK


cdef class SentencePieceNormalizer:
    """A charsmap, a trie of the user-defined tokens, and what becomes of white space."""

    def __init__(
        self, Charsmap charsmap not None, TokenTrie user_defined not None, *, bint add_space_prefix,
        bint remove_extra_whitespaces,
    ):
        self._charsmap = charsmap
        self._user_defined = user_defined
        self.view.charsmap = charsmap.view
        self.view.user_defined = user_defined.trie
        self.view.has_user_defined = len(user_defined) > 1
        self.view.add_space_prefix = add_space_prefix
        self.view.remove_extra_whitespaces = remove_extra_whitespaces

    def normalize(self, bytes text not None):
        """A text normalised."""
        cdef Buffer out
        cdef size_t size = 0
        cdef int status
        out.data = NULL
        out.cap = 0
        try:
            status = normalize(&self.view, text, len(text), &out, &size)
            if status == OUT_OF_MEMORY:
                raise MemoryError("no memory to normalise the text")
            if status == TOO_LONG:
                raise OverflowError("the text becomes too long when it is normalised")
            return (<const char*>out.data)[:size] if size else b""
        finally:
            free(out.data)
