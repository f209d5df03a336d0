"""A batch as units of work, which several threads take one after the other.

The threads are the system's own (include/threads.h).
"""

from libc.stdlib cimport calloc, free

from shimmytok._encoder cimport failure
from shimmytok._texts cimport about_bytes
from shimmytok._workspace cimport OK, reserve_ids

cdef extern from "threads.h":
    bint shim_job_start(Job* job, void (*work)(void*) noexcept nogil, void* arg) noexcept nogil
    bint shim_job_join(Job* job) noexcept nogil

cdef extern from "atomics.h":
    size_t shim_next(size_t* counter) noexcept nogil
    size_t shim_get(const size_t* p) noexcept nogil
    void shim_set(size_t* p, size_t value) noexcept nogil

cdef enum:
    STOP = 1
    GIVE_UP = 2
    TEXT_COST = 16                 # a text counts for so many bytes more than it has

cdef void encode_unit(Shared* shared, Unit* unit, Scratch* scratch, IdSink* out) noexcept nogil:
    cdef size_t done
    unit.status = reserve_ids(out, unit.size // 4 + 16)
    unit.failed = unit.first
    while unit.failed < unit.end and unit.status == OK and shim_get(&shared.stop) != GIVE_UP:
        unit.status = (<Encoder>shared.encoder).run_some(
            shared.views + unit.failed, <size_t>(unit.end - unit.failed), shared.add_special, shared.parse_special,
            scratch, out, shared.counts + unit.failed, &done
        )
        unit.failed += <Py_ssize_t>done
    if unit.status != OK:
        shim_set(&shared.stop, STOP)
    shim_set(&unit.is_done, 1)


cdef object named_failure(int status, Py_ssize_t i):
    error = failure(status)
    return type(error)(f"texts[{i}]: {error}")


cdef Unit* take_unit(Shared* shared) noexcept nogil:
    cdef size_t k
    if shim_get(&shared.stop):
        return NULL
    k = shim_next(&shared.next)
    return &shared.units[k] if k < shared.n_units else NULL


cdef void work(void* arg) noexcept nogil:
    cdef Worker* worker = <Worker*>arg
    cdef Unit* unit = take_unit(worker.shared)
    while unit != NULL:
        encode_unit(worker.shared, unit, worker.scratch, &unit.ids)
        unit = take_unit(worker.shared)


cdef class WorkQueue:
    """The texts of a batch in units of about `unit` bytes.  Its maker has to close it."""

    def __cinit__(self, Encoder encoder not None, Texts texts not None, bint add_special, bint parse_special,
                  size_t unit):
        cdef Shared* s = &self.shared
        cdef size_t n_units
        self._encoder = encoder
        self._texts = texts
        s.encoder = <PyObject*>encoder
        s.views = texts.views
        s.add_special = add_special
        s.parse_special = parse_special
        s.counts = <int64_t*>calloc(texts.count + 1, sizeof(int64_t))
        n_units = min(<size_t>texts.count, (texts.total + TEXT_COST * texts.count) // unit + 1)
        s.units = <Unit*>calloc(n_units + 1, sizeof(Unit))
        if s.counts == NULL or s.units == NULL:
            raise MemoryError
        self._cut(unit)
        self.scratch = encoder.spare.borrow()

    def _cut(self, size_t unit):
        """At least `unit` bytes to each, but for the last."""
        cdef Unit* last = NULL
        cdef Py_ssize_t i
        for i in range(self._texts.count):
            if last == NULL:
                last = &self.shared.units[self.shared.n_units]
                last.first = i
                self.shared.n_units += 1
            last.end = i + 1
            last.size += about_bytes(&self.shared.views[i]) + TEXT_COST
            if last.size >= unit:
                last = NULL

    def __dealloc__(self):
        cdef size_t k
        for k in range(self.shared.n_units):
            if self.is_done(k) or not self._is_torn:
                free(self.shared.units[k].ids.ids)
        free(self.shared.units)
        free(self.shared.counts)

    cdef int start(self, size_t threads) except -1:
        """Have some more threads encode units into their own `ids`."""
        cdef Worker* worker
        self._workers = <Worker*>calloc(threads + 1, sizeof(Worker))
        if self._workers == NULL:
            raise MemoryError
        while self._n_workers < threads:
            worker = &self._workers[self._n_workers]
            worker.shared = &self.shared
            worker.scratch = self._encoder.spare.borrow()
            if not shim_job_start(&worker.job, work, worker):
                self._encoder.spare.give_back(worker.scratch)
                break                                      # those there are will do
            self._n_workers += 1
            self._n_running += 1
        return 0

    cdef Unit* take(self) noexcept nogil:
        """The next unit to encode, in order; NULL: there is none left."""
        return take_unit(&self.shared)

    cdef void encode(self, Unit* unit, IdSink* out) noexcept nogil:
        encode_unit(&self.shared, unit, self.scratch, out)

    cdef bint is_done(self, size_t k) noexcept nogil:
        return k < self.shared.n_units and shim_get(&self.shared.units[k].is_done)

    cdef int join(self) noexcept nogil:
        """Wait until the other threads are done: when there is no unit left, or after a failure.  A Status: TORN when
        some will never be, since this is the child of a process that forked meanwhile."""
        while self._n_running:
            self._n_running -= 1
            if not shim_job_join(&self._workers[self._n_running].job):
                self._is_torn = True
        return TORN if self._is_torn else OK

    cdef int check(self, const Unit* unit) except -1:
        """Raise what kept a unit from being encoded."""
        if unit.status == OK:
            return 0
        raise failure(unit.status) if self._texts.are_parts else named_failure(unit.status, unit.failed)

    cdef void close(self) noexcept:
        """Stop the threads, and give back what was borrowed."""
        shim_set(&self.shared.stop, GIVE_UP)
        if self._n_running:
            with nogil:
                self.join()
        while self._n_workers:
            self._n_workers -= 1
            if not self._is_torn:
                self._encoder.spare.give_back(self._workers[self._n_workers].scratch)
        free(self._workers)
        self._workers = NULL
        self._encoder.spare.give_back(self.scratch)
