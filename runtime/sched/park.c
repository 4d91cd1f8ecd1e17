// park.c - how a goroutine falls asleep, how it is woken, and how it lets others run.
//
// The hard part is the moment between deciding to sleep and being asleep. Whoever ends the wait may
// find us in a queue and run us on another thread while we still stand on this stack. So a
// goroutine never releases the lock that guards its queue itself: it leaves it locked, switches
// away, and whoever runs next on this thread releases it (gort_switch_finish).
//   1. A parked goroutine is found by others only through a queue, under that queue's lock.
//   2. That lock is released only after the goroutine's registers are saved.
//   3. Hence whoever finds it may run it at once: `ready` needs neither a retry nor a wait.
//   4. Several locks (a select's channels) are chained through ParkLock.next. The chain is read
//      while its locks are held, each link before its own lock goes: once the first is released,
//      the goroutine may run, and its stack is no longer ours to read.
//   5. The same holds for a goroutine that yields (it enters the run queue only after the switch)
//      and for one that ends (its stack is freed only after the switch).
//   6. A goroutine goes straight to the next one. The scheduler's own stack is visited only when
//      the local queue has nothing to offer.
//   7. The goroutine of a foreign thread is woken where it sleeps, by the note of its machine; it
//      is never in a run queue. Nor is one that stays on its thread (home.c).
// Rejected: a "going to sleep" state on which `ready` spins: wakers would wait for sleepers,
// holding locks.
// Rejected: a callback that releases (Go's): an indirect call in the hottest path, where a chain of
// locks is enough.
#include "sched/sched.h"

#include "base/upcalls.h"
#include "sched/netpoll.h"
#include "sched/sanitize.h"
#include "sched/suspend.h"
#include "sched/timer.h"
#include <errno.h>

// A goroutine's first run: here and not at `go`, so that a thousand queued goroutines need no
// stack.
// Returns its stack pointer. From here to the other side of the switch the thread is not suspended:
// who is the current goroutine and whose stack it stands on is one question to the collector.
static inline void *run_prepare(Machine *m, Goroutine *to) {
    if (unlikely(!to->sp)) gort_goroutine_bind_stack(m, to);
    if (likely(to != &m->scheduler)) {
        gort_assert(load_relaxed(&to->status) == G_RUNNABLE);
        store_relaxed(&to->status, G_RUNNING);
    }
    suspend_hold(m);
    void *sp = to->sp;
    store_relaxed(&to->sp, GORT_ON_CPU);
    if (unlikely(gort_heap_black)) gort_upcalls.before_run(m, to, sp);
    m->current = to;
    return sp;
}

void gort_switch_finish(Machine *m) {
    ParkLock *lock = m->after_locks;
    if (lock) {
        m->after_locks = NULL;
        do {
            ParkLock *next = lock->next; // invariant 4
            spin_unlock(&lock->lock, lock->rank);
            lock = next;
        } while (lock);
        return;
    }
    Goroutine *g = m->after_yielded;
    if (g) {
        m->after_yielded = NULL;
        gort_runq_put(m->p, g);
        return;
    }
    g = m->after_preempted;
    if (g) {
        m->after_preempted = NULL;
        gort_globalq_submit(g);
        return;
    }
    g = m->after_dead;
    if (g) {
        m->after_dead = NULL;
        gort_goroutine_free(m, g);
    }
}

// From the current goroutine to another, or to the scheduler. errno belongs to the goroutine, its
// place to the thread.
static inline __attribute__((always_inline)) void switch_to(Machine *m, Goroutine *from,
                                                            Goroutine *to) {
    int saved_errno = *m->errno_address;
    void *sp = run_prepare(m, to);
    jitter();
    sanitize_before_switch(from, to, false);
    gort_switch(&from->sp, sp);
    sanitize_after_switch(from);
    m = arch_machine(); // perhaps another thread
    suspend_allow(m);
    *m->errno_address = saved_errno;
    gort_switch_finish(m);
}

void gort_scheduler_switch(Machine *m, Goroutine *g) { switch_to(m, &m->scheduler, g); }

// Now and then: look at the global queue, and at those that wait for this processor elsewhere.
// (sysmon sees to it that a pair in conversation does not keep the others out for ever.)
static __attribute__((noinline)) Goroutine *next_rare(Machine *m, Processor *p) {
    p->now_ns = os_now();
    if (load_relaxed(&gort_sched.homeward_count) || netpoll_is_due(p->now_ns) ||
        load_relaxed(&p->timers.earliest_ns) <= p->now_ns)
        return &m->scheduler;
    Goroutine *g = gort_sched_take_global(p, 1);
    if (!g) g = gort_runq_get(p);
    return g ? g : &m->scheduler;
}

// Who runs after the current goroutine: from the local queue, or the scheduler, which looks
// everywhere.
static inline __attribute__((always_inline)) Goroutine *next_goroutine(Machine *m) {
    Processor *p = m->p;
    if (unlikely(load_relaxed(&p->attention))) return &m->scheduler;
    uint32_t tick = p->tick + 1;
    store_relaxed(&p->tick, tick); // thieves read it
    if (unlikely(tick % GORT_FAIR_TICKS == 0)) return next_rare(m, p);
    if (unlikely(load_relaxed(&p->timers.earliest_ns) != INT64_MAX) && timers_look_due(p))
        return &m->scheduler;
    Goroutine *g = gort_runq_get(p);
    return likely(g != NULL) ? g : &m->scheduler;
}

// A foreign thread's goroutine stays on its thread: nobody can run it elsewhere, so the locks may
// go first.
static __attribute__((noinline)) void park_foreign(Machine *m, ParkLock *locks) {
    m->after_locks = locks;
    gort_switch_finish(m);
    gort_note_sleep(&m->note);
    store_relaxed(&m->current->status, G_RUNNING);
}

void gort_park(ParkLock *locks, WaitReason reason) {
    Machine *m = arch_machine();
    Goroutine *g = m->current;
    gort_assert(g != &m->scheduler && load_relaxed(&g->status) == G_RUNNING);
    store_relaxed(&g->wait_reason, reason);
    store_relaxed(&g->status, G_WAITING);
    if (unlikely(g->home != NULL) && gort_stays(m)) {
        store_relaxed(&g->wait_since_ns, os_now());
        m->foreign ? park_foreign(m, locks) : gort_home_park(m, locks);
        return;
    }
    Goroutine *to = next_goroutine(m);
    store_relaxed(&g->wait_since_ns, likely(to != &m->scheduler) ? m->p->now_ns : os_now());
    m->after_locks = locks;
    switch_to(m, g, to);
}

void gort_ready(Goroutine *g) {
    gort_assert(load_relaxed(&g->status) == G_WAITING);
    Machine *m = arch_machine();
    if (unlikely(g->home != NULL)) {
        g->home->foreign ? gort_note_wake(&g->home->note) : gort_home_ready(g);
        return;
    }
    store_relaxed(&g->status, G_RUNNABLE);
    gort_sched_put(m, g);
}

void gort_ready_all(Goroutine *list) {
    while (list) {
        Goroutine *g = list;
        list = g->next;
        gort_ready(g);
    }
}

void gort_yield(void) {
    Machine *m = machine_current();
    if (m->foreign) {
        gort_os_thread_yield();
        return;
    }
    Goroutine *g = m->current;
    if (unlikely(g->home != NULL) && gort_stays(m)) {
        gort_home_yield(m);
        return;
    }
    Goroutine *to = next_goroutine(m);
    if (to == &m->scheduler && load_relaxed(&m->p->timers.earliest_ns) == INT64_MAX &&
        !load_relaxed(&m->p->attention) && load_relaxed(&gort_sched.queue_count) == 0 &&
        load_relaxed(&gort_sched.homeward_count) == 0 && !netpoll_is_due(m->p->now_ns))
        return; // nobody else here
    store_relaxed(&g->status, G_RUNNABLE);
    m->after_yielded = g;
    switch_to(m, g, to);
}

// A signal took it off, or it has come back from a call (call.c): all that is runnable goes first. m may have no processor.
void gort_preempt_yield(Machine *m) {
    Goroutine *g = m->current;
    store_relaxed(&g->status, G_RUNNABLE);
    m->after_preempted = g;
    switch_to(m, g, &m->scheduler);
}

// The end of a goroutine. The switch away saves nothing, and what it ran on is freed by whoever
// runs next. Not instrumented: the address sanitizer would put `unused` on the fake stack, which is
// gone when the switch writes there.
__attribute__((no_sanitize("address"))) _Noreturn void gort_goroutine_exit(void) {
    Machine *m = machine_current();
    Goroutine *g = m->current;
    gort_check(g != &m->scheduler && "a goroutine ends itself");
    if (m->foreign) gort_foreign_exit(m);
    m->ending = g->thread_locks && !m->initial; // nobody else gets a thread that it may have changed
    g->home = NULL;
    g->called_slot = NULL;
    g->called_more = false;
    g->pins = g->thread_locks = 0;
    gort_goroutine_drop_env(g);
    void *unused;
    store_relaxed(&g->status, G_DEAD);
    m->after_dead = g;
    Goroutine *to = unlikely(m->ending) ? &m->scheduler : next_goroutine(m);
    void *sp = run_prepare(m, to);
    sanitize_before_switch(g, to, true);
    gort_switch(&unused, sp);
    __builtin_unreachable();
}

_Noreturn void gort_goroutine_main(void) {
    Machine *m = arch_machine();
    Goroutine *g = m->current;
    sanitize_after_switch(g);
    suspend_allow(m);
    *m->errno_address = 0;
    gort_switch_finish(m);
    if (g == &m->scheduler) gort_scheduler_loop(m);
    sanitize_acquire(g); // pairs with the release in go__go
    g->fn(g->env);
    gort_check(g->frames == NULL && "deferred calls have run when a goroutine's function returns");
    gort_goroutine_exit();
}
