# cython: binding=False, embedsignature=True, embedsignature.format=clinic
"""The part of a tokenizer that encodes: the methods that users call, without a frame of Python between them and C."""

import os

from cpython.bytes cimport PyBytes_Check, PyBytes_GET_SIZE
from cpython.pyport cimport PY_SSIZE_T_MAX

from shimmytok._batch cimport encode_by_parts, encode_flat, encode_lists
from shimmytok._ids cimport IdBuffer, as_array
from shimmytok._texts cimport SHIM_IS_READY, PyUnicode_Check, PyUnicode_GET_LENGTH, as_owner

from shimmytok.arguments import as_int, is_one_text
from shimmytok.errors import UnsupportedModelError

cdef enum:
    WORTH_A_THREAD = 32 * 1024     # bytes of text
    MOST_THREADS = 1024            # for one text
    LONG_TEXT = 4 * 1024 * 1024    # characters or bytes, encoded part by part so that signals are heeded in between


cdef object NOTHING = ()
cdef object ONE = 1


cdef object number_of_processors():
    """As many as this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


cdef size_t threads_for(object num_threads, size_t most) except 0:
    """How many threads to encode with, at most `most`: with None as many as there are processors."""
    if num_threads is not None and not isinstance(num_threads, int):
        num_threads = as_int(num_threads, "int or None", "num_threads")
    if num_threads is not None and num_threads < 1:
        raise ValueError(f"num_threads is {num_threads}: it must be at least 1")
    if most < 2:
        return 1
    return min(number_of_processors() if num_threads is None else num_threads, most)


cdef inline Py_ssize_t length_of(object text) noexcept:
    """Of a str or bytes, whatever a subclass makes of len(); of anything else more than any text has."""
    if PyUnicode_Check(text) and SHIM_IS_READY(text):
        return PyUnicode_GET_LENGTH(text)
    return PyBytes_GET_SIZE(text) if PyBytes_Check(text) else PY_SSIZE_T_MAX


cdef size_t threads_for_all(Texts texts, object num_threads) except 0:
    return threads_for(num_threads, min(<size_t>texts.count, texts.total // WORTH_A_THREAD))


cdef class TextEncoder(TextDecoder):
    """Encodes with an Encoder, or with None raises UnsupportedModelError."""

    def __init__(self, vocab, Encoder encoder, disallowed):
        """vocab: a shimmytok.vocab.Vocab; disallowed: its DisallowedTokens."""
        TextDecoder.__init__(self, vocab)
        self._encoder = encoder
        self._disallowed = disallowed
        self._ints = IntPool(len(vocab.texts))

    cdef object check(self, object text, object disallowed):
        """A text that was checked; not what somebody could still change."""
        if self._encoder is None:
            raise UnsupportedModelError(f"{self._metadata.source}: model {self.model_type!r} has no tokenizer")
        if disallowed is not NOTHING and disallowed is not None:
            text = as_owner(text)
            self._disallowed.check(text, self._disallowed.matcher(disallowed))
        return text

    cdef Texts check_all(self, object texts, object disallowed):
        cdef Texts held
        self.check(None, NOTHING)
        if is_one_text(texts):
            raise TypeError(f"expected many texts, not one {type(texts).__name__}")
        held = Texts(texts)
        if disallowed is not NOTHING and disallowed is not None:
            matcher = self._disallowed.matcher(disallowed)
            for i, text in enumerate(held.owners):
                self._disallowed.check(text, matcher, where=f"texts[{i}]: ")
        return held

    cdef IdBuffer by_parts(self, object text, bint add_special, bint parse_special, object num_threads):
        """The ids of a text that was encoded part by part, or None: that is not worth while, or cannot be done."""
        cdef size_t threads = threads_for(num_threads, MOST_THREADS)
        if length_of(text) < (2 * WORTH_A_THREAD if threads > 1 else LONG_TEXT):
            return None
        return encode_by_parts(self._encoder, text, add_special, parse_special, threads, 0)

    def encode(self, text, bint add_special_tokens=True, *, bint parse_special=False, disallowed_special=(),
               num_threads=1):
        """The ids of a text: llama_tokenize.

        text: str, or bytes (bytearray, memoryview), which may be invalid UTF-8.
        add_special_tokens: put the ids around it that the model wants (BOS, EOS).
        parse_special: special tokens in the text become their ids; otherwise they are text like any other.
        disallowed_special: texts of special tokens (any iterable), or "all" for control and unknown tokens, that raise
            SpecialTokenError where a text holds one; ValueError for a text of no special token.
        num_threads: at most so many; None for as many as there are processors. A text of 64 KB or more is cut for them
            where that changes no id; one that has no such place is encoded by one, as are all texts of unigram models.
        Raises SpecialTokenError, LimitError for a text over 2 GiB, UnsupportedModelError where a file has no tokenizer.
        """
        cdef IdBuffer ids
        cdef Scratch* scratch
        if self._encoder is None or disallowed_special is not NOTHING:
            text = self.check(text, disallowed_special)
        if num_threads is not ONE or length_of(text) > LONG_TEXT:
            text = as_owner(text)
            ids = self.by_parts(text, add_special_tokens, parse_special, num_threads)
            if ids is not None:
                return self._ints.make_list(ids.sink.ids, ids.sink.n, ids.sink.n)
        scratch = self._encoder.encode(text, add_special_tokens, parse_special)
        try:
            return self._ints.make_list(scratch.ids.ids, scratch.ids.n, scratch.ids.n)
        finally:
            self._encoder.spare.give_back(scratch)

    def encode_to_numpy(self, text, bint add_special_tokens=True, *, bint parse_special=False, disallowed_special=(),
                        num_threads=1):
        """The ids of a text as uint32[n], an array of the caller's own; see `encode`.

        >>> Tokenizer.from_pretrained("gpt2").encode_to_numpy("Hello world")
        array([15496,   995], dtype=uint32)
        """
        cdef IdBuffer ids
        cdef Scratch* scratch
        if self._encoder is None or disallowed_special is not NOTHING:
            text = self.check(text, disallowed_special)
        if num_threads is not ONE or length_of(text) > LONG_TEXT:
            text = as_owner(text)
            ids = self.by_parts(text, add_special_tokens, parse_special, num_threads)
            if ids is not None:
                return as_array(&ids.sink)
        scratch = self._encoder.encode(text, add_special_tokens, parse_special)
        try:
            return as_array(&scratch.ids)
        finally:
            self._encoder.spare.give_back(scratch)

    def count(self, text, bint add_special_tokens=True, *, bint parse_special=False, disallowed_special=(),
              num_threads=1):
        """The number of ids of a text: those of `encode` with the same arguments."""
        cdef IdBuffer ids
        cdef Scratch* scratch
        cdef size_t n
        if self._encoder is None or disallowed_special is not NOTHING:
            text = self.check(text, disallowed_special)
        if num_threads is not ONE or length_of(text) > LONG_TEXT:
            text = as_owner(text)
            ids = self.by_parts(text, add_special_tokens, parse_special, num_threads)
            if ids is not None:
                return ids.sink.n
        scratch = self._encoder.encode(text, add_special_tokens, parse_special)
        n = scratch.ids.n
        self._encoder.spare.give_back(scratch)
        return n

    def encode_batch(self, texts, bint add_special_tokens=True, *, bint parse_special=False, disallowed_special=(),
                     num_threads=None):
        """The ids of many texts, a list for each, in their order; see `encode`.

        texts: any iterable of str and bytes.
        num_threads: at most so many; None for as many as there are processors. Less than 64 KB of text are worth one.
        Raises what `encode` does, and TypeError, with the number of the text: "texts[3]: ...".

        >>> Tokenizer.from_pretrained("gpt2").encode_batch(["Hello", " world"])
        [[15496], [995]]
        """
        cdef Texts checked = self.check_all(texts, disallowed_special)
        return encode_lists(
            self._encoder, checked, add_special_tokens, parse_special, threads_for_all(checked, num_threads),
            self._ints,
        )

    def encode_batch_flat(self, texts, bint add_special_tokens=True, *, bint parse_special=False,
                          disallowed_special=(), num_threads=None):
        """The ids of many texts one after the other, uint32[n], and row_offsets, int64[texts + 1]; see `encode_batch`.

        texts: any iterable of str and bytes.
        num_threads: at most so many; None for as many as there are processors.

        Text i has the ids[row_offsets[i]:row_offsets[i + 1]].
        """
        cdef Texts checked = self.check_all(texts, disallowed_special)
        return encode_flat(
            self._encoder, checked, add_special_tokens, parse_special, threads_for_all(checked, num_threads)
        )
