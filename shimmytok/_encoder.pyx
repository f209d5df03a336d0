"""From text to ids: cut at special tokens, encode what lies between, add the tokens around it.

Equal to llama_vocab::impl::tokenize of llama.cpp.  The GIL is released while a text, or a run of texts, is encoded.
"""

import numpy as np

from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc

from shimmytok._specials cimport SpecialTables, cut, first_match
from shimmytok._workspace cimport LONGEST_TEXT, NONE, OK, OUT_OF_MEMORY, TOO_LONG, Segment, push, \
    workspace_free, workspace_init, workspace_size

from shimmytok.errors import LimitError, UnsupportedModelError

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL

cdef enum:
    SPARE_BYTES = 1 << 20          # larger scratch memory is not kept
    SPARE_COUNT = 64


cpdef object as_owner(object text):
    """An object whose bytes stay as they are while we hold it: str, or bytes."""
    if isinstance(text, (str, bytes)):
        return text
    try:
        view = memoryview(text)
    except TypeError:
        view = None
    if view is None or view.itemsize != 1:
        raise TypeError(f"expected str or bytes, not {type(text).__name__}")
    return bytes(view)


cdef object view_of(object owner, View* view):
    """Look at a text's UTF-8 bytes; returns what has to be kept alive."""
    cdef Py_ssize_t n = 0
    if isinstance(owner, str):
        try:
            view.text = <const uint8_t*>PyUnicode_AsUTF8AndSize(owner, &n)
        except UnicodeEncodeError:
            owner = owner.encode("utf-8", "surrogatepass")  # a lone surrogate: three bytes, as llama.cpp writes it
    if isinstance(owner, bytes):
        n = len(<bytes>owner)
        view.text = <const uint8_t*><const char*><bytes>owner
    if n > LONGEST_TEXT:
        raise LimitError(f"text of {n} bytes: more than {LONGEST_TEXT}")
    view.n = <size_t>n
    return owner


cdef object failure(int status):
    if status == OUT_OF_MEMORY:
        return MemoryError("no memory to encode the text")
    if status == TOO_LONG:
        return LimitError(f"the text is too long once it is normalised; the limit is at most {LONGEST_TEXT} bytes")
    return UnsupportedModelError(
        "the text holds a character for which this vocabulary has no token, no byte tokens and no unknown token"
    )


cdef class Scratch:
    """Owns a Workspace."""

    def __cinit__(self):
        workspace_init(&self.ws)

    def __dealloc__(self):
        workspace_free(&self.ws)


cdef class Texts:
    """Views of many texts (str or bytes), in order."""

    def __cinit__(self, texts):
        cdef Py_ssize_t i
        cdef object text
        self._owners = []
        items = tuple(texts)                               # nobody can lengthen it while we look at its items
        self.views = <View*>malloc((len(items) + 1) * sizeof(View))
        if self.views == NULL:
            raise MemoryError
        for i, text in enumerate(items):
            try:
                self._owners.append(view_of(as_owner(text), &self.views[i]))
            except (TypeError, LimitError) as error:
                raise type(error)(f"texts[{i}]: {error}") from None
            self.count = i + 1

    def __dealloc__(self):
        free(self.views)

    def cuts(self, Py_ssize_t unit):
        """Row numbers that part the texts into units of about `unit` bytes, with 0 and count at the ends."""
        cdef Py_ssize_t i
        cdef size_t size = 0
        marks = [0]
        for i in range(self.count):
            size += self.views[i].n + 16
            if size >= <size_t>unit and i + 1 < self.count:
                marks.append(i + 1)
                size = 0
        marks.append(self.count)
        return marks

    def owners(self):
        """The texts as they are held: str or bytes, which do not change."""
        return tuple(self._owners)

    def total(self):
        """All texts' bytes."""
        cdef Py_ssize_t i
        cdef size_t size = 0
        for i in range(self.count):
            size += self.views[i].n
        return size


cdef class Encoder:
    """A model, the special tokens to cut at, and the ids to put around a text.  Immutable; safe for many threads."""

    def __init__(
        self, Model model not None, SpecialMatcher all_specials not None, SpecialMatcher user_defined not None,
        prefix, suffix,
    ):
        self.model = model
        self.all_specials = all_specials
        self.user_defined = user_defined
        self.prefix = np.array(prefix, np.uint32)
        self.suffix = np.array(suffix, np.uint32)
        self._spare = []

    cdef int run(
        self, View view, bint add_special, bint parse_special, Workspace* ws, IdSink* out
    ) noexcept nogil:
        cdef const SpecialTables* specials = &self.all_specials.t if parse_special else &self.user_defined.t
        cdef const Segment* segment
        cdef Py_ssize_t k
        cdef size_t i
        cdef bint after_special = True
        cdef int status
        if add_special:
            for k in range(self.prefix.shape[0]):
                if push(out, self.prefix[k]) != OK:
                    return OUT_OF_MEMORY
        if cut(specials, view.text, view.n, ws) != OK:
            return OUT_OF_MEMORY
        for i in range(ws.n_segments):
            segment = <const Segment*>ws.segments.data + i
            if segment.token == NONE:
                status = self.model.encode_fragment(
                    self.model.tables, view.text + segment.start, segment.end - segment.start, after_special, ws, out
                )
                after_special = False
            else:
                status = push(out, segment.token)
                after_special = True
            if status != OK:
                return status
        if add_special:
            for k in range(self.suffix.shape[0]):
                if push(out, self.suffix[k]) != OK:
                    return OUT_OF_MEMORY
        return OK

    cdef Scratch borrow(self):
        try:
            return self._spare.pop()
        except IndexError:
            return Scratch()

    cdef void give_back(self, Scratch scratch):
        if workspace_size(&scratch.ws) > SPARE_BYTES:
            workspace_free(&scratch.ws)
        if len(self._spare) < SPARE_COUNT:
            self._spare.append(scratch)

    cdef IdBuffer encode_view(self, View view, bint add_special, bint parse_special):
        cdef Scratch scratch = self.borrow()
        cdef IdBuffer ids = IdBuffer.__new__(IdBuffer)
        cdef int status
        with nogil:
            status = self.run(view, add_special, parse_special, &scratch.ws, &ids.sink)
        self.give_back(scratch)
        if status != OK:
            raise failure(status)
        return ids

    def encode(self, text, bint add_special, bint parse_special):
        """The ids of one text, as an IdBuffer."""
        cdef View view
        owner = view_of(as_owner(text), &view)
        ids = self.encode_view(view, add_special, parse_special)
        del owner
        return ids

    def encode_range(self, Texts texts not None, Py_ssize_t start, Py_ssize_t end, bint add_special,
                     bint parse_special):
        """(IdBuffer, int64[end - start]: ids of each) of texts[start:end]; the GIL is released once."""
        cdef Scratch scratch
        cdef IdBuffer ids = IdBuffer.__new__(IdBuffer)
        cdef int64_t[::1] counts
        cdef Py_ssize_t i = start
        cdef size_t before = 0
        cdef int status = OK
        if start < 0 or end > texts.count or start > end:
            raise IndexError("no such range of texts")
        counts = np.empty(end - start, np.int64)
        scratch = self.borrow()
        with nogil:
            while i < end:
                status = self.run(texts.views[i], add_special, parse_special, &scratch.ws, &ids.sink)
                if status != OK:
                    break
                counts[i - start] = <int64_t>(ids.sink.n - before)
                before = ids.sink.n
                i += 1
        self.give_back(scratch)
        if status != OK:
            error = failure(status)
            raise type(error)(f"texts[{i}]: {error}")
        return ids, np.asarray(counts)

    def encode_fragment(self, bytes text not None):
        """The ids of a text that is neither cut at special tokens nor surrounded by any."""
        cdef Scratch scratch = self.borrow()
        cdef IdBuffer ids = IdBuffer.__new__(IdBuffer)
        cdef View view
        cdef int status = OK
        owner = view_of(text, &view)
        if view.n:
            with nogil:
                status = self.model.encode_fragment(
                    self.model.tables, view.text, view.n, False, &scratch.ws, &ids.sink
                )
        self.give_back(scratch)
        del owner
        if status != OK:
            raise failure(status)
        return ids


def find_special(SpecialMatcher matcher not None, text):
    """(start in bytes, id) of the first special token in a text, or None."""
    cdef View view
    cdef size_t end = 0
    cdef uint32_t pattern
    owner = view_of(as_owner(text), &view)
    with nogil:
        pattern = first_match(&matcher.t, view.text, view.n, &end)
    del owner
    return None if pattern == NONE else (end - matcher.t.automaton.lengths[pattern], matcher.t.tokens[pattern])
