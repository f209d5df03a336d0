/* Large zeroed memory that costs nothing until it is touched; it begins at a multiple of 256 bytes. */
#ifndef SHIMMYTOK_PAGES_H
#define SHIMMYTOK_PAGES_H

#include <stddef.h>
#include <stdlib.h>

#if defined(__linux__) && !defined(SHIMMYTOK_NO_MMAP)
#include <sys/mman.h>

#define SHIM_LARGE_PAGE ((size_t)2 << 20)
#define SHIM_PAGE ((size_t)64 << 10)      /* a multiple of every system's page */
/* Where few bytes of each large page would be used, these would take much more memory than is needed. */
#define SHIM_MOST_IN_LARGE_PAGES ((size_t)64 << 20)

/* With `large` aligned to a large page and in such pages where the system has them, else in small ones; NULL when there is
 * no memory. */
static inline void *shim_pages_of(size_t size, int large) {
    size_t extra = large ? SHIM_LARGE_PAGE : 0, head;
    char *p;
    size = (size + SHIM_PAGE - 1) & ~(SHIM_PAGE - 1);
    p = (char *)mmap(NULL, size + extra, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == (char *)MAP_FAILED) return NULL;
    if (extra) {
        head = (SHIM_LARGE_PAGE - ((size_t)p & (SHIM_LARGE_PAGE - 1))) & (SHIM_LARGE_PAGE - 1);
        if (head) munmap(p, head);
        if (extra - head) munmap(p + head + size, extra - head);
        p += head;
    }
#if defined(MADV_HUGEPAGE) && defined(MADV_NOHUGEPAGE)
    if (size >= SHIM_LARGE_PAGE) madvise(p, size, large ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
#endif
    return p;
}

/* In large pages, if it is large enough and not too much. */
static inline void *shim_pages_new(size_t size) {
    return shim_pages_of(size, size >= SHIM_LARGE_PAGE && size <= SHIM_MOST_IN_LARGE_PAGES);
}

/* In small pages, for memory little of which will be touched.  (calloc may give memory that was used before, and then
 * touches all of it.) */
static inline void *shim_sparse_pages_new(size_t size) { return shim_pages_of(size, 0); }

static inline void shim_pages_free(void *p, size_t size) {
    if (p) munmap(p, (size + SHIM_PAGE - 1) & ~(SHIM_PAGE - 1));
}

#else

static inline void *shim_pages_new(size_t size) {
    /* What is before the next multiple of 256 has room for the address that calloc gave. */
    char *block = (char *)calloc(size + 255 + sizeof(void *), 1), *p;
    if (!block) return NULL;
    p = (char *)(((size_t)block + sizeof(void *) + 255) & ~(size_t)255);
    ((void **)p)[-1] = block;
    return p;
}

static inline void *shim_sparse_pages_new(size_t size) { return shim_pages_new(size); }

static inline void shim_pages_free(void *p, size_t size) {
    (void)size;
    if (p) free(((void **)p)[-1]);
}

#endif
#endif
