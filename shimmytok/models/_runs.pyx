"""Runs in a clean text: a few bytes, again and again."""


cdef void follow(const uint8_t* p, size_t n, size_t at, size_t low, Run* run) noexcept nogil:
    cdef size_t first = at, end = at + run.period
    while end < n and p[end] == p[end - run.period]:
        end += 1
    while first > low and p[first - 1] == p[first - 1 + run.period]:
        first -= 1
    while first < end and p[first] & 0xC0 == 0x80:         # characters stay whole
        first += 1
    run.first, run.end = first, end
