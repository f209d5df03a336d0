"""A batch as units of work, which several threads take one after the other."""

from cpython.object cimport PyObject
from libc.stddef cimport size_t
from libc.stdint cimport int64_t

from shimmytok._encoder cimport Encoder
from shimmytok._scratch cimport Scratch
from shimmytok._texts cimport Texts, View
from shimmytok._workspace cimport IdSink

cdef extern from "threads.h":
    ctypedef struct Job "shim_job":
        pass

cdef struct Unit:
    Py_ssize_t first               # texts
    Py_ssize_t end
    size_t size                    # about the bytes of these
    size_t is_done                 # set last, with what comes after
    int status
    Py_ssize_t failed              # the text that could not be encoded
    IdSink ids

cdef struct Shared:                # what all threads see
    PyObject* encoder
    const View* views
    int64_t* counts                # ids of each text
    bint add_special
    bint parse_special
    Unit* units
    size_t n_units
    size_t next                    # the first unit that nobody has taken
    size_t stop                    # no unit is taken any more; GIVE_UP: nor is one finished

cdef struct Worker:
    Shared* shared
    Scratch* scratch
    Job job

cdef enum:
    TORN = -200                    # beside the values of Status: a thread that encodes units is no more

cdef object named_failure(int status, Py_ssize_t i)    # the exception for a Status of one of many texts

cdef class WorkQueue:
    cdef Shared shared
    cdef Worker* _workers
    cdef size_t _n_workers
    cdef size_t _n_running
    cdef bint _is_torn             # a thread is no more, and what it was at is in no known state
    cdef Scratch* scratch          # of the thread that made the queue
    cdef Encoder _encoder
    cdef Texts _texts
    cdef int start(self, size_t threads) except -1
    cdef Unit* take(self) noexcept nogil
    cdef void encode(self, Unit* unit, IdSink* out) noexcept nogil
    cdef bint is_done(self, size_t k) noexcept nogil
    cdef int join(self) noexcept nogil
    cdef int check(self, const Unit* unit) except -1
    cdef void close(self) noexcept
