"""Ids that are hashes of five bytes each.  Equal to the case TEST of llama_vocab::impl::tokenize of llama.cpp."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from shimmytok._workspace cimport OK, OUT_OF_MEMORY, IdSink, Workspace, reserve_ids
from shimmytok.models._model cimport Model

cdef enum:
    CHUNK = 5                      # bytes

cdef struct TestTables:
    uint32_t n_tokens              # not 0


cdef int encode_fragment(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef const TestTables* t = <const TestTables*>tables
    cdef size_t at = 0, i, end
    cdef uint64_t value
    if reserve_ids(out, n // CHUNK + 1) != OK:
        return OUT_OF_MEMORY
    while at < n:
        end = at + CHUNK if n - at > CHUNK else n
        value = 0
        for i in range(at, end):
            value = value * 31 + text[i]
        out.ids[out.n] = <uint32_t>(value % t.n_tokens)
        out.n += 1
        at = end
    return OK


cdef class TestModel(Model):
    """Hashes onto `n_tokens` ids."""

    cdef TestTables t

    def __init__(self, uint32_t n_tokens):
        if n_tokens == 0:
            raise ValueError("there must be tokens")
        self.t.n_tokens = n_tokens
        self.encode_fragment = encode_fragment
        self.tables = &self.t
