/* Numbers that several threads share. */
#ifndef SHIMMYTOK_ATOMICS_H
#define SHIMMYTOK_ATOMICS_H

#include <stddef.h>

#if defined(__GNUC__) || defined(__clang__)
static inline size_t shim_next(size_t *counter) { return __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); }
static inline size_t shim_get(const size_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
static inline void shim_set(size_t *p, size_t value) { __atomic_store_n(p, value, __ATOMIC_RELEASE); }
#else
#include <windows.h>
static inline size_t shim_next(size_t *counter) {
    return (size_t)InterlockedExchangeAddSizeT((volatile SIZE_T *)counter, 1);
}
static inline size_t shim_get(const size_t *p) {
    return (size_t)InterlockedExchangeAddSizeT((volatile SIZE_T *)p, 0);
}
static inline void shim_set(size_t *p, size_t value) {
    InterlockedExchangePointer((void *volatile *)p, (void *)value);
}
#endif

/* In a loop that waits for another thread. */
static inline void shim_pause(void) {
#if defined(__GNUC__) || defined(__clang__)
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
#else
    YieldProcessor();
#endif
}

#endif
