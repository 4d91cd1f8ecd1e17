// group.c - <go/sync.h>: goroutines that work on one task, and fail together.
//
//   1. `active` counts the functions that were started and have not ended, under the lock. Who waits
//      to start another is in `starting`, first in, first out; who waits for the end in `waiting`.
//   2. A function that ends gives its place to the first in `starting`: active does not fall then, so
//      nobody can come between, and those in `waiting` are woken only when it has fallen to 0.
//   3. Those in the lists are parked, with the lock released from the other side of the switch
//      (sched/park.c). Who takes one out of a list makes it ready after unlocking, and touches the group
//      no more: its owner may give it away.
//   4. `error` is written once, under the lock; the context is cancelled after unlocking.
//   5. A function ends by returning or by go_exit. One that panics never does: the process ends, and
//      nobody who waits for the group may end it otherwise before that.
#include "context/context.h"

#include "base/abi.h"
#include "panic/panic.h"
#include "sched/sanitize.h"
#include <go/panic.h>

#pragma GCC visibility push(default)
#include <go/sync.h>
#pragma GCC visibility pop

_Static_assert(sizeof(ParkLock) == sizeof((go_group){0}.lock), "there is room for the lock");

static inline ParkLock *park_lock(go_group *g) { return (ParkLock *)g->lock; }

static inline void group_lock(go_group *g) {
    spin_lock(&park_lock(g)->lock, RANK_CONTEXT);
    park_lock(g)->rank = RANK_CONTEXT; // the group may have been zeroed only
}
static inline void group_unlock(go_group *g) {
    gort_assert(g->active >= 0 && (!g->starting || g->active >= g->limit - 1));
    spin_unlock(&park_lock(g)->lock, RANK_CONTEXT);
}

// The lists are linked through Goroutine.next; `starting` is short, and its end looked for.
static void park_in(go_group *g, void **list, WaitReason reason) {
    Goroutine **link = (Goroutine **)list, *self = gort_current();
    while (*link) link = &(*link)->next;
    self->next = NULL;
    *link = self;
    park_lock(g)->next = NULL;
    gort_park(park_lock(g), reason);
}

// ---- a function's life --------------------------------------------------------------------------

typedef struct Job {
    go_group *group;
    int (*fn)(void *);
    void *arg;
} Job;

typedef struct JobEnd { // deferred by each function
    struct go__defer defer;
    go_group *group;
    int error;
} JobEnd;

// The first error, before the function counts as ended: the context must be there.
static void group_fail(go_group *g, int error) {
    group_lock(g);
    bool first = g->error == 0;
    if (first) g->error = error;
    go_context *ctx = g->context;
    group_unlock(g);
    if (first && ctx) go_context_cancel_cause(ctx, error);
}

// The first of those who wait to start a function, added to *woken: it has a place now.
static void starter_take(go_group *g, Goroutine **woken) {
    Goroutine *first = g->starting;
    g->starting = first->next;
    first->next = *woken;
    *woken = first;
}

static void group_leave(go_group *g) {
    Goroutine *woken = NULL;
    sanitize_release(g);
    group_lock(g);
    if (g->starting) { // invariant 2
        starter_take(g, &woken);
    } else if (--g->active == 0) {
        woken = g->waiting;
        g->waiting = NULL;
    }
    group_unlock(g);
    gort_ready_all(woken);
}

static void job_end(void *record) {
    JobEnd *e = record;
    const Panic *p = gort_current()->panics;
    if (p && !p->is_exit) return; // invariant 5
    if (e->error) group_fail(e->group, e->error);
    group_leave(e->group);
}

static void job_run(void *env) {
    Job job = *(Job *)env;
    JobEnd end = {.defer = {.run = job_end, .callee = (void *)job_end}, .group = job.group};
    struct go__frame frame = {0};
    go__defer_push(&frame, &end.defer);
    end.error = job.fn(job.arg);
    go__defer_return(&frame);
}

// The place is taken.
static void job_start(go_group *g, int (*fn)(void *), void *arg, const void *pc) {
    Machine *m = machine_current();
    Job job = {g, fn, arg};
    Goroutine *new = gort_goroutine_new(m, job_run, &job, sizeof job, pc);
    sanitize_release(new);
    gort_sched_put(m, new);
}

// True: one more may run, and is counted.
static inline bool place_take(go_group *g) {
    if (g->limit && (g->active >= g->limit - 1)) return false;
    g->active++;
    return true;
}

// ---- the group ----------------------------------------------------------------------------------

go_context *go_group_init(go_group *g, go_context *ctx) {
    go__gc_clear(g, 0, sizeof *g); // it may have had a context
    if (ctx) go__gc_store((void *)&g->context, go_context_with_cancel(ctx));
    return g->context;
}

void go_group_go(go_group *g, int (*fn)(void *), void *arg) {
    preemption_point();
    machine_current();
    if (unlikely(!fn)) go__go_nil();
    group_lock(g);
    if (place_take(g))
        group_unlock(g);
    else
        park_in(g, &g->starting, WAIT_CHAN_SEND); // who wakes us gives us a place
    job_start(g, fn, arg, __builtin_return_address(0));
}

bool go_group_try_go(go_group *g, int (*fn)(void *), void *arg) {
    machine_current();
    if (unlikely(!fn)) go__go_nil();
    group_lock(g);
    bool taken = place_take(g);
    group_unlock(g);
    if (taken) job_start(g, fn, arg, __builtin_return_address(0));
    return taken;
}

void go_group_set_limit(go_group *g, int n) {
    Goroutine *woken = NULL;
    machine_current();
    group_lock(g);
    int64_t active = g->active;
    if (!active) {
        g->limit = n < 0 ? 0 : (int64_t)n + 1;
        while (g->starting && place_take(g)) starter_take(g, &woken); // it was 0
    }
    group_unlock(g);
    gort_ready_all(woken);
    if (active)
        go_panicf("errgroup: modify limit while %lld goroutines in the group are still active",
                  (long long)active);
}

int go_group_wait(go_group *g) {
    preemption_point();
    machine_current();
    group_lock(g);
    if (g->active == 0)
        group_unlock(g);
    else
        park_in(g, &g->waiting, WAIT_CHAN_RECEIVE);
    sanitize_acquire(g);
    int error = load_relaxed(&g->error);
    if (g->context) go_context_cancel_cause(g->context, error);
    return error;
}
