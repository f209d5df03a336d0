"""Scratch memory of one encoding thread: set up, freed, measured."""

from libc.stdlib cimport free
from libc.string cimport memset

from shimmytok.pretokenizers._split cimport split_scratch_free, split_scratch_init, split_scratch_size


cdef void parts_free(PartsScratch* parts) noexcept nogil:
    free(parts.pieces.data)
    free(parts.runs.data)
    free(parts.words.data)
    free(parts.regions.data)
    free(parts.doubts.data)
    free(parts.tokens[0].data)
    free(parts.tokens[1].data)


cdef size_t parts_size(const PartsScratch* parts) noexcept nogil:
    return (
        parts.pieces.cap + parts.runs.cap + parts.words.cap + parts.regions.cap + parts.doubts.cap
        + parts.tokens[0].cap + parts.tokens[1].cap
    )


cdef void workspace_init(Workspace* ws) noexcept nogil:
    memset(ws, 0, sizeof(Workspace))
    split_scratch_init(&ws.split)


cdef void workspace_free(Workspace* ws) noexcept nogil:
    split_scratch_free(&ws.split)
    free(ws.fragment.data)
    free(ws.utf8.data)
    free(ws.escaped.data)
    free(ws.plain.data)
    free(ws.longs.data)
    free(ws.repaired.data)
    free(ws.pieces.data)
    free(ws.walks.data)
    free(ws.places.data)
    free(ws.matches.data)
    free(ws.lowered.data)
    free(ws.ends.data)
    free(ws.nodes.data)
    free(ws.ranks.data)
    parts_free(&ws.parts)
    free(ws.candidates.data)
    free(ws.batch.data)
    free(ws.moved.data)
    free(ws.marks.data)
    free(ws.segments.data)
    free(ws.found.ids)
    workspace_init(ws)


cdef size_t workspace_size(const Workspace* ws) noexcept nogil:
    """The bytes it holds."""
    return (
        split_scratch_size(&ws.split)
        + ws.fragment.cap
        + ws.utf8.cap
        + ws.escaped.cap
        + ws.plain.cap
        + ws.longs.cap
        + ws.repaired.cap
        + ws.pieces.cap
        + ws.walks.cap
        + ws.places.cap
        + ws.matches.cap
        + ws.lowered.cap
        + ws.ends.cap
        + ws.nodes.cap
        + ws.ranks.cap
        + parts_size(&ws.parts)
        + ws.candidates.cap
        + ws.batch.cap
        + ws.moved.cap
        + ws.marks.cap
        + ws.segments.cap
        + ws.found.cap * sizeof(uint32_t)
    )
