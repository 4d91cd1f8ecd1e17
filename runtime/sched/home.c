// home.c - goroutines that must stay on their thread.
//
// A goroutine may move to another thread whenever it parks. Some must not: one that has locked its
// thread (go_lock_thread), and one with frames of plain C on its stack, which may have kept an
// address in thread-local storage, or hold a mutex that knows its owner by the thread. Such a
// goroutine is pinned: Goroutine.home is its machine, and it parks in place, as a thread does. Its
// processor goes to another machine meanwhile, so a pinned goroutine that waits costs a thread and
// holds up nobody. (Go's stoplockedm and startlockedm.)
//   1. A pinned goroutine is never switched away from, and never in a run queue. `home->current` is
//      the goroutine, from the first pin to the last unpin.
//   2. It runs only with a processor. Whoever makes it runnable gives its machine an idle one, or, if
//      all are in use, puts it into the homeward queue; there every machine looks before it takes
//      work of its own kind twice in a row (proc.c), and gives its own processor away. One that parks
//      here passes its processor straight on to the next one in that queue, if it is their turn and
//      nothing else is due: many goroutines in calls of C cost a switch of threads each, not two.
//   3. Both happens under gort_sched.lock, under which machines go idle, too: so no runnable
//      goroutine is in the homeward queue while a processor idles.
//   4. It can be made runnable before it has given its own processor away (its locks are released
//      first). Then its machine owns two for a moment, and hands the old one on; the wake is kept in
//      its note.
//   5. A thread asleep here is counted in home_waiting until it is given a processor: if all machines
//      are idle or counted there, nothing can happen any more (deadlock.c).
#include "sched/sched.h"

#include "sched/netpoll.h"
#include "sched/sanitize.h"
#include "sched/suspend.h"
#include "sched/timer.h"

#include <go/runtime.h>

// ---- pins ---------------------------------------------------------------------------------------

void gort_pin(Machine *m) {
    Goroutine *g = m->current;
    gort_assert(!m->foreign && g != &m->scheduler && (!g->home || g->home == m));
    g->pins++;
    g->home = m;
}

void gort_unpin(Machine *m) {
    Goroutine *g = m->current;
    gort_check(g->pins > 0 && g->home == m && "a goroutine is unpinned as often as it was pinned");
    if (--g->pins == 0 && !g->called_slot) g->home = NULL;
}

static Machine *owner(void) {
    Machine *m = arch_machine();
    return m && !m->foreign && m->current != &m->scheduler && stands_on(m->current, arch_stack_pointer()) ? m : NULL;
}

__attribute__((noinline)) bool gort_stay(void) {
    Machine *m = owner();
    if (m) gort_pin(m);
    return m != NULL;
}

__attribute__((noinline)) bool gort_stay_no_more(void) {
    Machine *m = owner();
    bool stayed = m && m->current->pins > m->current->thread_locks;
    if (stayed) gort_unpin(m);
    return stayed;
}

void go_lock_thread(void) {
    Machine *m = machine_current();
    if (m->foreign) return;
    gort_pin(m);
    m->current->thread_locks++;
}

void go_unlock_thread(void) {
    Machine *m = machine_current();
    if (m->foreign || m->current->thread_locks == 0) return;
    m->current->thread_locks--;
    gort_unpin(m);
}

// ---- processors for those that stay -------------------------------------------------------------

// Under gort_sched.lock.
static void give(Machine *home, Processor *p) {
    gort_check(!home->next_p && "a machine is given one processor at a time");
    if (home->waits_home) gort_sched.home_waiting--;
    home->waits_home = false;
    home->next_p = p;
    gort_note_wake(&home->note); // its release publishes next_p
}

// Under gort_sched.lock; invariants 2 and 3.
static void send_home(Goroutine *g) {
    Processor *p = gort_processor_get_idle();
    if (p) {
        give(g->home, p);
        return;
    }
    g->next = NULL;
    if (gort_sched.homeward_tail)
        gort_sched.homeward_tail->next = g;
    else
        gort_sched.homeward_head = g;
    gort_sched.homeward_tail = g;
    store_seq_cst(&gort_sched.homeward_count, gort_sched.homeward_count + 1);
}

static Goroutine *homeward_take(void) {
    Goroutine *g = gort_sched.homeward_head;
    if (!g) return NULL;
    gort_sched.homeward_head = g->next;
    if (!g->next) gort_sched.homeward_tail = NULL;
    store_seq_cst(&gort_sched.homeward_count, gort_sched.homeward_count - 1);
    return g;
}

void gort_home_ready(Goroutine *g) {
    store_relaxed(&g->status, G_RUNNABLE);
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    send_home(g);
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
}

bool gort_home_turn(const Processor *p) {
    return !p->home_served || (gort_runq_is_empty(p) && !load_relaxed(&gort_sched.queue_count));
}

// Under gort_sched.lock; p has no holder. False: a scheduler is to look after it.
static bool pass_on(Processor *p) {
    if (!gort_sched.homeward_head || load_relaxed(&p->attention) || load_relaxed(&p->preempt))
        return false;
    p->now_ns = os_now();
    if (load_relaxed(&p->timers.earliest_ns) <= p->now_ns || netpoll_is_due(p->now_ns) ||
        !gort_home_turn(p))
        return false;
    p->home_served = true;
    give(homeward_take()->home, p);
    return true;
}

bool gort_home_serve(Machine *m) {
    gort_assert(!m->spinning);
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    Goroutine *g = homeward_take();
    if (!g) {
        gort_lock_release(&gort_sched.lock, RANK_SCHED);
        return false;
    }
    m->p->home_served = true;
    give(g->home, gort_machine_release(m));
    gort_machine_stop(m);
    return true;
}

bool gort_something_pends(void) {
    return load_seq_cst(&gort_netpoll_waiters) != 0 || gort_timers_earliest() != INT64_MAX;
}

// Somebody must look at what is in its queue, at timers and descriptors, and, if it is the last one,
// whether all are asleep for good. Otherwise it may idle: see proc.c for why no work is overlooked then.
void gort_processor_handoff(Processor *p) {
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    uint32_t busy = gort_sched.machine_count - gort_sched.idle_machine_count - gort_sched.home_waiting;
    bool needed = !gort_runq_is_empty(p) || gort_sched.queue_count || gort_sched.homeward_count ||
                  load_relaxed(&p->attention) || busy == 0 ||
                  (!load_seq_cst(&gort_sched.sleeper) && gort_something_pends());
    if (!needed) gort_processor_put_idle(p);
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    if (needed)
        gort_machine_run(p, false);
    else if (gort_sched_work_exists() ||
             (!load_seq_cst(&gort_sched.sleeper) && gort_something_pends()))
        gort_sched_wake(); // since just now
}

// ---- parking in place ---------------------------------------------------------------------------

// Sleeps until m has been given a processor. Callee-saved registers are in this frame, for the
// collector, the others in those of the callers.
static __attribute__((noinline)) void await_processor(Machine *m) {
    __builtin_unwind_init();
    Standing at = {.sp = arch_stack_pointer(), .fake_stack = sanitize_fake_stack()};
    Standing *outer = m->standing;
    if (!outer) m->standing = &at;
    gort_suspend_nap_begin(m);
    gort_note_sleep(&m->note);
    gort_suspend_nap_end(m);
    m->standing = outer;
    gort_machine_take_given(m);
    store_relaxed(&m->current->status, G_RUNNING);
}

// m's processor goes to others, if it has one.
static void let_go(Machine *m) {
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    Processor *p = m->p ? gort_machine_release(m) : NULL;
    m->waits_home = !m->next_p; // invariant 4
    gort_sched.home_waiting += m->waits_home;
    bool passed = p && pass_on(p);
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    if (p && !passed) gort_processor_handoff(p);
}

void gort_home_park(Machine *m, ParkLock *locks) {
    int saved_errno = *m->errno_address;
    m->after_locks = locks;
    gort_switch_finish(m);
    jitter();
    let_go(m);
    await_processor(m);
    gort_called_check(m);
    *m->errno_address = saved_errno;
}

bool gort_home_take_idle(Machine *m) {
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    Processor *p = gort_processor_get_idle();
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    if (p) gort_machine_acquire(m, p);
    return p != NULL;
}

void gort_home_return(Machine *m) {
    Goroutine *g = m->current;
    gort_pin(m);
    store_relaxed(&g->status, G_RUNNABLE);
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    Processor *p = gort_processor_get_idle(); // invariant 3
    if (!p) send_home(g);
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    if (p) {
        gort_machine_acquire(m, p);
        store_relaxed(&g->status, G_RUNNING);
    } else {
        await_processor(m);
    }
    gort_unpin(m);
}

// Behind all that is runnable now.
void gort_home_yield(Machine *m) {
    int saved_errno = *m->errno_address;
    Goroutine *g = m->current;
    if (gort_runq_is_empty(m->p) && !gort_sched_work_exists() && !timers_look_due(m->p) &&
        !load_relaxed(&m->p->attention))
        return;
    store_relaxed(&g->status, G_RUNNABLE);
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    Processor *p = gort_machine_release(m);
    send_home(g);
    bool passed = pass_on(p);
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    if (!passed) gort_processor_handoff(p);
    await_processor(m);
    *m->errno_address = saved_errno;
}
