"""How far from 0 sums of scores may be."""

from libc.math cimport fabs


cdef bint add_scores(
    const ExactSums* t, const uint32_t* ids, size_t n, double* sum, size_t* known
) noexcept nogil:
    cdef bint any_unknown = False, is_unknown
    cdef const uint32_t* start
    cdef size_t i
    for i in range(n):
        is_unknown = ids[i] == t.unknown
        any_unknown |= is_unknown
        start = t.texts.starts + ids[i]
        sum[0] += 0 if is_unknown else fabs(t.scores[ids[i]])
        known[0] += 0 if is_unknown else start[1] - start[0]
    return any_unknown
