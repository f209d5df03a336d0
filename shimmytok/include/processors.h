/* Where a thread that is woken runs.
 *
 * A virtual machine's processor that sleeps looks busy to the kernel.  So a thread that is woken now and then comes to run
 * where the one that woke it does, after it, until the kernel next spreads threads, milliseconds later. */
#ifndef SHIMMYTOK_PROCESSORS_H
#define SHIMMYTOK_PROCESSORS_H

#include <pthread.h>

#if defined(__linux__)
#include <sched.h>
#endif

#if defined(__linux__) && defined(CPU_SETSIZE) && !defined(__ANDROID__)

typedef cpu_set_t shim_processors;

static inline int shim_may_run(pthread_t thread, const shim_processors *processors) {
    return pthread_setaffinity_np(thread, sizeof *processors, processors) == 0;
}

/* Keep a thread that sleeps off the processor of the caller.  `processors`: those where it should be let run again, with
 * shim_may_run, when it is awake; they are the caller's.  0: that is not wanted: nothing has changed, or where the caller
 * has but one processor, it is the thread's, too. */
static inline int shim_keep_off(pthread_t thread, shim_processors *processors) {
    shim_processors others;
    int here = sched_getcpu();
    if (here < 0 || sched_getaffinity(0, sizeof *processors, processors)) return 0;
    others = *processors;
    CPU_CLR(here, &others);
    if (CPU_COUNT(&others)) return shim_may_run(thread, &others);
    shim_may_run(thread, processors);
    return 0;
}

#else

typedef char shim_processors;

static inline int shim_may_run(pthread_t thread, const shim_processors *processors) {
    (void)thread, (void)processors;
    return 0;
}
static inline int shim_keep_off(pthread_t thread, shim_processors *processors) {
    return shim_may_run(thread, processors);
}

#endif

#endif
