# cython: binding=False, embedsignature=True, embedsignature.format=clinic
"""The part of a tokenizer that decodes: from ids to text.

Equal to llama_vocab::impl::detokenize of llama.cpp.
"""

import cython

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint32_t

from shimmytok._clean_spaces cimport SHIM_PAIRS, clean_up
from shimmytok._id_input cimport checked_ids, look_at_ids
from shimmytok._join cimport HIDDEN, IdForm, Ids, ROW, Rows, SHORT_PIECE, Text, append_pieces, id_at, piece_of, size_of
from shimmytok._utf8_text cimport as_str
from shimmytok._workspace cimport OK, reserve

from shimmytok._stream_decoder import StreamDecoder
from shimmytok.arguments import as_iterator
from shimmytok.errors import InvalidTokenError

cdef extern from "int_read.h":
    uint64_t small_int "shim_small_int"(object o) noexcept

cdef extern from *:
    """
    #define SHIM_NO_ID UINT64_MAX
    """
    const uint64_t NO_ID "SHIM_NO_ID"

cdef enum:
    MANY = 4096                    # ids; joining fewer is over before the GIL is handed over


cdef size_t leading_space(const Rows* t, uint64_t token, bint skip_special) noexcept nogil:
    """1 if a first token begins with a space, else 0."""
    cdef size_t n = 0
    cdef const uint8_t* p
    if token >= t.count or skip_special and t.rows[token * ROW + SHORT_PIECE] & HIDDEN:
        return 0
    p = piece_of(t, <uint32_t>token, &n)
    return 1 if n and p[0] == 32 else 0


cdef class TextDecoder:
    """Decodes with the pieces and by the flags of a vocabulary; the table of pieces is made when it is first needed.

    The subclass has it as `_pieces`.
    """

    def __init__(self, vocab):
        """vocab: a shimmytok.vocab.Vocab."""
        cdef object bos = vocab.ids["bos"] if vocab.flags.add_bos else None
        cdef object eos = vocab.ids["eos"] if vocab.flags.add_eos else None
        self._bos = NO_ID if bos is None else <uint64_t>bos
        self._eos = NO_ID if eos is None else <uint64_t>eos
        self._strip_space = vocab.flags.add_space_prefix
        self._clean_spaces = vocab.flags.clean_spaces

    cdef PieceTable table(self):
        if self._table is None:
            table = self._pieces
            with cython.critical_section(self):
                if self._table is None:
                    self._table = table
        return self._table

    cdef size_t trim(self, const Rows* rows, Ids* ids, bint skip_special, bint remove_special) noexcept:
        """Take BOS and EOS from the ends; how many spaces the text loses at its start."""
        cdef bint strip_space = self._strip_space
        if remove_special and ids.n and self._bos < rows.count and id_at(ids, 0) == self._bos:
            ids.items = <const char*>ids.items + size_of(ids.form)
            ids.n -= 1
            strip_space = False
        if remove_special and ids.n and self._eos < rows.count and id_at(ids, ids.n - 1) == self._eos:
            ids.n -= 1
        if not strip_space or ids.n == 0:
            return 0
        return leading_space(rows, id_at(ids, 0), skip_special)

    cdef size_t join(self, object ids, bint skip_special, bint remove_special, bint as_bytes, Text* out) except? 0:
        """Join the pieces of ids; returns where the text begins."""
        cdef Ids view
        cdef const Rows* rows = &self._table.rows
        cdef size_t done = 0, start = 0
        cdef int status
        cdef bint is_checked = False
        cdef object owner = look_at_ids(ids, &view)
        while True:
            if owner is None:
                owner = look_at_ids(checked_ids(ids, rows.count), &view)
                if owner is None:
                    raise SystemError("checked ids are no plain array")
                is_checked = True
            if not as_bytes:
                start = self.trim(rows, &view, skip_special, remove_special)
            if view.form == IdForm.OBJECTS or view.n < MANY:
                status = append_pieces(rows, &view, skip_special, out, &done)
            else:
                with nogil:
                    status = append_pieces(rows, &view, skip_special, out, &done)
            if status != OK:
                raise MemoryError
            if done == view.n or is_checked:
                return start
            owner = None                                   # an id that is wrong, or an int of another kind
            out.n = 0

    cdef str decode_ids(self, object ids, bint skip_special, bint remove_special, object errors):
        cdef PieceTable table = self.table()
        cdef Text* text = table.borrow()
        cdef uint8_t* p
        cdef size_t start, n
        try:
            start = self.join(ids, skip_special, remove_special, False, text)
            if reserve(&text.data, text.n + SHIM_PAIRS) != OK:
                raise MemoryError
            p = <uint8_t*>text.data.data + start
            n = text.n - start
            if self._clean_spaces:
                n = clean_up(p, n)
            return as_str(p, n, errors)
        finally:
            table.give_back(text)

    def decode(self, ids, bint skip_special_tokens=False, *, bint remove_special=False, errors="replace"):
        """The text of ids: llama_detokenize.  Like that, it may take away spaces (see `decode_bytes` for all bytes).

        ids: any iterable of int, or a one-dimensional array or buffer of integers.
        skip_special_tokens: leave out control and unknown tokens (llama_detokenize without unparse_special).
        remove_special: leave out a BOS at the start and an EOS at the end, where the model adds them.
        errors: what becomes of invalid UTF-8, as in bytes.decode.
        Raises InvalidTokenError for an id outside the vocabulary.
        """
        return self.decode_ids(ids, skip_special_tokens, remove_special, errors)

    def decode_bytes(self, ids, bint skip_special_tokens=False):
        """The pieces of ids, joined: nothing cleaned up, nothing stripped; see `decode` for ids and errors.

        >>> Tokenizer.from_pretrained("gpt2").decode_bytes([8582, 236, 231])
        b'\\xf0\\x9f\\x8e\\x89'
        """
        cdef PieceTable table = self.table()
        cdef Text* text = table.borrow()
        try:
            self.join(ids, skip_special_tokens, False, True, text)
            return PyBytes_FromStringAndSize(<const char*>text.data.data, <Py_ssize_t>text.n)
        finally:
            table.give_back(text)

    def decode_batch(self, sequences, bint skip_special_tokens=False, *, bint remove_special=False, errors="replace"):
        """The texts of many sequences of ids, in their order; see `decode`.

        Raises what `decode` does, with the number of the sequence: "sequences[3]: ...".
        """
        cdef list texts = []
        try:
            for ids in sequences:
                texts.append(self.decode_ids(ids, skip_special_tokens, remove_special, errors))
        except InvalidTokenError as error:
            raise InvalidTokenError(f"sequences[{len(texts)}]: {error}") from None
        except TypeError as error:
            as_iterator(sequences, "many sequences of token ids")
            raise TypeError(f"sequences[{len(texts)}]: {error}") from error
        except UnicodeDecodeError as error:
            error.reason = f"{error.reason} (sequences[{len(texts)}])"
            raise
        return texts

    def decode_single(self, token, bint skip_special_tokens=False):
        """One token's piece as text, invalid UTF-8 replaced; InvalidTokenError for an id outside the vocabulary."""
        cdef size_t n = 0
        cdef PieceTable table = self.table()
        cdef const uint8_t* p
        if small_int(token) >= table.rows.count:
            return self.token_to_piece(token, special=not skip_special_tokens).decode("utf-8", "replace")
        p = table.find_piece(token, skip_special_tokens, &n)
        return as_str(p, n, "replace")

    def stream_decoder(self, *, bint skip_special_tokens=False):
        """A decoder for ids that come one by one.

        skip_special_tokens: control and unknown tokens give no text.

        >>> stream = Tokenizer.from_pretrained("gpt2").stream_decoder()
        >>> [stream.step(i) for i in (8582, 236, 231, 0)], stream.flush()
        (['', '', '🎉', '!'], '')
        """
        return StreamDecoder(self.table(), skip_special_tokens)
