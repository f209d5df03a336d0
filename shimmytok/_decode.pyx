"""From ids to bytes: the pieces of all tokens, and how they are joined.

Equal to llama_vocab::impl::detokenize of llama.cpp.  What a token's piece is, is in _pieces.pyx.
"""

from operator import index

import numpy as np

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy

from shimmytok._pieces cimport LONGEST_ID, Token, WritePiece, piece_writer, with_unknown_bytes
from shimmytok._vocab cimport Table, TokenTable

from shimmytok.errors import InvalidTokenError, LimitError

cdef enum:                         # llama_token_attr
    UNKNOWN = 1
    CONTROL = 8

cdef enum:
    MOST_TEXT = 1 << 28            # bytes of all pieces together, when token texts are made longer

cdef uint64_t MOST_ROOM = 0xFFFFFFFF   # what offsets into them can count


cdef size_t clean_up(uint8_t* text, size_t n) noexcept nogil:
    """Take out the spaces that llama_detokenize takes out with clean_spaces, in its three passes; the new length."""
    cdef size_t i, m = 1 if n else 0, end = n
    cdef uint8_t x
    for i in range(1, end):                                # " ?", " !", " .", " ,"
        x = text[i]
        if text[i - 1] == 32 and (x == 63 or x == 33 or x == 46 or x == 44):
            m -= 1
        text[m] = x
        m += 1
    end = m
    m = 1 if end else 0
    i = 1
    while i < end:                                         # " ' "
        x = text[i]
        if x == 39 and i + 1 < end and text[i - 1] == 32 and text[i + 1] == 32:
            m -= 1
            i += 1
            text[i] = 0                                    # no longer a space for the next apostrophe
        text[m] = x
        m += 1
        i += 1
    end = m
    m = 1 if end else 0
    for i in range(1, end):                                # " 's", " 'm", " 're", " 've"
        x = text[i]
        if text[i - 1] == 32 and x == 39 and i + 1 < end:
            if text[i + 1] == 115 or text[i + 1] == 109:
                m -= 1
            elif i + 2 < end and (text[i + 1] == 114 or text[i + 1] == 118) and text[i + 2] == 101:
                m -= 1
        text[m] = x
        m += 1
    return m


cdef class PieceTable:
    """The pieces of all tokens: `texts` and `attrs` (uint32[n_tokens], llama.h's bits), by a PieceRule."""

    def __init__(self, TokenTable texts not None, const uint32_t[::1] attrs not None, rule):
        cdef const Table* source = &texts.table
        cdef WritePiece write = piece_writer(rule)
        cdef Token token
        cdef uint64_t at = 0, room
        cdef size_t size = 0
        cdef uint32_t k
        if attrs.shape[0] != source.count:
            raise ValueError(f"{attrs.shape[0]} attributes for {source.count} tokens")
        room = <uint64_t>(source.starts[source.count] if source.count else 0) + <uint64_t>LONGEST_ID * source.count
        if room > MOST_ROOM:
            raise LimitError(f"the pieces of all tokens may have {room} bytes: more than {MOST_ROOM}")
        self._text = np.empty(room + 16, np.uint8)
        self._starts = np.zeros(source.count + 1, np.uint32)
        self._hidden = np.zeros(source.count + 1, np.uint8)
        odd = {}
        for k in range(source.count):
            token.id = k
            token.attr = attrs[k]
            token.text = source.text + source.starts[k]
            token.n = source.starts[k + 1] - source.starts[k]
            if not write(&token, &self._text[at], &size):
                piece = with_unknown_bytes(texts[k], MOST_TEXT)
                odd[k] = piece
                room += len(piece)
                if room > MOST_TEXT:
                    raise LimitError(f"the pieces of all tokens have more than {MOST_TEXT} bytes")
                size = 0
            self._hidden[k] = (token.attr & (UNKNOWN | CONTROL)) != 0
            at += size
            self._starts[k + 1] = <uint32_t>at
        if odd:
            self._put_in(odd)
        self.pieces.text = &self._text[0]
        self.pieces.starts = &self._starts[0]
        self.pieces.hidden = &self._hidden[0]
        self.pieces.count = source.count

    def _put_in(self, odd):
        """Give some tokens the pieces {id: bytes} in place of empty ones."""
        text = bytes(self._text)
        starts = np.asarray(self._starts).astype(np.int64)
        growth = np.zeros_like(starts)
        parts = []
        before = 0
        for k, piece in odd.items():
            parts += [text[before : starts[k]], piece]
            before = int(starts[k])
            growth[k + 1] = len(piece)
        parts.append(text[before:])
        self._text = np.frombuffer(bytearray(b"".join(parts)), np.uint8)
        self._starts = (starts + np.cumsum(growth)).astype(np.uint32)

    cdef uint32_t[::1] ids(self, object ids):
        """Check ids (a sequence or an integer buffer) and copy them."""
        cdef Py_ssize_t i
        cdef int64_t value
        cdef uint32_t[::1] checked
        cdef list items
        if not isinstance(ids, (list, tuple)) and hasattr(ids, "__array__") or isinstance(ids, (memoryview, bytearray)):
            return self._array_ids(np.asarray(ids))
        try:
            items = list(ids)
        except TypeError:
            raise TypeError(f"expected token ids, not {type(ids).__name__}") from None
        checked = np.empty(len(items), np.uint32)
        for i in range(len(items)):
            try:
                value = index(items[i])
            except OverflowError:
                value = -1
            except TypeError:
                raise TypeError(f"ids[{i}]: expected int, not {type(items[i]).__name__}") from None
            if value < 0 or value >= self.pieces.count:
                raise InvalidTokenError(f"ids[{i}] is {items[i]}: the vocabulary has {self.pieces.count} tokens")
            checked[i] = <uint32_t>value
        return checked

    def _array_ids(self, array):
        if array.ndim != 1:
            raise TypeError(f"expected a one-dimensional array of token ids, not {array.ndim} dimensions")
        if array.dtype.kind not in "iu":
            if array.size:
                raise TypeError(f"expected integer token ids, not {array.dtype}")
            return np.empty(0, np.uint32)
        array = np.array(array)                            # others may write to theirs while we look
        wrong = (array < 0) | (array >= self.pieces.count)
        if wrong.any():
            i = int(np.argmax(wrong))
            raise InvalidTokenError(f"ids[{i}] is {array[i]}: the vocabulary has {self.pieces.count} tokens")
        return array.astype(np.uint32)

    cdef bytes join(self, const uint32_t[::1] ids, bint skip_special, size_t strip, bint clean_spaces):
        """The pieces one after the other; `strip`: how many leading spaces the first one loses at most."""
        cdef const Pieces* t = &self.pieces
        cdef Py_ssize_t i, count = ids.shape[0]
        cdef size_t total = 0, n, dropped = 0
        cdef uint32_t k
        cdef uint8_t* out
        cdef bytes result
        for i in range(count):
            k = ids[i]
            if not (skip_special and t.hidden[k]):
                total += t.starts[k + 1] - t.starts[k]
        if count and not (skip_special and t.hidden[ids[0]]):
            n = t.starts[ids[0] + 1] - t.starts[ids[0]]
            while dropped < strip and dropped < n and t.text[t.starts[ids[0]] + dropped] == 32:
                dropped += 1
        total -= dropped
        result = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>total)
        out = <uint8_t*>PyBytes_AS_STRING(result)
        with nogil:
            for i in range(count):
                k = ids[i]
                if skip_special and t.hidden[k]:
                    continue
                n = t.starts[k + 1] - t.starts[k]
                if i == 0:
                    n -= dropped
                    memcpy(out, t.text + t.starts[k] + dropped, n)
                else:
                    memcpy(out, t.text + t.starts[k], n)
                out += n
            if clean_spaces:
                n = clean_up(out - total, total)
        return result[:n] if clean_spaces else result

    def decode_bytes(self, ids, bint skip_special):
        """The pieces of ids, joined."""
        return self.join(self.ids(ids), skip_special, 0, False)

    def detokenize(self, ids, bint skip_special, bos, eos, bint strip_space, bint clean_spaces):
        """llama_detokenize: `bos` and `eos` are removed from the ends unless None; `strip_space`: the first piece loses
        a leading space, except after a removed BOS."""
        cdef uint32_t[::1] checked = self.ids(ids)
        if bos is not None and checked.shape[0] and checked[0] == bos:
            checked = checked[1:]
            strip_space = False
        if eos is not None and checked.shape[0] and checked[checked.shape[0] - 1] == eos:
            checked = checked[: checked.shape[0] - 1]
        return self.join(checked, skip_special, 1 if strip_space else 0, clean_spaces)

    def piece(self, token, bint special, size_t lstrip):
        """One token's piece; empty for unknown and control tokens unless `special`."""
        return self.join(self.ids((token,)), not special, lstrip, False)
