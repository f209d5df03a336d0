"""Asking for the pages of new memory at once: a fault for each of them takes twice as long, and large tables have
thousands.  A hint: where the system does not know it, pages come when they are touched.
"""

cdef extern from *:
    """
    #if defined(__linux__)
    #include <sys/mman.h>
    #include <unistd.h>
    #define SHIM_POPULATE_WRITE 23         /* MADV_POPULATE_WRITE, since Linux 5.14 */
    static void shim_fault_in(char *p, size_t size) {
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        size_t head = (0 - (size_t)p) & (page - 1);
        if (size < head + page) return;
        (void)madvise(p + head, (size - head) & ~(page - 1), SHIM_POPULATE_WRITE);
    }
    #else
    static void shim_fault_in(char *p, size_t size) { (void)p; (void)size; }
    #endif
    """
    void shim_fault_in(char* p, size_t size) noexcept nogil


cdef void fault_in(void* p, size_t size) noexcept nogil:
    shim_fault_in(<char*>p, size)
