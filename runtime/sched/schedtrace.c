// schedtrace.c - GODEBUG=schedtrace=MS, with scheddetail=1: what the scheduler is doing, in Go's words.
//
//     SCHED 1003ms: gomaxprocs=2 idleprocs=0 threads=5 spinningthreads=0 needspinning=0 idlethreads=1 runqueue=0 [ 0 1 ] schedticks=[ 9 8 ]
//
// Printed by sysmon (sysmon.c), every MS milliseconds, and once at the start. With scheddetail a line for each
// processor, thread and goroutine follows. Status numbers are Go's: processors 0 idle, 1 running, 2 in a
// call; goroutines 1 runnable, 2 running, 3 in a call, 4 waiting, 6 dead. What Go prints of things that
// this runtime does not have is printed as it would be at rest.
// Most of what is read changes meanwhile: only what gort_sched.lock guards is exact.
#include "sched/sched.h"

#include "base/flags.h"
#include "base/print.h"
#include "sched/timer.h"

static void put(Print *p, const char *name, uint64_t value) {
    gort_print_text(p, name);
    gort_print_uint(p, value);
}

static void put_or_nil(Print *p, const char *name, bool is, uint64_t value) {
    if (is)
        put(p, name, value);
    else
        gort_print_text(p, name), gort_print_text(p, "nil");
}

static void put_bool(Print *p, const char *name, bool value) {
    gort_print_text(p, name);
    gort_print_text(p, value ? "true" : "false");
}

static uint32_t threads(void) {
    return gort_sched.machine_count + load_relaxed(&gort_sched.own_threads);
}

static void summary(Print *p) {
    put(p, "SCHED ", (uint64_t)(os_now() - gort_sched.start_ns) / 1000000);
    put(p, "ms: gomaxprocs=", gort_sched.processor_count);
    put(p, " idleprocs=", gort_sched.idle_count);
    put(p, " threads=", threads());
    put(p, " spinningthreads=", load_relaxed(&gort_sched.spinning));
    put(p, " needspinning=0 idlethreads=", gort_sched.idle_machine_count);
    put(p, " runqueue=", gort_sched.queue_count + gort_sched.homeward_count);
}

static void queues(Print *p) {
    gort_print_text(p, " [ ");
    for (uint32_t i = 0; i < gort_sched.processor_count; i++, gort_print_text(p, " "))
        gort_print_uint(p, gort_runq_length(gort_sched.processors[i]));
    gort_print_text(p, "] schedticks=[ ");
    for (uint32_t i = 0; i < gort_sched.processor_count; i++, gort_print_text(p, " "))
        gort_print_uint(p, load_relaxed(&gort_sched.processors[i]->tick));
    gort_print_text(p, "]\n");
}

static void processor(Print *p, const Processor *q) {
    put(p, "  P", q->id);
    put(p, ": status=", load_relaxed(&q->caller) ? 2 : q->status == P_RUNNING);
    put(p, " schedtick=", load_relaxed(&q->tick));
    put(p, " syscalltick=", load_relaxed(&q->calls));
    put_or_nil(p, " m=", q->machine, q->machine ? q->machine->id : 0);
    put(p, " runqsize=", gort_runq_length(q));
    put(p, " gfreecnt=", q->goroutines.count);
    put(p, " timerslen=", q->timers.count);
    gort_print_text(p, "\n");
}

static const Processor *processor_of(const Machine *m) {
    for (uint32_t i = 0; i < gort_sched.processor_count; i++)
        if (gort_sched.processors[i]->machine == m) return gort_sched.processors[i];
    return NULL;
}

static void machine(Print *p, Machine *m) {
    const Processor *q = processor_of(m);
    Goroutine *g = load_relaxed(&m->current);
    bool runs = g && g != &m->scheduler;
    put(p, "  M", m->id);
    put_or_nil(p, ": p=", q, q ? q->id : 0);
    put_or_nil(p, " curg=", runs, runs ? g->id : 0);
    gort_print_text(p, " mallocing=0 throwing=0 preemptoff=");
    put(p, " locks=", load_relaxed(&m->nosuspend));
    gort_print_text(p, " dying=0");
    put_bool(p, " spinning=", m->spinning);
    put_bool(p, " blocked=", load_relaxed(&m->asleep));
    put_or_nil(p, " lockedg=", runs && g->pins, runs ? g->id : 0);
    gort_print_text(p, "\n");
}

static Machine *machine_of(const Goroutine *g) {
    for (Machine *m = gort_sched.machines; m; m = m->next_all)
        if (load_relaxed(&m->current) == g) return m;
    return NULL;
}

static bool goroutine(Goroutine *g, void *arg) {
    Print *p = arg;
    uint8_t status = load_relaxed(&g->status);
    if (status == G_IDLE) return true;
    Machine *m = machine_of(g);
    bool in_call = status == G_RUNNING && m && m->standing;
    put(p, "  G", g->id);
    put(p, ": status=", in_call ? 3 : status == G_WAITING ? 4
                                  : status == G_DEAD      ? 6
                                                          : status);
    gort_print_text(p, "(");
    if (status == G_WAITING) gort_print_text(p, gort_wait_reason_name(load_relaxed(&g->wait_reason)));
    put_or_nil(p, ") m=", m, m ? m->id : 0);
    Machine *home = load_relaxed(&g->home);
    put_or_nil(p, " lockedm=", home, home ? home->id : 0);
    gort_print_text(p, "\n");
    return true;
}

static void details(Print *p) {
    put_bool(p, " gcwaiting=", load_relaxed(&gort_sched.collecting));
    put(p, " nmidlelocked=", gort_sched.home_waiting);
    gort_print_text(p, " stopwait=0");
    put_bool(p, " sysmonwait=", gort_sched.sysmon_asleep);
    gort_print_text(p, "\n");
    for (uint32_t i = 0; i < gort_sched.processor_count; i++) processor(p, gort_sched.processors[i]);
    for (Machine *m = gort_sched.machines; m; m = m->next_all) machine(p, m);
    gort_goroutine_each(goroutine, p);
}

void gort_schedtrace(void) {
    Print p;
    gort_print_start(&p);
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    summary(&p);
    if (gort_flags.scheddetail)
        details(&p);
    else
        queues(&p);
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    gort_print_finish(&p);
}
