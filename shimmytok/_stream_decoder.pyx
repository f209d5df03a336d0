# cython: binding=False, embedsignature=True, embedsignature.format=clinic
"""Text out of ids as they come, one by one."""

import cython

from cpython.mem cimport PyMem_Free, PyMem_Realloc
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t
from libc.string cimport memcpy, memmove

from shimmytok._piece_table cimport PieceTable
from shimmytok._utf8_text cimport as_str

cdef extern from "Python.h":
    str PyUnicode_DecodeUTF8Stateful(const char* p, Py_ssize_t n, const char* errors, Py_ssize_t* consumed)


cdef class StreamDecoder:
    """Turns ids into text piece by piece, holding back bytes that do not make a whole character yet.

    What `step` and `flush` give, joined, is `decode_bytes` of the same ids as text (invalid UTF-8 replaced).
    For one stream and one thread; make one with `Tokenizer.stream_decoder`.  `copy.copy` gives one that goes on from
    there on its own, for streams that part.
    """

    cdef PieceTable _pieces
    cdef bint _skip_special
    cdef size_t _n_held
    cdef size_t _room
    cdef uint8_t* _held            # what was held back, and behind it the piece that follows

    def __cinit__(self, PieceTable pieces not None, bint skip_special_tokens):
        self._pieces = pieces
        self._skip_special = skip_special_tokens
        self._n_held = 0

    def __dealloc__(self):
        PyMem_Free(self._held)

    cdef int _make_room(self, size_t size) except -1:
        cdef uint8_t* held
        if size > self._room:
            held = <uint8_t*>PyMem_Realloc(self._held, size + 16)
            if held == NULL:
                raise MemoryError
            self._held = held
            self._room = size + 16
        return 0

    def step(self, token):
        """The text that this id completes, often empty in the middle of a character; InvalidTokenError for a bad id."""
        with cython.critical_section(self):
            return self._step(token)

    cdef str _step(self, object token):
        cdef size_t n = 0
        cdef Py_ssize_t consumed = 0
        cdef const uint8_t* piece = self._pieces.find_piece(token, self._skip_special, &n)
        if self._n_held:
            self._make_room(self._n_held + n)
            memcpy(self._held + self._n_held, piece, n)
            piece = self._held
            n += self._n_held
        text = PyUnicode_DecodeUTF8Stateful(<const char*>piece, <Py_ssize_t>n, b"replace", &consumed)
        n -= <size_t>consumed
        if n:
            self._make_room(n)
            memmove(self._held, piece + consumed, n)
        self._n_held = n
        return text

    def __copy__(self):
        """A stream that goes on from here on its own."""
        cdef StreamDecoder other = StreamDecoder(self._pieces, self._skip_special)
        with cython.critical_section(self):
            other._make_room(self._n_held)
            if self._n_held:
                memcpy(other._held, self._held, self._n_held)
            other._n_held = self._n_held
        return other

    def __deepcopy__(self, memo):
        return self.__copy__()

    def __reduce__(self):
        raise TypeError("a StreamDecoder cannot be pickled; copy.copy makes another one")

    def flush(self):
        """What is left at the end of a stream: U+FFFD for an unfinished character, else nothing. Starts anew."""
        with cython.critical_section(self):
            text = as_str(self._held, self._n_held, "replace")
            self._n_held = 0
        return text

    def reset(self):
        """Forget what was held back."""
        with cython.critical_section(self):
            self._n_held = 0
