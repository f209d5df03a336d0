"""Byte pair encoding with DNA between tags.  Equal to llm_tokenizer_hybriddna_session of llama.cpp.

Between the tags bytes count, not characters: six at a time, upper case, the last ones filled up with A.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memchr, memcmp, memcpy

from shimmytok._vocab cimport Table, TokenTable, find
from shimmytok._workspace cimport NONE, OK, OUT_OF_MEMORY, IdSink, Workspace, push, reserve_ids
from shimmytok.models._bpe cimport encode_escaped, escape
from shimmytok.models._bpe_tables cimport BpeTables, BpeTableSet
from shimmytok.models._model cimport Model

cdef enum:
    K = 6                          # letters of a k-mer
    MARKER_SIZE = 3
    OPEN_SIZE = 5
    CLOSE_SIZE = 6

MARKER = b"\xee\x80\x80"           # U+E000 ends the text of a k-mer in the file

cdef struct HybridDnaTables:
    const BpeTables* bpe
    Table texts
    uint32_t open                  # NONE: the vocabulary has no DNA
    uint32_t close
    uint32_t out_of_vocabulary


cdef size_t find_tag(const uint8_t* p, size_t n, const uint8_t* tag, size_t size) noexcept nogil:
    """Where a tag, whose only '<' is its first byte, begins; n: nowhere."""
    cdef const uint8_t* at = p
    cdef size_t left
    while True:
        left = n - <size_t>(at - p)
        if left < size:
            return n
        at = <const uint8_t*>memchr(at, 60, left - size + 1)
        if at == NULL:
            return n
        if memcmp(at, tag, size) == 0:
            return at - p
        at += 1


cdef int push_kmers(const HybridDnaTables* t, const uint8_t* p, size_t n, IdSink* out) noexcept nogil:
    cdef uint8_t[K + MARKER_SIZE] kmer
    cdef size_t at = 0, i
    cdef uint32_t token
    cdef uint8_t c
    if reserve_ids(out, n // K + 1) != OK:
        return OUT_OF_MEMORY
    memcpy(&kmer[K], b"\xee\x80\x80", MARKER_SIZE)
    while at < n:
        for i in range(K):
            c = p[at + i] if i < n - at else 65
            kmer[i] = c - 32 if 97 <= c <= 122 else c
        token = find(&t.texts, kmer, K + MARKER_SIZE)
        out.ids[out.n] = t.out_of_vocabulary if token == NONE else token
        out.n += 1
        at = at + K if n - at > K else n
    return OK


cdef int encode_fragment(
    const void* tables, const uint8_t* text, size_t n, bint after_special, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef const HybridDnaTables* t = <const HybridDnaTables*>tables
    cdef size_t at = 0, size
    cdef int status = escape(t.bpe, &text, &n, ws)
    if status != OK:
        return status
    if t.open == NONE:
        return encode_escaped(t.bpe, text, n, 0, ws, out)
    while at < n:
        size = find_tag(text + at, n - at, <const uint8_t*>b"<dna>", OPEN_SIZE)
        if size:
            status = encode_escaped(t.bpe, text + at, size, 0, ws, out)
            if status != OK:
                return status
        at += size
        if at == n:
            break
        at += OPEN_SIZE
        size = find_tag(text + at, n - at, <const uint8_t*>b"</dna>", CLOSE_SIZE)
        if push(out, t.open) != OK or push_kmers(t, text + at, size, out) != OK:
            return OUT_OF_MEMORY
        at += size
        if at == n:
            break
        if push(out, t.close) != OK:
            return OUT_OF_MEMORY
        at += CLOSE_SIZE
    return OK


cdef class HybridDnaModel(Model):
    """BPE over a set of tables; `dna`: the ids of <dna>, </dna> and <oov>, all or none of which count."""

    cdef readonly BpeTableSet table_set
    cdef HybridDnaTables t
    cdef TokenTable _texts

    def __init__(self, BpeTableSet table_set not None, TokenTable texts not None, dna):
        texts.index()
        self.table_set = table_set
        self._texts = texts
        self.t.bpe = &table_set.t
        self.t.texts = texts.table
        self.t.open = self.t.close = self.t.out_of_vocabulary = NONE
        if None not in dna:
            self.t.open, self.t.close, self.t.out_of_vocabulary = dna
        self.encode_fragment = encode_fragment
        self.tables = &self.t
