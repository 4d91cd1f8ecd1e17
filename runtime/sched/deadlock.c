// deadlock.c - when nothing can ever happen again.
//
// That is so when all machines are idle or asleep with a goroutine that stays on its thread (the one
// that waits for a timer is not), no timer is pending that somebody waits for, no goroutine waits for
// a descriptor (outside of the process something may happen yet), and no foreign thread is attached,
// which could still do anything. A thread that has not called the runtime yet is not known to it, but
// may be about to: while the process has such threads, the last idle machine asks again from time to
// time. A runtime that came with a shared library never judges: the program's own threads may call at
// any time.
#include "sched/sched.h"

#include "base/upcalls.h"
#include "sched/netpoll.h"
#include "sched/timer.h"

typedef struct Census {
    uint64_t waiting, runnable;
} Census;

static bool census_one(Goroutine *g, void *arg) {
    Census *c = arg;
    uint8_t status = load_relaxed(&g->status);
    c->waiting += status == G_WAITING;
    c->runnable += status == G_RUNNABLE || status == G_RUNNING;
    return true;
}

// Threads that are neither machines nor attached. They may call us yet: a thread just created has
// not had the time.
static bool strangers_exist(void) {
#ifdef GORT_TSAN
    int known = 1 + (int)load_relaxed(&gort_sched.own_threads); // and the sanitizer's own
#else
    int known = (int)load_relaxed(&gort_sched.own_threads);
#endif
    return gort_os_thread_count() > known + (int)gort_sched.machine_count;
}

bool gort_deadlock_check(void) {
    if (gort_sched.idle_machine_count + gort_sched.home_waiting < gort_sched.machine_count)
        return false;
    if (!gort_sched.has_main || load_seq_cst(&gort_sched.foreign_count) > 0 ||
        load_relaxed(&gort_sched.frozen))
        return false;
    if (gort_timers_earliest() != INT64_MAX) return false;
    if (load_seq_cst(&gort_netpoll_waiters)) return false;
    if (strangers_exist() || load_seq_cst(&gort_sched.collecting)) return true;
    Census census = {0, 0};
    gort_goroutine_each(census_one, &census);
    gort_check(census.runnable == 0 && "no goroutine is runnable when all machines are idle");
    // The report may need it; nobody else is left to take it.
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    gort_upcalls.fatal(census.waiting ? "all goroutines are asleep - deadlock!"
                                      : "no goroutines (main called runtime.Goexit) - deadlock!");
}
