"""The pieces of all tokens, as rows for joining, and memory to join them in.

What a token's piece is, is in _pieces.pyx; _join.pyx tells about rows.
"""

from libc.stdint cimport uint16_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from shimmytok._join cimport HIDDEN, IN_ARENA, ROW, SHORT_PIECE, piece_of
from shimmytok._pieces cimport LONGEST_ID, Token, WritePiece, piece_writer, with_unknown_bytes
from shimmytok._scratch cimport LARGE, SHIM_LARGE_SLOTS, SHIM_SLOTS, TOO_LARGE, shim_put, shim_take
from shimmytok._vocab cimport Table, TokenTable
from shimmytok._workspace cimport OK, reserve

from shimmytok.arguments import as_token
from shimmytok.errors import LimitError

cdef extern from "pages.h":
    void* shim_pages_new(size_t size) noexcept
    void shim_pages_free(void* p, size_t size) noexcept

cdef extern from "int_read.h":
    uint64_t small_int "shim_small_int"(object o) noexcept

cdef enum:                         # llama_token_attr
    UNKNOWN = 1
    CONTROL = 8

cdef enum:
    MOST_TEXT = 1 << 28            # bytes of all pieces together, when token texts are made longer

cdef uint64_t MOST_ROOM = 0xFFFFFFFF   # what places in the arena can count


cdef class PieceTable:
    """The pieces of all tokens: `texts` and `attrs` (uint16[n_tokens], llama.h's bits), by a PieceRule."""

    def __cinit__(self, TokenTable texts not None, const uint16_t[::1] attrs not None, rule):
        self._slots = <void**>calloc(SHIM_SLOTS, sizeof(void*))
        self._rows = <uint8_t*>shim_pages_new((<size_t>texts.table.count + 1) * ROW)
        if self._slots == NULL or self._rows == NULL:
            raise MemoryError
        self.rows.count = texts.table.count

    def __init__(self, TokenTable texts not None, const uint16_t[::1] attrs not None, rule):
        cdef const Table* source = &texts.table
        cdef WritePiece write = piece_writer(rule)
        cdef Token token
        cdef uint64_t room
        cdef size_t size = 0, longest = LONGEST_ID
        cdef uint32_t k
        cdef bint hidden
        if attrs.shape[0] != source.count:
            raise ValueError(f"{attrs.shape[0]} attributes for {source.count} tokens")
        room = <uint64_t>(source.starts[source.count] if source.count else 0) + <uint64_t>LONGEST_ID * source.count
        for k in range(source.count):
            longest = max(longest, <size_t>(source.starts[k + 1] - source.starts[k]))
        written = bytearray(longest)
        for k in range(source.count):
            token.id = k
            token.attr = attrs[k]
            token.text = source.text + source.starts[k]
            token.n = source.starts[k + 1] - source.starts[k]
            hidden = (token.attr & (UNKNOWN | CONTROL)) != 0
            if write(&token, written, &size):
                self._put(k, written, size, hidden)
                continue
            piece = with_unknown_bytes(texts[k], MOST_TEXT)
            room += len(piece)
            if room > MOST_TEXT:
                raise LimitError(f"the pieces of all tokens have more than {MOST_TEXT} bytes")
            self._put(k, piece, len(piece), hidden)
        self.rows.rows = self._rows
        self.rows.arena = <const uint8_t*>self._arena.data

    def __dealloc__(self):
        cdef Text* text
        if self._slots != NULL:
            text = <Text*>shim_take(self._slots)
            while text != NULL:
                free(text.data.data)
                free(text)
                text = <Text*>shim_take(self._slots)
        free(self._slots)
        shim_pages_free(self._rows, (<size_t>self.rows.count + 1) * ROW)
        free(self._arena.data)

    cdef int _put(self, uint32_t k, const uint8_t* p, size_t n, bint hidden) except -1:
        """Give a token its piece."""
        cdef uint8_t* row = self._rows + <size_t>k * ROW
        cdef uint32_t* place = <uint32_t*>row
        row[SHORT_PIECE] = HIDDEN if hidden else 0
        if n <= SHORT_PIECE:
            memcpy(row, p, n)
            row[SHORT_PIECE] |= <uint8_t>n
            return 0
        if self._in_arena + <uint64_t>n > MOST_ROOM:
            raise LimitError(f"the pieces of all tokens have more than {MOST_ROOM} bytes")
        if reserve(&self._arena, self._in_arena + n) != OK:
            raise MemoryError
        memcpy(<uint8_t*>self._arena.data + self._in_arena, p, n)
        place[0] = <uint32_t>self._in_arena
        place[1] = <uint32_t>n
        row[SHORT_PIECE] |= IN_ARENA
        self._in_arena += n
        return 0

    cdef Text* borrow(self) except NULL:
        """Empty memory for a text, of one's own until it is given back."""
        cdef Text* text = <Text*>shim_take(self._slots)
        if text == NULL:
            text = <Text*>calloc(1, sizeof(Text))
            if text == NULL:
                raise MemoryError
        text.n = 0
        return text

    cdef void give_back(self, Text* text) noexcept:
        cdef size_t size = text.data.cap
        if size > TOO_LARGE or not shim_put(self._slots, SHIM_LARGE_SLOTS if size > LARGE else SHIM_SLOTS, text):
            free(text.data.data)
            free(text)

    cdef const uint8_t* find_piece(self, object token, bint skip_special, size_t* n) except NULL:
        """One token's piece, empty if it is left out; InvalidTokenError for what is no id."""
        cdef uint64_t k = small_int(token)
        cdef const uint8_t* piece
        if k >= self.rows.count:
            k = as_token(token, self.rows.count)
        piece = piece_of(&self.rows, <uint32_t>k, n)
        if skip_special and self.rows.rows[k * ROW + SHORT_PIECE] & HIDDEN:
            n[0] = 0
        return piece

    def piece(self, token, bint special, size_t lstrip):
        """One token's piece, without up to `lstrip` spaces; empty for unknown and control tokens unless `special`."""
        cdef size_t n = 0, i = 0
        cdef const uint8_t* p = self.find_piece(token, not special, &n)
        while i < lstrip and i < n and p[i] == 32:
            i += 1
        return p[i:n]
