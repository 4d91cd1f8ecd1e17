// machine.c - threads, and which of them holds which processor.
//
// A machine is made when a processor has work and no machine is idle, and lives as long as the
// process, unless a goroutine that has locked its thread ends on it. An idle one sleeps on its note, without a processor, in gort_sched.idle_machines;
// whoever wakes it hands it a processor (next_p). The list is last in, first out: the thread that
// slept least is warm.
#include "sched/sched.h"

#include "base/flags.h"
#include "base/print.h"
#include "base/upcalls.h"
#include "os/signal.h"
#include "sched/sanitize.h"
#include "sched/suspend.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

__thread Machine *gort_tls_machine __attribute__((tls_model("initial-exec")));

// ---- processors ---------------------------------------------------------------------------------

void gort_processor_put_idle(Processor *p) {
    p->status = P_IDLE;
    p->next_idle = gort_sched.idle_processors;
    gort_sched.idle_processors = p;
    // Pairs with gort_sched_wake.
    store_seq_cst(&gort_sched.idle_count, gort_sched.idle_count + 1);
}

Processor *gort_processor_get_idle(void) {
    Processor *p = gort_sched.idle_processors;
    if (!p) return NULL;
    gort_sched.idle_processors = p->next_idle;
    p->status = P_RUNNING;
    store_seq_cst(&gort_sched.idle_count, gort_sched.idle_count - 1);
    sysmon_wake();
    return p;
}

void gort_machine_acquire(Machine *m, Processor *p) {
    gort_check(!m->p && !p->machine && "a processor has one holder");
    m->p = p;
    p->machine = m;
    p->now_ns = os_now();
}

Processor *gort_machine_release(Machine *m) {
    Processor *p = m->p;
    gort_check(p && p->machine == m);
    m->p = NULL;
    p->machine = NULL;
    return p;
}

// What whoever woke m has handed over.
void gort_machine_take_given(Machine *m) {
    Processor *p = m->next_p;
    gort_check(p && "who wakes a machine has given it a processor");
    m->next_p = NULL;
    gort_machine_acquire(m, p);
}

// ---- machines -----------------------------------------------------------------------------------

// The structure only; it is not counted yet.
Machine *gort_machine_new(void) {
    Machine *m = aligned_alloc(64, (sizeof *m + 63) & ~(size_t)63);
    if (!m) gort_upcalls.fatal("runtime: out of memory");
    memset(m, 0, sizeof *m);
    m->scheduler.home = NULL;
    store_relaxed(&m->scheduler.status, G_RUNNING);
    return m;
}

void gort_machine_enter_thread(Machine *m) {
    m->errno_address = &errno;
    sanitize_errno(&errno);
    m->thread_id = gort_os_thread_id();
    m->thread_pointer = (uintptr_t)__builtin_thread_pointer();
    random_seed(&m->random, gort_flags.has_seed
                                ? (uint64_t)gort_flags.seed
                                : (uint64_t)os_now() ^ (uint64_t)m->thread_id << 32);
    gort_tls_machine = m;
    gort_signal_unblock(GORT_SUSPEND_SIGNAL); // who started the process, or this thread, may not have cared
    if (gort_upcalls.thread_started) gort_upcalls.thread_started();
}

// A thread of ours begins: its own stack becomes the scheduler's.
static void machine_main(void *arg) {
    Machine *m = arg;
    void *low, *high;
    gort_os_thread_stack(&low, &high);
    m->scheduler.stack = (Stack){low, high};
    sanitize_thread(&m->scheduler);
    m->current = &m->scheduler;
    gort_machine_enter_thread(m);
    gort_suspend_nap_end(m);
    gort_machine_take_given(m);
    gort_scheduler_loop(m);
    gort_machine_end(m);
}

// Whoever walks over the machines holds world_lock (suspend.c) or gort_sched.lock.
static void machine_unlink(Machine *m) {
    Machine **link = &gort_sched.machines;
    while (*link != m) link = &(*link)->next_all;
    store_release(link, m->next_all);
    gort_sched.machine_count--;
}

void gort_machine_end(Machine *m) {
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    Processor *p = gort_machine_release(m);
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    if (gort_upcalls.thread_ended) gort_upcalls.thread_ended();
    gort_suspend_forget(m, machine_unlink);
    gort_processor_handoff(p); // the last one but m must see that it is: m is counted no more
    gort_tls_machine = NULL;
    free(m);
}

// Under gort_sched.lock.
static uint32_t limit(void) { return gort_sched.machine_limit ? gort_sched.machine_limit : GORT_MAX_THREADS; }

static __attribute__((noinline, cold)) void too_many_threads(uint32_t most) {
    Print p;
    gort_print_start(&p);
    gort_print_text(&p, "runtime: program exceeds ");
    gort_print_uint(&p, most);
    gort_print_text(&p, "-thread limit\n");
    gort_print_finish(&p);
    gort_upcalls.fatal("thread exhaustion");
}

static void machine_start(Processor *p, bool spinning) {
    Machine *m = gort_machine_new();
    m->asleep = true; // until its thread runs
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    uint32_t most = limit();
    if (unlikely(gort_sched.machine_count >= most)) {
        gort_lock_release(&gort_sched.lock, RANK_SCHED);
        too_many_threads(most);
    }
    m->id = gort_sched.machine_count++;
    m->next_all = gort_sched.machines;
    store_release(&gort_sched.machines, m);
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    m->next_p = p;
    m->spinning = spinning;
    if (!gort_os_thread_start(machine_main, m))
        gort_upcalls.fatal("runtime: cannot create a thread");
}

int gort_machine_limit(int n) {
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    uint32_t before = limit();
    if (n >= 1) gort_sched.machine_limit = (uint32_t)n;
    bool exceeded = gort_sched.machine_count > limit();
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    if (exceeded) too_many_threads((uint32_t)n);
    return (int)before;
}

void gort_machine_run(Processor *p, bool spinning) {
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    Machine *m = gort_sched.idle_machines;
    if (m) {
        gort_sched.idle_machines = m->next_idle;
        gort_sched.idle_machine_count--;
    }
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    if (!m) {
        machine_start(p, spinning);
        return;
    }
    gort_check(!m->spinning && !m->p);
    m->next_p = p;
    m->spinning = spinning;
    gort_note_wake(&m->note); // its release publishes next_p
}

static void idle_push(Machine *m) {
    m->next_p = NULL;
    m->next_idle = gort_sched.idle_machines;
    gort_sched.idle_machines = m;
    gort_sched.idle_machine_count++;
}

// False: somebody has taken it off already, and is about to wake it.
static bool idle_remove(Machine *m) {
    for (Machine **link = &gort_sched.idle_machines; *link; link = &(*link)->next_idle) {
        if (*link != m) continue;
        *link = m->next_idle;
        gort_sched.idle_machine_count--;
        return true;
    }
    return false;
}

void gort_machine_stop(Machine *m) {
    gort_check(!m->p && !m->spinning && "an idle machine holds nothing");
    int64_t patience_ns = 10000000;
    for (;;) {
        idle_push(m);
        bool again = gort_deadlock_check();
        gort_lock_release(&gort_sched.lock, RANK_SCHED);
        gort_suspend_nap_begin(m);
        bool woken = again ? gort_note_sleep_until(&m->note, os_now() + patience_ns)
                           : (gort_note_sleep(&m->note), true);
        gort_suspend_nap_end(m);
        if (!woken) {
            if (patience_ns < 1000000000) patience_ns *= 2;
            gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
            if (idle_remove(m)) continue;
            gort_lock_release(&gort_sched.lock, RANK_SCHED);
            gort_note_sleep(&m->note);
        }
        if (m->next_p) break;
        gort_lock_acquire(&gort_sched.lock, RANK_SCHED); // poked
    }
    gort_machine_take_given(m);
}

void gort_machine_poke(void) {
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    Machine *m = gort_sched.idle_machines;
    if (m) {
        idle_remove(m);
        gort_note_wake(&m->note); // with next_p NULL
    }
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
}
