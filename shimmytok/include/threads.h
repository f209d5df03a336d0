/* Jobs for threads that never touch Python.
 *
 * Starting a thread and waiting for its end take as long as 30 KB of text.  So a thread that has done its job waits some
 * seconds for another one.  Before a process forks, those that wait are ended: the child has none of them, and nothing
 * in the parent tells that there were any.  Signals stay with the thread that gives the jobs. */
#ifndef SHIMMYTOK_THREADS_H
#define SHIMMYTOK_THREADS_H

#include <stdlib.h>

#include "atomics.h"

#define SHIM_STACK ((size_t)1 << 20)

#if defined(_WIN32)

#include <process.h>
#include <windows.h>

typedef struct {
    void (*work)(void *);
    void *arg;
    HANDLE thread;
} shim_job;

static unsigned __stdcall shim_thread_main(void *p) {
    shim_job *job = (shim_job *)p;
    job->work(job->arg);
    return 0;
}

/* Have work(arg) done by a thread; 0 when there is none to be had. */
static inline int shim_job_start(shim_job *job, void (*work)(void *), void *arg) {
    job->work = work;
    job->arg = arg;
    job->thread = (HANDLE)_beginthreadex(NULL, (unsigned)SHIM_STACK, shim_thread_main, job, 0, NULL);
    return job->thread != NULL;
}

/* Wait until a job is done: 1; 0: its thread is no more. */
static inline int shim_job_join(shim_job *job) {
    WaitForSingleObject(job->thread, INFINITE);
    CloseHandle(job->thread);
    return 1;
}

#else

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "processors.h"

#define SHIM_IDLE 5                       /* seconds that a thread waits for its next job */
#define SHIM_SPINS 1000                   /* looks at a number that will soon be set, before sleeping until it is */

typedef struct {
    void (*work)(void *);
    void *arg;
    size_t is_done;                       /* set last */
    int awaited;                          /* somebody sleeps until it is done */
    unsigned generation;                  /* of the process that gave it */
    int is_moved;                         /* its thread was kept off a processor, but may run on these: */
    shim_processors processors;
} shim_job;

typedef struct shim_idle {                /* a thread that waits; on its own stack */
    struct shim_idle *next;
    pthread_t thread;
    int sleeps;
    pthread_cond_t wake;
    shim_job *job;                        /* its next one; NULL: it ends */
    size_t is_told;                       /* which; set last */
} shim_idle;

static struct {
    pthread_mutex_t lock;                 /* of all that is here, and of jobs that are awaited */
    pthread_cond_t done;
    shim_idle *idle;
    unsigned generation;                  /* one more in a child: it has no thread of its parent's */
    int knows_fork;                       /* what is to be done then is known */
} shim_threads = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, 0, 0};

/* Look at a number a while, until it is set. */
static inline int shim_spin(const size_t *p) {
    int i;
    for (i = 0; i < SHIM_SPINS; i++) {
        if (shim_get(p)) return 1;
        shim_pause();
    }
    return 0;
}

static inline void shim_tell(shim_idle *idle, shim_job *job) {
    idle->job = job;
    shim_set(&idle->is_told, 1);
    pthread_cond_signal(&idle->wake);
}

/* The next job of the calling thread, which holds the lock; NULL: it ends. */
static shim_job *shim_next_job(void) {
    shim_idle self, **place;
    struct timespec until;
    int status = 0;
    self.next = shim_threads.idle;
    self.thread = pthread_self();
    self.sleeps = 0;
    self.job = NULL;
    self.is_told = 0;
    pthread_cond_init(&self.wake, NULL);
    shim_threads.idle = &self;
    pthread_mutex_unlock(&shim_threads.lock);
    shim_spin(&self.is_told);
    pthread_mutex_lock(&shim_threads.lock);
    self.sleeps = 1;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += SHIM_IDLE;
    while (!self.is_told && !status) status = pthread_cond_timedwait(&self.wake, &shim_threads.lock, &until);
    if (!self.is_told) {
        for (place = &shim_threads.idle; *place != &self; place = &(*place)->next) {}
        *place = self.next;
        pthread_detach(self.thread);
    }
    pthread_cond_destroy(&self.wake);
    return self.job;
}

static void *shim_thread_main(void *p) {
    shim_job *job = (shim_job *)p;
    while (job) {
        if (job->is_moved) shim_may_run(pthread_self(), &job->processors);
        job->work(job->arg);
        pthread_mutex_lock(&shim_threads.lock);
        if (job->awaited) pthread_cond_broadcast(&shim_threads.done);
        shim_set(&job->is_done, 1);
        job = shim_next_job();
        pthread_mutex_unlock(&shim_threads.lock);
    }
    return NULL;
}

/* Ends the threads that wait, and holds the lock over the fork. */
static void shim_before_fork(void) {
    pthread_mutex_lock(&shim_threads.lock);
    while (shim_threads.idle) {
        shim_idle *idle = shim_threads.idle;
        pthread_t thread = idle->thread;
        shim_threads.idle = idle->next;
        shim_tell(idle, NULL);
        pthread_mutex_unlock(&shim_threads.lock);
        pthread_join(thread, NULL);
        pthread_mutex_lock(&shim_threads.lock);
    }
}

static void shim_after_fork(void) { pthread_mutex_unlock(&shim_threads.lock); }

static void shim_in_child(void) {
    static const pthread_cond_t nobody_waits = PTHREAD_COND_INITIALIZER;
    shim_threads.done = nobody_waits;
    shim_threads.generation++;
    pthread_mutex_unlock(&shim_threads.lock);
}

static void shim_learn_fork(void) {
    shim_threads.knows_fork = pthread_atfork(shim_before_fork, shim_after_fork, shim_in_child) == 0;
}

static inline int shim_thread_new(shim_job *job) {
    pthread_t thread;
    pthread_attr_t attr;
    sigset_t all, before;
    int status;
    if (pthread_attr_init(&attr)) return 0;
    pthread_attr_setstacksize(&attr, SHIM_STACK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    status = pthread_create(&thread, &attr, shim_thread_main, job);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return status == 0;
}

/* Have work(arg) done by a thread; 0 when there is none to be had. */
static inline int shim_job_start(shim_job *job, void (*work)(void *), void *arg) {
    static pthread_once_t once = PTHREAD_ONCE_INIT; /* before the lock is ever held */
    shim_idle *idle;
    pthread_once(&once, shim_learn_fork);
    if (!shim_threads.knows_fork) return 0;
    job->work = work;
    job->arg = arg;
    job->is_done = 0;
    job->awaited = 0;
    job->is_moved = 0;
    pthread_mutex_lock(&shim_threads.lock);
    job->generation = shim_threads.generation;
    idle = shim_threads.idle;
    if (idle) {
        shim_threads.idle = idle->next;
        if (idle->sleeps) job->is_moved = shim_keep_off(idle->thread, &job->processors);
        shim_tell(idle, job);
    }
    pthread_mutex_unlock(&shim_threads.lock);
    return idle || shim_thread_new(job);
}

/* Wait until a job is done: 1; 0: its thread is no more, since this is the child of the process that gave it. */
static inline int shim_job_join(shim_job *job) {
    if (shim_spin(&job->is_done)) return 1;
    pthread_mutex_lock(&shim_threads.lock);
    job->awaited = 1;
    while (!shim_get(&job->is_done) && job->generation == shim_threads.generation)
        pthread_cond_wait(&shim_threads.done, &shim_threads.lock);
    pthread_mutex_unlock(&shim_threads.lock);
    return shim_get(&job->is_done) != 0;
}

#endif

#endif
