from libc.stddef cimport size_t

# Ask the system for the pages of memory that is about to be written, all at once.
cdef void fault_in(void* p, size_t size) noexcept nogil
