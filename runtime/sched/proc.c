// proc.c - finding work, and making sure that somebody looks for it.
//
// A machine without work looks around for a while (it spins), then gives its processor back and
// sleeps. A goroutine made runnable must be found although all others may be going to sleep just
// now. The protocol, between one who submits work and one who goes to sleep:
//   Submitter: 1. puts the goroutine into a queue;  2. (full barrier)  3. if some processor is idle
//   and no machine spins:
//              wakes a machine, which starts out spinning.
//   Sleeper:   1. gives back its processor (now idle_count says so);  2. stops spinning (now
//   `spinning` says so);
//              3. (full barrier)  4. looks at all queues once more, and takes a processor again if
//                 there is work.
//   Either the submitter sees that nobody spins and wakes somebody, or the sleeper sees the
//   goroutine: both cannot miss each other, since each writes before it reads. While somebody
//   spins, nobody need be woken: the spinner will look once more before it sleeps; and when a
//   spinner finds work and stops spinning it wakes the next one, should there be more.
// So at most one machine is woken at a time, and at most half of the busy ones spin.
//
// Timers follow the same pattern. One idle machine, the sleeper, sleeps no longer than until the
// earliest timer:
//   Starter:   1. publishes the heap's new earliest time;  2. (full barrier)  3. reads who sleeps,
//   and until when; wakes it if that is later;
//              if nobody does, wakes a machine (as above), which becomes the sleeper in the end.
//   Sleeper:   1. becomes the sleeper, and says until when;  2. (full barrier)  3. reads all heaps
//   again, and sleeps until the earliest of them.
//
// File descriptors (netpoll.c). A machine asks the kernel for events, without waiting, when the
// queues have nothing for it, before it steals, and when that is long ago though they never run dry.
// Once a goroutine has ever waited for a descriptor the sleeper sleeps in the kernel's wait for
// events, and there is one whenever an idle machine could be, while any goroutine waits: the last
// machine that goes idle becomes it.
//   1. A registration takes effect while the sleeper is in the kernel: it need not be told.
//   2. A starter ends that sleep by gort_netpoll_break, and leaves `sleeper` alone. Before netpoll has
//   started it clears `sleeper` and wakes the note. Netpoll's start does so once, too
//   (gort_sched_watch_anew); and the sleeper, having seen that netpoll has started, looks whether it
//   still is the sleeper before it goes into the kernel. So one of them sees the other.
//   3. The sleeper comes back with goroutines, takes a processor if one is idle, and runs the first
//   at once: nobody else is woken for it. Without a processor all go to the global queue, and the
//   protocol of submitters holds.
//   4. A machine whose queue is not empty puts those it brings behind all others, at the end of the
//   global queue. Its own queue would never run dry then, and what has overflowed into the global
//   queue, or was submitted there, would wait for every 61st turn.
//   5. A machine that runs goroutines while others of them wait does not see to it that somebody else
//   asks the kernel: that costs a thread's wake-up for each message. It asks when it has run dry, and
//   sysmon does when it keeps running.
#include "sched/sched.h"

#include "base/flags.h"
#include "sched/netpoll.h"
#include "sched/sanitize.h"
#include "sched/suspend.h"
#include "sched/timer.h"

// ---- submitting ---------------------------------------------------------------------------------

__attribute__((noinline)) void gort_sched_wake_slow(void) {
    if (load_seq_cst(&gort_sched.spinning) != 0 || !cas_seq_cst(&gort_sched.spinning, 0, 1)) return;
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    Processor *p = gort_processor_get_idle();
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    if (p)
        gort_machine_run(p, true);
    else
        add_seq_cst(&gort_sched.spinning, (uint32_t)-1);
}

// Call after the work is in a queue, by a sequentially consistent exchange or under
// gort_sched.lock.
inline void gort_sched_wake(void) {
    if (unlikely(load_seq_cst(&gort_sched.idle_count) != 0) &&
        load_seq_cst(&gort_sched.spinning) == 0)
        gort_sched_wake_slow();
}

__attribute__((noinline)) void gort_globalq_submit(Goroutine *g) {
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    gort_globalq_put(g);
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    gort_sched_wake();
}

void gort_sched_put(Machine *m, Goroutine *g) {
    if (unlikely(m->p == NULL)) {
        gort_globalq_submit(g);
        return;
    }
    gort_runq_put_next(m->p, g);
    gort_sched_wake();
}

// Whoever clears `sleeper` owes it a wake.
static void sleeper_wake(Machine *sleeper) {
    if (!cas_seq_cst(&gort_sched.sleeper, sleeper, NULL)) return;
    gort_note_wake(&sleeper->note);
    if (load_seq_cst(&gort_netpoll_started)) gort_netpoll_break(); // since just now
}

void gort_sched_timer_changed(int64_t when_ns) {
    if (unlikely(!load_relaxed(&gort_sched.watched))) gort_sysmon_start();
    Machine *sleeper = load_seq_cst(&gort_sched.sleeper); // pairs with sleep_watching
    if (!sleeper) {
        gort_sched_wake();
        return;
    }
    if (load_seq_cst(&gort_sched.sleeper_until_ns) <= when_ns) return;
    if (load_seq_cst(&gort_netpoll_started))
        gort_netpoll_break();
    else
        sleeper_wake(sleeper);
}

void gort_sched_watch_anew(void) {
    Machine *sleeper = load_seq_cst(&gort_sched.sleeper); // pairs with sleep_watching
    if (sleeper) sleeper_wake(sleeper);
}

// Those that stay on their threads are in no run queue: they leave the list.
static void send_home(GoroutineList *list) {
    GoroutineList others = {0};
    for (Goroutine *g; (g = list_pop(list)) != NULL;)
        if (unlikely(g->home != NULL))
            gort_ready(g);
        else
            list_append(&others, g);
    *list = others;
}

void gort_sched_inject_global(GoroutineList *list) {
    send_home(list);
    if (!list->first) return;
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    for (Goroutine *g; (g = list_pop(list)) != NULL;) {
        store_relaxed(&g->status, G_RUNNABLE);
        gort_globalq_put(g);
    }
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    gort_sched_wake();
}

void gort_sched_inject(GoroutineList *list) {
    Machine *m = arch_machine();
    if (!m || !m->p) {
        gort_sched_inject_global(list);
        return;
    }
    send_home(list);
    if (!list->first) return;
    for (Goroutine *g; (g = list_pop(list)) != NULL;) {
        store_relaxed(&g->status, G_RUNNABLE);
        gort_runq_put(m->p, g);
    }
    fence_seq_cst(); // step 2 of a submitter
    gort_sched_wake();
}

// ---- looking ------------------------------------------------------------------------------------

Goroutine *gort_sched_take_global(Processor *p, uint32_t max) {
    if (load_relaxed(&gort_sched.queue_count) == 0) return NULL;
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    Goroutine *g = gort_globalq_get(p, max);
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    if (g) slice_start(p);
    return g;
}

// Fires what is due at the victim's; what that makes runnable is in our queue, which must be empty
// again before we steal.
static Goroutine *steal_timers(Processor *p, Processor *victim) {
    if (load_relaxed(&victim->timers.earliest_ns) == INT64_MAX) return NULL;
    gort_timers_run(&victim->timers, os_now());
    return gort_runq_get(p);
}

// At all others, in an order of chance; the last round also takes what is to run next there, and
// fires timers.
static Goroutine *steal_work(Machine *m, Processor *p) {
    uint32_t made = load_acquire(&gort_sched.processors_made);
    for (int round = 1; round <= GORT_STEAL_ROUNDS; round++) {
        uint32_t start = random_below(&m->random, made);
        for (uint32_t i = 0; i < made; i++) {
            Processor *victim = gort_sched.processors[(start + i) % made];
            if (victim == p) continue;
            Goroutine *g = round == GORT_STEAL_ROUNDS ? steal_timers(p, victim) : NULL;
            if (!g) g = gort_runq_steal(p, victim, round == GORT_STEAL_ROUNDS);
            if (!g) continue;
            slice_start(p);
            return g;
        }
    }
    return NULL;
}

static bool may_spin(Machine *m) {
    if (m->spinning) return true;
    uint32_t busy =
        load_relaxed(&gort_sched.processor_count) - load_relaxed(&gort_sched.idle_count);
    if (2 * load_relaxed(&gort_sched.spinning) >= busy ||
        load_relaxed(&gort_sched.processor_count) == 1)
        return false;
    m->spinning = true;
    add_seq_cst(&gort_sched.spinning, 1);
    return true;
}

static void stop_spinning(Machine *m) {
    m->spinning = false;
    uint32_t left = add_seq_cst(&gort_sched.spinning, (uint32_t)-1);
    gort_check((int32_t)left >= 0 && "spinning machines are counted");
}

// Step 4 of the sleeper.
bool gort_sched_work_exists(void) {
    if (load_seq_cst(&gort_sched.queue_count) != 0) return true;
    if (load_seq_cst(&gort_sched.homeward_count) != 0) return true;
    uint32_t made = load_acquire(&gort_sched.processors_made);
    for (uint32_t i = 0; i < made; i++)
        if (!gort_runq_is_empty(gort_sched.processors[i])) return true;
    return false;
}

// Takes an idle processor to look for work with it, as a spinning machine.
static bool take_idle_processor(Machine *m) {
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    Processor *p = gort_processor_get_idle();
    if (p) gort_machine_acquire(m, p);
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    if (!p) return false;
    m->spinning = true;
    add_seq_cst(&gort_sched.spinning, 1);
    return true;
}

// The first runs here, the others may run anywhere. NULL: there is none.
static Goroutine *inject_rest(GoroutineList *list) {
    send_home(list);
    Goroutine *g = list_pop(list);
    if (g) store_relaxed(&g->status, G_RUNNABLE);
    gort_sched_inject(list);
    return g;
}

// Asks the kernel, unless somebody waits there. Where the answer was "nothing" it is not asked twice:
// who has nothing else to do goes to sleep there soon, and is told of what there is.
static Goroutine *poll_now(Processor *p) {
    if (likely(load_relaxed(&gort_netpoll_waiters) == 0) || load_relaxed(&gort_sched.sleeper) ||
        p->polls_vainly)
        return NULL;
    GoroutineList list = gort_netpoll(0);
    p->polls_vainly = list.first == NULL;
    return inject_rest(&list);
}

// The same while there is other work: behind all of that.
static void poll_behind(void) {
    if (load_relaxed(&gort_sched.sleeper)) return;
    GoroutineList list = gort_netpoll(0);
    gort_sched_inject_global(&list);
}

// In the kernel, or on the note while netpoll has not been started; true if the note was used up.
static bool sleeper_sleep(Machine *m, int64_t until_ns, GoroutineList *list) {
    int64_t wait_ns = until_ns == INT64_MAX ? -1 : until_ns - os_now();
    long slack = gort_os_slack_drop(wait_ns);
    bool woken = false;
    if (!load_seq_cst(&gort_netpoll_started)) {
        gort_suspend_nap_begin(m);
        woken = gort_note_sleep_until(&m->note, until_ns);
        gort_suspend_nap_end(m);
    } else if (load_seq_cst(&gort_sched.sleeper) == m) {
        *list = gort_netpoll(until_ns != INT64_MAX && wait_ns < 0 ? 0 : wait_ns);
    }
    gort_os_slack_restore(slack);
    return woken;
}

// If timers are pending, or goroutines wait for descriptors, and nobody watches: sleeps until the
// earliest is due, one is started that is earlier, or there are events, whose goroutines go to
// *list. True if it slept.
static bool sleep_watching(Machine *m, GoroutineList *list) {
    int64_t until = gort_timers_earliest();
    if ((until == INT64_MAX && load_seq_cst(&gort_netpoll_waiters) == 0) ||
        !cas_seq_cst(&gort_sched.sleeper, NULL, m))
        return false;
    jitter();
    store_seq_cst(&gort_sched.sleeper_until_ns, until);
    // Pairs with gort_sched_timer_changed.
    int64_t again = gort_timers_earliest();
    if (again < until) until = again;
    bool woken = false;
    if (until != INT64_MAX || load_seq_cst(&gort_netpoll_waiters) != 0) // pairs with gort_poll_wait
        woken = sleeper_sleep(m, until, list);
    // A wake is on its way: use it up.
    if (!woken && !cas_seq_cst(&gort_sched.sleeper, m, NULL)) gort_note_sleep(&m->note);
    return true;
}

// Goroutines that the sleeper has brought; it has no processor. NULL: none was idle, or none came.
static Goroutine *run_brought(Machine *m, GoroutineList *list) {
    send_home(list);
    if (!list->first) return NULL;
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    Processor *p = gort_processor_get_idle();
    if (p) gort_machine_acquire(m, p);
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    if (p) p->polls_vainly = list->count < 2;
    if (p) return inject_rest(list);
    gort_sched_inject(list);
    return NULL;
}

// Gives p back and sleeps until there is something to do; comes back with a processor. Or finds, at
// the last moment, a goroutine.
static Goroutine *go_idle(Machine *m) {
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    Goroutine *g = gort_globalq_get(m->p, UINT32_MAX);
    if (g || gort_sched.homeward_count || load_relaxed(&m->p->attention)) {
        gort_lock_release(&gort_sched.lock, RANK_SCHED);
        return g;
    }
    gort_check(gort_runq_is_empty(m->p) && "a processor that goes idle has no work");
    gort_processor_put_idle(gort_machine_release(m));
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    jitter();
    if (m->spinning) stop_spinning(m);
    jitter();
    if (gort_sched_work_exists() && take_idle_processor(m)) return NULL;
    GoroutineList brought = {0};
    bool slept = sleep_watching(m, &brought);
    if ((g = run_brought(m, &brought)) != NULL) return g;
    if (slept && take_idle_processor(m)) return NULL;
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    gort_machine_stop(m);
    return NULL;
}

// The processor is one too many: its goroutines go to all, its timers to the first processor, and
// the machine sleeps until it is given another one.
static void retire(Machine *m, Processor *p) {
    if (m->spinning) stop_spinning(m);
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    gort_runq_drain(p);
    gort_machine_release(m)->status = P_NONE;
    gort_stack_cache_flush(&p->stacks);
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    gort_sched_wake(); // for what was drained
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    gort_machine_stop(m);
}

// Retirement of the processor, a crash, or a seed: see Processor.attention.
static Goroutine *attend(Machine *m, Processor *p) {
    gort_forked_check();
    // Before what it asks for is read: who asks anew meanwhile is not overlooked.
    if (!gort_flags.has_seed) (void)exchange_seq_cst(&p->attention, false);
    while (load_relaxed(&gort_sched.frozen)) gort_note_sleep(&m->note);
    if (p->id >= load_relaxed(&gort_sched.processor_count)) {
        retire(m, p);
        return NULL;
    }
    if (!gort_flags.has_seed) return NULL;
    // By the seed: the usual order, or another.
    uint32_t dice = random_below(&m->random, 4);
    if (dice == 0) return gort_sched_take_global(p, 1);
    return dice == 1 ? gort_runq_get_fair(p) : NULL;
}

// GODEBUG=verify=1.
static __attribute__((noinline)) void verify_all(Processor *p) {
    gort_verify_runq(p);
    gort_verify_stack_cache(&p->stacks);
    spin_lock(&p->timers.lock.lock, RANK_TIMERS);
    gort_verify_timers(&p->timers);
    spin_unlock(&p->timers.lock.lock, RANK_TIMERS);
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    gort_verify_globalq();
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
}

static bool serve_home(Machine *m, Processor *p) {
    if (!gort_home_turn(p)) {
        p->home_served = false; // the others now
        return false;
    }
    if (m->spinning) stop_spinning(m);
    return gort_home_serve(m);
}

// Everybody before who was readied last: the global queue and the processor's own in turn.
static __attribute__((noinline)) Goroutine *slice_over(Processor *p) {
    store_relaxed(&p->preempt, false);
    Goroutine *g = p->slices % 2 ? gort_sched_take_global(p, 1) : NULL;
    return g ? g : gort_runq_get_fair(p);
}

// A goroutine to run on m's processor, sleeping until there is one. m may hold another processor
// afterwards.
static Goroutine *find_runnable(Machine *m) {
    Goroutine *g;
    for (;;) {
        Processor *p = m->p;
        if (unlikely(load_relaxed(&p->attention))) {
            g = attend(m, p);
            if (g) return g;
            if (m->p != p) continue;
        }
        if (unlikely(gort_flags.verify)) verify_all(p);
        p->now_ns = os_now();
        gort_timers_run(&p->timers, p->now_ns);
        store_relaxed(&p->tick, p->tick + 1);
        if (netpoll_is_due(p->now_ns)) poll_behind();
        if (unlikely(load_relaxed(&gort_sched.homeward_count)) && serve_home(m, p)) continue;
        if (unlikely(load_relaxed(&p->preempt)) && (g = slice_over(p)) != NULL) return g;
        if (p->tick % GORT_FAIR_TICKS == 0 && (g = gort_sched_take_global(p, 1)) != NULL) return g;
        if ((g = gort_runq_get(p)) != NULL) return g;
        if ((g = gort_sched_take_global(p, UINT32_MAX)) != NULL) return g;
        if ((g = poll_now(p)) != NULL) return g;
        if (may_spin(m) && (g = steal_work(m, p)) != NULL) return g;
        if ((g = go_idle(m)) != NULL) return g;
    }
}

// GODEBUG=migratestress=1. g, which is to run, has been on this thread before: it goes back into the queue, and m's processor to
// another thread.
static bool migrates(Machine *m, Goroutine *g) {
#ifdef GORT_DEV
    if (likely(!gort_flags.migratestress)) return false;
    Machine *before = g->ran_on;
    g->ran_on = m;
    if (before != m) return false;
    g->ran_on = NULL; // once is enough, should there be no other thread just then
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    gort_globalq_put(g);
    Processor *p = gort_machine_release(m);
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    gort_machine_run(p, false);
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    gort_machine_stop(m);
    return true;
#else
    (void)m, (void)g;
    return false;
#endif
}

void gort_scheduler_loop(Machine *m) {
    for (;;) {
        if (unlikely(!m->p)) { // whoever ran here has none, and is in the global queue
            gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
            gort_machine_stop(m);
        }
        Goroutine *g = find_runnable(m);
        gort_assert(m->p && load_relaxed(&g->status) == G_RUNNABLE);
        if (m->spinning) {
            stop_spinning(m);
            gort_sched_wake(); // there may be more
        }
        if (migrates(m, g)) continue;
        gort_scheduler_switch(m, g);
        if (unlikely(m->ending)) return;
    }
}
