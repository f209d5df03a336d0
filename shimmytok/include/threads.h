/* Threads that never touch Python, and the numbers they share.
 *
 * A thread of the system's own takes some 20 microseconds to start, one of Python's several times that: it waits for
 * the GIL.  Signals stay with the thread that starts the others. */
#ifndef SHIMMYTOK_THREADS_H
#define SHIMMYTOK_THREADS_H

#include <stddef.h>
#include <stdlib.h>

#define SHIM_STACK ((size_t)1 << 20)

typedef struct {
    void (*work)(void *);
    void *arg;
} shim_job;

#if defined(_WIN32)

#include <intrin.h>
#include <process.h>
#include <windows.h>

typedef HANDLE shim_thread;

static unsigned __stdcall shim_thread_main(void *p) {
    shim_job job = *(shim_job *)p;
    free(p);
    job.work(job.arg);
    return 0;
}

/* Run work(arg) in a thread; 0 when there is none to be had. */
static inline int shim_thread_start(shim_thread *thread, void (*work)(void *), void *arg) {
    shim_job *job = (shim_job *)malloc(sizeof(shim_job));
    if (!job) return 0;
    job->work = work;
    job->arg = arg;
    *thread = (HANDLE)_beginthreadex(NULL, (unsigned)SHIM_STACK, shim_thread_main, job, 0, NULL);
    if (!*thread) free(job);
    return *thread != NULL;
}

static inline void shim_thread_join(shim_thread thread) {
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

#else

#include <pthread.h>
#include <signal.h>

typedef pthread_t shim_thread;

static void *shim_thread_main(void *p) {
    shim_job job = *(shim_job *)p;
    free(p);
    job.work(job.arg);
    return NULL;
}

static inline int shim_thread_start(shim_thread *thread, void (*work)(void *), void *arg) {
    shim_job *job = (shim_job *)malloc(sizeof(shim_job));
    pthread_attr_t attr;
    sigset_t all, before;
    int status;
    if (!job) return 0;
    if (pthread_attr_init(&attr)) {
        free(job);
        return 0;
    }
    job->work = work;
    job->arg = arg;
    pthread_attr_setstacksize(&attr, SHIM_STACK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    status = pthread_create(thread, &attr, shim_thread_main, job);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    if (status) free(job);
    return status == 0;
}

static inline void shim_thread_join(shim_thread thread) { pthread_join(thread, NULL); }

#endif

#if defined(__GNUC__) || defined(__clang__)
static inline size_t shim_next(size_t *counter) { return __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); }
static inline size_t shim_get(const size_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
static inline void shim_set(size_t *p, size_t value) { __atomic_store_n(p, value, __ATOMIC_RELEASE); }
#else
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

#endif
