"""Runs in a clean text: a few bytes, again and again."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t
from libc.string cimport memcmp

from shimmytok.gguf._walk cimport load_u64

cdef enum:
    PERIOD = 8                     # bytes of what is repeated, at most
    SHORTEST = 4 * PERIOD          # bytes by which a run is known

cdef struct Run:
    size_t first                   # where a character begins
    size_t end
    size_t period                  # bytes, of whole characters

# Follows a run from p[at] on, whose period is known, to both sides, as far as p[low:n].
cdef void follow(const uint8_t* p, size_t n, size_t at, size_t low, Run* run) noexcept nogil


cdef inline size_t period_at(const uint8_t* p) noexcept nogil:
    """The period of SHORTEST bytes, or 0."""
    cdef size_t period
    for period in range(1, PERIOD + 1):
        if load_u64(p, False) == load_u64(p + period, False):
            if memcmp(p, p + period, SHORTEST - period) == 0:
                return period
    return 0


cdef inline bint find_run(const uint8_t* p, size_t n, size_t at, size_t low, Run* run) noexcept nogil:
    """Are the SHORTEST bytes from p[at] on a part of a run?  It lies in p[low:n]."""
    run.period = period_at(p + at)
    if run.period == 0:
        return False
    follow(p, n, at, low, run)
    return True
