"""StringArray: one array of strings of a GGUF file, indexed in place.

Holds the offsets of the strings and a reference to the bytes they lie in; copies no text. A string must be what
`gguf_get_arr_str` of llama.cpp's ggml/src/gguf.cpp gives as a C string: the bytes up to the first NUL.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from cpython.pyport cimport PY_SSIZE_T_MAX
from libc.stdint cimport SIZE_MAX, UINT32_MAX, UINT64_MAX, uint8_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy

from shimmytok.errors import GGUFError, LimitError
from shimmytok._fault_in cimport fault_in
from shimmytok.gguf._walk cimport load_u64

cdef enum:
    LENGTH_BYTES = 8  # a string's length, before its bytes
    WORD = 8          # bytes looked at in one step for a NUL


cdef inline uint64_t nul_bits(const uint8_t* p, uint64_t ignored) noexcept nogil:
    """Not 0 if one of the 8 bytes at p is NUL and not among the `ignored` ones."""
    cdef uint64_t low_bits = 0x0101010101010101
    cdef uint64_t word = load_u64(p, False) | ignored
    return (word - low_bits) & ~word & (low_bits << 7)


cdef inline uint64_t bytes_from(size_t n) noexcept nogil:
    """A word whose bytes from the n-th on, n <= 8, are all ones."""
    # In two steps, because C does not define a shift by 64.
    return (UINT64_MAX << (4 * n)) << (4 * n)


cdef inline uint32_t c_length(const uint8_t* p, size_t n, const uint8_t* end) noexcept nogil:
    """The number of bytes before the first NUL of p[0:n], or n; `end` is where the readable bytes end."""
    cdef const void* nul
    cdef size_t first = n if n < <size_t>WORD else <size_t>WORD
    # Most tokens and merges are this short. One test without loops or calls keeps the branches predictable.
    if n <= <size_t>(2 * WORD) and <size_t>(end - p) >= <size_t>(2 * WORD):
        if nul_bits(p, bytes_from(first)) | nul_bits(p + WORD, bytes_from(n - first)) == 0:
            return <uint32_t>n
    nul = memchr(p, 0, n) if n > 0 else NULL
    return <uint32_t>(<const uint8_t*>nul - p) if nul is not NULL else <uint32_t>n


cdef struct IndexEnd:
    size_t position  # of the first length or string that does not fit, or of the strings' end
    size_t item      # its index, or their number


cdef IndexEnd index_strings(const uint8_t* base, size_t size, size_t count, bint big_endian, uint64_t most,
                            uint32_t* starts, uint32_t* lengths) noexcept nogil:
    """Record where each of `count` strings of up to `most` bytes lies, as far as they fit."""
    cdef size_t position = 0
    cdef size_t i
    cdef uint64_t length
    cdef IndexEnd result
    for i in range(count):
        result.item = i
        result.position = position
        if LENGTH_BYTES > size - position:
            return result
        length = load_u64(base + position, big_endian)
        position += LENGTH_BYTES
        if length > size - position or length > most:
            return result
        starts[i] = <uint32_t>position
        lengths[i] = c_length(base + position, <size_t>length, base + size)
        position += <size_t>length
    result.item = count
    result.position = position
    return result


@cython.final
cdef class StringArray:
    """A sequence of byte strings; make one with `index` or `from_list`.

    >>> strings = StringArray.from_list([b"a", b"cut\\0here", b""])
    >>> len(strings), strings[1], list(strings)
    (3, b'cut', [b'a', b'cut', b''])
    """

    def __dealloc__(self):
        PyMem_RawFree(self.rows)

    @staticmethod
    def index(payload, uint64_t count, *, bint big_endian=False, path=None, key=None, uint64_t offset=0):
        """Index the `count` strings that fill `payload` (an array's bytes after its count), which is kept, not copied.

        `path`, `key` and `offset` (where the payload starts in the file) are for the messages of `GGUFError`, raised
        if the strings do not fill the payload, and of `LimitError`, raised if it is 4 GiB or larger.

        >>> StringArray.index(bytes([2, 0, 0, 0, 0, 0, 0, 0]) + b"hi", 1)[0]
        b'hi'
        """
        cdef StringArray self = StringArray.__new__(StringArray)
        cdef size_t size
        cdef IndexEnd result
        self.payload = payload
        size = <size_t>self.payload.shape[0]
        if size > UINT32_MAX:
            raise LimitError(f"{path}, key {key!r}: an array of strings of {size} bytes; the limit is {UINT32_MAX}")
        # Each string costs its length at least, so memory is bounded by what the file really holds.
        if count > size // LENGTH_BYTES:
            raise GGUFError(f"{count} strings do not fit {size} bytes", path=path, key=key, offset=offset)
        self._reserve(&self.payload[0] if size > 0 else NULL, <size_t>count)
        with nogil:
            result = index_strings(self.view.base, size, self.view.count, big_endian, UINT64_MAX,
                                   self.rows, self.rows + self.view.count)
        if result.item < count or result.position < size:
            problem = (f"string {result.item} does not fit the array" if result.item < count
                       else f"{size - result.position} bytes are left after the last string")
            raise GGUFError(problem, path=path, key=key, offset=offset + result.position)
        return self

    @staticmethod
    def index_first(const uint8_t[::1] data, size_t position, uint64_t count, *, bint big_endian,
                    uint64_t max_string_bytes):
        """Index `count` strings that start at a position of `data`: (their array, where they end).

        None where they do not fit, or one is longer than `max_string_bytes`, or all together are 4 GiB or larger.

        >>> strings, end = StringArray.index_first(
        ...     b"..." + pack_strings([b"hi"]) + b"...", 3, 1, big_endian=False, max_string_bytes=9)
        >>> strings[0], end
        (b'hi', 13)
        """
        cdef StringArray self = StringArray.__new__(StringArray)
        cdef size_t size = <size_t>data.shape[0] - position
        cdef IndexEnd result
        if position > <size_t>data.shape[0]:
            raise ValueError("position lies outside the data")
        size = min(size, <size_t>UINT32_MAX)
        if count > size // LENGTH_BYTES:
            return None
        self._reserve(&data[0] + position if size else NULL, <size_t>count)
        with nogil:
            result = index_strings(self.view.base, size, self.view.count, big_endian, max_string_bytes,
                                   self.rows, self.rows + self.view.count)
        if result.item < count:
            return None
        self.payload = data[position : position + result.position]
        return self, position + result.position

    cdef int _reserve(self, const uint8_t* base, size_t count) except -1:
        """Make room for rows, and borrow them and the bytes at `base`."""
        if count > SIZE_MAX // (2 * sizeof(uint32_t)):
            raise MemoryError
        self.rows = <uint32_t*>PyMem_RawMalloc(count * 2 * sizeof(uint32_t) + 1)
        if self.rows is NULL:
            raise MemoryError
        fault_in(self.rows, count * 2 * sizeof(uint32_t))
        self.view.base = base
        self.view.starts = self.rows
        self.view.lengths = self.rows + count
        self.view.count = count
        return 0

    @staticmethod
    def from_list(strings):
        """The strings of a sequence of bytes, copied.

        >>> list(StringArray.from_list([]))
        []
        """
        return StringArray.index(pack_strings(strings), len(strings))

    def __len__(self):
        return self.view.count

    def __getitem__(self, Py_ssize_t i):
        cdef Py_ssize_t count = <Py_ssize_t>self.view.count
        cdef Py_ssize_t at = i + count if i < 0 else i
        if at < 0 or at >= count:
            raise IndexError(f"string {i} of {count}")
        return PyBytes_FromStringAndSize(<const char*>self.view.base + self.view.starts[at],
                                         <Py_ssize_t>self.view.lengths[at])

    def __iter__(self):
        cdef size_t i
        for i in range(self.view.count):
            yield self[i]


def pack_strings(strings):
    """The bytes of an array of these strings: each as its length (64 bits, little-endian) and its bytes.

    >>> pack_strings([b"hi"]).hex()
    '02000000000000006869'
    """
    cdef list items = list(strings)
    cdef Py_ssize_t total = 0
    cdef Py_ssize_t n
    cdef uint64_t length
    cdef int shift
    cdef uint8_t* p
    cdef bytes item
    cdef bytes packed
    for item in items:
        if item is None:
            raise TypeError("strings are bytes, not None")
        n = PyBytes_GET_SIZE(item)
        if n > PY_SSIZE_T_MAX - LENGTH_BYTES - total:
            raise MemoryError
        total += LENGTH_BYTES + n
    packed = PyBytes_FromStringAndSize(NULL, total)
    p = <uint8_t*>PyBytes_AS_STRING(packed)
    for item in items:
        n = PyBytes_GET_SIZE(item)
        length = <uint64_t>n
        for shift in range(LENGTH_BYTES):
            p[shift] = <uint8_t>(length >> (8 * shift))
        memcpy(p + LENGTH_BYTES, PyBytes_AS_STRING(item), <size_t>n)
        p += LENGTH_BYTES + n
    return packed
