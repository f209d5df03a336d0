/* A few places for pointers to spare memory, which threads take from and put back into.
 *
 * Under the GIL, which the caller holds, plain reads and writes do; without one they are atomic. */
#ifndef SHIMMYTOK_SLOTS_H
#define SHIMMYTOK_SLOTS_H

#include <Python.h>
#include <stddef.h>

#define SHIM_SLOTS 64
#define SHIM_LARGE_SLOTS 4               /* for what is large */

#if !defined(Py_GIL_DISABLED)

static inline void *shim_slot_take(void **slot) {
    void *p = *slot;
    *slot = NULL;
    return p;
}
static inline int shim_slot_put(void **slot, void *p) {
    if (*slot) return 0;
    *slot = p;
    return 1;
}

#elif defined(__GNUC__) || defined(__clang__)

static inline void *shim_slot_take(void **slot) {
    if (!__atomic_load_n(slot, __ATOMIC_RELAXED)) return NULL;
    return __atomic_exchange_n(slot, NULL, __ATOMIC_ACQUIRE);
}
static inline int shim_slot_put(void **slot, void *p) {
    void *empty = NULL;
    return __atomic_compare_exchange_n(slot, &empty, p, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

#else

#include <intrin.h>
static inline void *shim_slot_take(void **slot) {
    return _InterlockedExchangePointer((void *volatile *)slot, NULL);
}
static inline int shim_slot_put(void **slot, void *p) {
    return _InterlockedCompareExchangePointer((void *volatile *)slot, p, NULL) == NULL;
}

#endif

/* A pointer out of SHIM_SLOTS slots, or NULL when all are empty. */
static inline void *shim_take(void **slots) {
    int i;
    for (i = 0; i < SHIM_SLOTS; i++) {
        void *p = shim_slot_take(slots + i);
        if (p) return p;
    }
    return NULL;
}

/* Put a pointer into a free slot, one of the first `n`; 0 when there is none. */
static inline int shim_put(void **slots, int n, void *p) {
    int i;
    for (i = 0; i < n; i++)
        if (shim_slot_put(slots + i, p)) return 1;
    return 0;
}

#endif
