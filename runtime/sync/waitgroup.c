// waitgroup.c - <go/sync.h>: waiting for a number of jobs.
//
// One word holds the count of jobs (its upper half) and of those who wait (its lower half), so that
// each of them sees both in one step; the algorithm is that of Go's sync.WaitGroup.
//   1. Waiters are added only while the count is above 0, by a CAS of the whole word.
//   2. Who brings the count to 0 while there are waiters owns the word until it has set it to 0:
//      that nobody else changes it then is the caller's duty, and checked as far as it costs
//      nothing. It then lets as many through the gate as it counted.
//   3. The gate is a semaphore: it does not matter who of them sleeps already.
// A last job does not touch the object after it has let the waiters through.
#include "sync/sync.h"

#include "base/abi.h"

#include "sched/suspend.h"

typedef struct Counts {
    int32_t jobs;
    uint32_t waiters;
} Counts;

static inline Counts counts_of(uint64_t state) {
    return (Counts){(int32_t)(state >> 32), (uint32_t)state};
}

// The count has become 0, and somebody waits.
static void let_through(go_waitgroup *wg, uint64_t state) {
    jitter();
    if (load_relaxed(&wg->state) != state)
        gort_sync_panic("sync: WaitGroup misuse: Add called concurrently with Wait");
    store_release(&wg->state, 0);
    gort_semaphore_release(&wg->gate, counts_of(state).waiters);
}

static inline __attribute__((always_inline)) void waitgroup_add(go_waitgroup *wg, int n) {
    if (n < 0) sanitize_release(wg);
    uint64_t state = add_acq_rel(&wg->state, (uint64_t)(uint32_t)n << 32);
    Counts c = counts_of(state);
    // The first add and a wait that nothing orders are a race of the program's.
    if (n > 0 && c.jobs == n) sanitize_read(&wg->gate, sizeof wg->gate);
    if (likely(c.jobs > 0 || (c.jobs == 0 && c.waiters == 0))) {
        if (unlikely(c.waiters != 0 && n > 0 && c.jobs == n))
            gort_sync_panic("sync: WaitGroup misuse: Add called concurrently with Wait");
        return;
    }
    machine_current();
    if (c.jobs < 0) gort_sync_panic("sync: negative WaitGroup counter");
    let_through(wg, state);
}

void go_waitgroup_add(go_waitgroup *wg, int n) { waitgroup_add(wg, n); }

void go_waitgroup_done(go_waitgroup *wg) { waitgroup_add(wg, -1); }

void go_waitgroup_wait(go_waitgroup *wg) {
    for (;;) {
        uint64_t state = load_acquire(&wg->state);
        Counts c = counts_of(state);
        if (c.jobs == 0) break;
        machine_current();
        preemption_point();
        if (!cas_acq_rel(&wg->state, state, state + 1)) continue;
        if (c.waiters == 0) sanitize_write(&wg->gate, sizeof wg->gate);
        gort_semaphore_acquire(&wg->gate, WAIT_WAITGROUP);
        if (load_acquire(&wg->state) != 0)
            gort_sync_panic("sync: WaitGroup is reused before previous Wait has returned");
        break;
    }
    sanitize_acquire(wg);
}

// ---- jobs that count themselves -----------------------------------------------------------------

typedef struct Job {
    go_waitgroup *wg;
    void (*fn)(void *);
    void *arg;
} Job;

typedef struct JobEnd { // deferred by each job
    struct go__defer defer;
    go_waitgroup *wg;
} JobEnd;

// fn has returned, or go_exit runs, or it panics: the panic goes on from here, and the process ends
// with it before anybody who waits could end it otherwise.
static void job_end(void *record) {
    JobEnd *e = record;
    struct go_any value = go__recover(go__recover_enter(e->defer.callee));
    if (value.type) go__repanic(value);
    go_waitgroup_done(e->wg);
}

static void job_run(void *env) {
    Job job = *(Job *)env;
    JobEnd end = {.defer = {.run = job_end, .callee = (void *)job_end}, .wg = job.wg};
    struct go__frame frame = {0};
    go__defer_push(&frame, &end.defer);
    job.fn(job.arg);
    go__defer_return(&frame);
}

void go_waitgroup_go(go_waitgroup *wg, void (*fn)(void *), void *arg) {
    Machine *m = machine_current();
    if (unlikely(!fn)) go__go_nil();
    go_waitgroup_add(wg, 1);
    Job job = {wg, fn, arg};
    Goroutine *g = gort_goroutine_new(m, job_run, &job, sizeof job, __builtin_return_address(0));
    sanitize_release(g);
    gort_sched_put(m, g);
}
