// sysmon.c - the thread that watches over all processors.
//
// It holds no processor and runs no goroutine. Every 20 us while something changes, up to every 10 ms
// while nothing does, it looks at each processor:
//   - Is its holder in a marked call (call.c) since the last look? If others wait for a processor, or
//     if it lasts 10 ms, the processor is taken away and handed on.
//   - Has one slice lasted for 10 ms, and does somebody wait for the processor? Then its machine is sent
//     the signal that preempts the goroutine (preempt.c), and the next schedule takes another one.
// It also asks for descriptors that are ready, and has timers fired that are overdue, if nobody has;
// and once a second it looks for waits that nobody has asked the kernel about (netpoll.c, invariant 9).
//   1. It takes a processor only by the CAS on Processor.caller, and only then touches it.
//   2. It sleeps on its note only if no processor is in use, which it checks under gort_sched.lock;
//      whoever takes an idle processor holds that lock, and wakes it. A program that is woken for each
//      message has idle processors in between, and is not to wake this thread, too: so nothing must
//      have been scheduled since the last look, either.
//   3. It reads what processors publish (slices, calls, queue lengths) without locks: what it does is
//      right at any time, only better at some.
// A program without goroutines and timers has no such thread, nor has one that runs by a seed.
#include "sched/sched.h"

#include "base/flags.h"
#include "base/upcalls.h"
#include "os/signal.h"
#include "sched/netpoll.h"
#include "sched/suspend.h"
#include "sched/timer.h"

#include <stdlib.h>

enum {
    NAP_MIN_US = 20,
    NAP_MAX_US = 10000,
    QUIET_ROUNDS = 50, // so many looks without anything to do, then the naps grow
    PROBE_NS = 1000000000, // from one look for waits to the next
    SLICE_NS = 10000000, // as long may a goroutine run, or a call take, undisturbed
    AGAIN_NS = 1000000, // and so long may a signal be without effect, which may meet it in C's code time and again
};

// What was seen of each processor, and when.
typedef struct Seen {
    uint32_t slices, calls;
    int64_t slice_ns, calls_ns;
} Seen;

static Seen seen[GORT_MAX_PROCS];
static uint64_t seen_ticks; // schedules of all processors
static int64_t probed_ns;

// Does anybody wait for a processor, apart from who runs on p?
static bool others_wait(const Processor *p, int64_t now) {
    return !gort_runq_is_empty(p) || load_relaxed(&gort_sched.queue_count) ||
           load_relaxed(&gort_sched.homeward_count) || load_relaxed(&p->attention) ||
           load_relaxed(&p->timers.earliest_ns) <= now;
}

// Is somebody free to do p's work, should there be more?
static bool others_are_free(void) {
    return load_relaxed(&gort_sched.idle_count) + load_relaxed(&gort_sched.spinning) > 0;
}

static bool retake(Processor *p, Machine *caller) {
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    bool taken = cas_seq_cst(&p->caller, caller, NULL);
    if (taken) p->machine = NULL; // the caller sees to its own side: call.c
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    if (taken) gort_processor_handoff(p);
    return taken;
}

static bool look_at_call(Processor *p, Seen *s, Machine *caller, int64_t now) {
    uint32_t calls = load_relaxed(&p->calls);
    if (s->calls != calls) {
        s->calls = calls;
        s->calls_ns = now;
        return false;
    }
    if (!others_wait(p, now) && others_are_free() && now - s->calls_ns < SLICE_NS) return false;
    return retake(p, caller);
}

static void preempt(Processor *p) {
    store_relaxed(&p->preempt, true);
    store_seq_cst(&p->attention, true); // it may be in the runtime all the time
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    Machine *m = p->machine; // it does not end before it has given its processor back
    if (m) {
        add_relaxed(&m->preempt_signals, 1);
        gort_signal_send(m->thread_id, GORT_SUSPEND_SIGNAL);
    }
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
}

// What there was to do, and how soon it is worth looking again: when a processor was taken, at once. When a goroutine was
// signalled, once that may have been without effect: busy goroutines would have this thread wake up 500 times in each of their slices.
typedef enum Found { NOTHING, SIGNALLED, TAKEN } Found;

static Found look_at_goroutine(Processor *p, Seen *s, int64_t now) {
    uint32_t slices = load_relaxed(&p->slices);
    if (s->slices != slices) {
        s->slices = slices;
        s->slice_ns = now;
        return NOTHING;
    }
    int64_t patience_ns = load_relaxed(&p->preempt) ? AGAIN_NS : SLICE_NS;
    if (now - s->slice_ns < patience_ns || !others_wait(p, now)) return NOTHING;
    s->slice_ns = now;
    preempt(p);
    return SIGNALLED;
}

static Found look(int64_t now) {
    Found found = NOTHING;
    uint32_t made = load_acquire(&gort_sched.processors_made);
    for (uint32_t i = 0; i < made; i++) {
        Processor *p = gort_sched.processors[i];
        Machine *caller = load_acquire(&p->caller); // pairs with gort_call_begin
        Found here = NOTHING;
        if (!caller)
            here = look_at_goroutine(p, &seen[i], now);
        else if (look_at_call(p, &seen[i], caller, now))
            here = TAKEN;
        if (here > found) found = here;
    }
    return found;
}

// How long to sleep now; quiet: so many times nothing was taken.
static unsigned next_nap_us(unsigned nap_us, unsigned quiet, Found found) {
    if (quiet == 0) return NAP_MIN_US;
    if (quiet > QUIET_ROUNDS && nap_us < NAP_MAX_US) nap_us = nap_us * 2 < NAP_MAX_US ? nap_us * 2 : NAP_MAX_US;
    return found == SIGNALLED && nap_us > AGAIN_NS / 1000 ? AGAIN_NS / 1000 : nap_us;
}

// What an idle machine would see to, were there one: descriptors that nobody has asked for, timers
// that are overdue.
static void watch(int64_t now) {
    if (netpoll_is_due(now)) {
        GoroutineList list = gort_netpoll(0);
        gort_sched_inject(&list);
    }
    if (gort_timers_earliest() < now) gort_sched_wake();
    if (now - probed_ns < PROBE_NS || !load_seq_cst(&gort_poll_unasked)) return;
    probed_ns = now;
    gort_poll_probe();
}

// GODEBUG=preemptstress=1: whoever runs, every 20 to 100 us; takes the processor of every call.
static void preempt_any(void) {
    static uint64_t count;
    uint32_t made = load_acquire(&gort_sched.processors_made);
    Processor *p = gort_sched.processors[count++ % made];
    Machine *caller = load_acquire(&p->caller);
    if (caller)
        retake(p, caller);
    else
        preempt(p);
}

// Has anything been scheduled since the last call?
static bool has_moved(void) {
    uint64_t ticks = 0, before = seen_ticks;
    uint32_t made = load_acquire(&gort_sched.processors_made);
    for (uint32_t i = 0; i < made; i++) ticks += load_relaxed(&gort_sched.processors[i]->tick);
    seen_ticks = ticks;
    return ticks != before;
}

// On the note, with sysmon_asleep set; not beyond the next probe.
static void sleep_on_note(void) {
    if (!load_seq_cst(&gort_poll_unasked)) {
        gort_note_sleep(&gort_sched.sysmon_note);
        return;
    }
    if (gort_note_sleep_until(&gort_sched.sysmon_note, probed_ns + PROBE_NS)) return;
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    bool woken = !gort_sched.sysmon_asleep; // just now
    gort_sched.sysmon_asleep = false;
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    if (woken) gort_note_sleep(&gort_sched.sysmon_note); // uses it up
}

// Invariant 2. True: it slept.
static bool sleep_while_idle(void) {
    if (has_moved()) return false;
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    bool idle = gort_sched.idle_count == gort_sched.processor_count && !gort_flags.schedtrace &&
                (load_seq_cst(&gort_sched.sleeper) || !gort_something_pends());
    gort_sched.sysmon_asleep = idle;
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    if (idle) sleep_on_note();
    return idle;
}

static void sysmon_main(void *unused) {
    (void)unused;
    gort_os_thread_leave_signals();
    unsigned quiet = 0, nap_us = NAP_MIN_US;
    int64_t traced_ns = os_now();
    for (;;) {
        gort_os_nap_us(nap_us);
        if (load_relaxed(&gort_sched.frozen)) return; // it crashes
        if (gort_flags.preemptstress) {
            preempt_any();
            watch(os_now());
            continue;
        }
        bool slept = sleep_while_idle();
        int64_t now = os_now();
        if (gort_flags.schedtrace > 0 && now - traced_ns >= gort_flags.schedtrace * 1000000) {
            traced_ns = now;
            gort_schedtrace();
        }
        Found found = look(now);
        watch(now);
        quiet = slept || found == TAKEN ? 0 : quiet + 1;
        nap_us = next_nap_us(nap_us, quiet, found);
    }
}

__attribute__((noinline, cold)) void gort_sysmon_start(void) {
    gort_forked_check();
    if (!cas_seq_cst(&gort_sched.watched, 0, 1) || gort_flags.has_seed) return;
    gort_preempt_init();
    gort_suspend_listen();
    add_seq_cst(&gort_sched.own_threads, 1);
    if (!gort_os_thread_start(sysmon_main, NULL))
        gort_upcalls.fatal("runtime: cannot create a thread");
}
