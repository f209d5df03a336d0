"""UTF-8 as str."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

# bytes.decode("utf-8", errors)
cdef str as_str(const uint8_t* p, size_t n, object errors)
