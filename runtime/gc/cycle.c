// cycle.c - a collection from its beginning to its end, and the thread that does it.
//
// The collector marks what the program can still reach while the program runs on, and then sweeps
// what it has not marked. An object is white (not reached), grey (marked, not looked into) or black
// (looked into). What makes it sound are four rules, each of which holds for all threads before the
// next one is relied upon:
//   1. Stores are reported (go__gc_marking). Whoever overwrites a pointer in memory that others may
//      read greys what was there (Yuasa's deletion barrier: no object that was reachable when
//      marking began gets out of sight), and greys what is put there (Dijkstra's insertion barrier:
//      an object known only to a stack that nobody has looked through is not hidden in a black
//      object). Together these need no second look at a stack: the hybrid barrier of Go 1.8.
//   2. New objects are black (gort_heap_black), and goroutines are looked through before they run.
//      Only now: a black object that a thread fills in silence would hide what it is filled with.
//   3. Each stack is looked through once, in one go, while its goroutine stands still (stacks.c).
//      Then it is black: whatever its goroutine gets hold of from now on is marked, or will be.
//   4. When nothing is grey any more, in no buffer of any thread, with the world stopped, marking
//      is over: everything white is unreachable, and stays so.
// A thread learns of a flag by answering a question (sched/suspend.c), after which it acts on what
// it has seen: so the steps 1, 2, 3 are a question each, without stopping anybody; only step 4
// stops the world, for as long as it takes to see that all buffers are empty.
//
// Before the next collection begins, everything is swept (so all marks are clear); sweeping is
// done by this thread and by those that need room. Between the end of marking and the first sweep
// the dead objects are looked up for which somebody has a cleanup: in the stop if there are few
// cleanups, else while nobody may sweep, and whoever needs room takes fresh pages.
//
// The collector is a thread of its own, not a goroutine: it needs no processor, so a program that
// blocks all of them does not block it, and the kernel shares the cores fairly between marking and
// the program. Rejected: marking goroutines on a quarter of the processors, as Go has it; with one
// or two processors that needs time slices of its own.
#include "gc/gc.h"

#include "base/flags.h"
#include "base/upcalls.h"
#include <pthread.h>
#include <time.h>

enum { STOP_PATIENCE_NS = 2000000 };

Collector gort_gc;
void (*gort_gc_begun)(uint32_t cycle);

static Machine collector_machine; // stands for the collector's thread; holds no processor
static Note work; // wakes the collector
static pthread_once_t thread_once = PTHREAD_ONCE_INIT;
static ParkLock waiters_lock = {.rank = RANK_ROOTS};
static Goroutine *waiters; // under waiters_lock, linked by next

// ---- phases -------------------------------------------------------------------------------------

static int64_t unix_ns(void) { return gort_clock_ns(CLOCK_REALTIME); }

static int64_t thread_cpu_ns(void) { return gort_clock_ns(CLOCK_THREAD_CPUTIME_ID); }

static void sweep_rest(void) {
    while (gort_heap_sweep_one()) {}
    while (!gort_heap_sweep_done()) gort_os_nap_us(20);
}

// Rules 1 and 2.
static void barrier_on(void) {
    gort_roots_prepare();
    store_seq_cst(&gort_gc.cycle, gort_gc.cycle + 1);
    store_seq_cst(&go__gc_marking, 1);
    gort_ask_all(ASK_FLUSH);
    store_seq_cst(&gort_heap_black, 1);
}

// Rule 3.
static void roots_scan(void) {
    GreyBuffer *b = &gort_gc.grey;
    gort_ask_all(ASK_SCAN);
    gort_roots_globals(b);
    gort_roots_others(b, false);
    gort_cleanups_roots(b);
    while (!gort_stacks_scan(b)) {
        gort_mark_drain(b);
        gort_ask_all(ASK_SCAN);
    }
}

static void caches_flush(void) {
    uint32_t made = load_acquire(&gort_sched.processors_made);
    for (uint32_t i = 0; i < made; i++) gort_heap_cache_flush(&gort_sched.processors[i]->heap);
    gort_heap_cache_flush(NULL);
}

static bool cleanups_later, cleanups_found;

// The world goes on.
static void cleanups_finish(void) {
    if (cleanups_later) {
        cleanups_found = gort_cleanups_collect();
        gort_heap_sweep_pause(false);
    }
    if (cleanups_found) gort_cleanups_run(&collector_machine);
}

// The world is stopped and nothing is grey.
static void marking_finish(void) {
    CycleRecord *r = &gort_gc.record;
    cleanups_later = !gort_cleanups_are_few();
    if (gort_flags.checkmark) gort_mark_check();
    if (gort_flags.cgocheck) gort_cgocheck();
    if (gort_flags.verify) gort_heap_verify();
    store_seq_cst(&go__gc_marking, 0);
    caches_flush();
    store_seq_cst(&gort_heap_black, 0);
    gort_heap_sweep_pause(cleanups_later);
    store_relaxed(&gort_gc.marked, gort_gc.marked + 1);
    cleanups_found = !cleanups_later && gort_cleanups_collect();
    r->heap_end = load_relaxed(&gort_heap_live);
    r->heap_marked = load_relaxed(&gort_gc.marked_bytes);
    gort_pacer_finish();
    gort_heap_sweep_start();
}

// Rule 4. False: a thread did not stop, or something was still grey.
static bool marking_try_finish(bool *stopped) {
    CycleRecord *r = &gort_gc.record;
    r->stop = os_now();
    *stopped = gort_world_stop(STOP_PATIENCE_NS);
    if (!*stopped) return false;
    bool done = gort_grey_list_is_empty() && !gort_gc.grey.chunk;
    if (done) marking_finish();
    r->end = gort_world_resume();
    return done;
}

// What is grey is looked into at once, however often there is more: there are only so many objects.
// A thread that does not stop is left alone for a while.
static void mark(void) {
    GreyBuffer *b = &gort_gc.grey;
    bool stopped = true;
    for (unsigned refused = 0;;) {
        gort_mark_drain(b);
        gort_ask_all(ASK_FLUSH); // cheap, and most likely the last thing that anybody has
        if (!gort_grey_list_is_empty()) continue;
        gort_roots_globals(b); // again: C code stores there without telling
        gort_mark_drain(b);
        gort_grey_flush(b);
        if (!gort_grey_list_is_empty()) continue;
        if (marking_try_finish(&stopped)) return;
        if (!stopped) gort_os_nap_us(100u << (refused < 10 ? refused++ : 10));
    }
}

// ---- the collection -----------------------------------------------------------------------------

static void waiters_wake(void) {
    spin_lock(&waiters_lock.lock, RANK_ROOTS);
    Goroutine *g = waiters;
    waiters = NULL;
    spin_unlock(&waiters_lock.lock, RANK_ROOTS);
    while (g) {
        Goroutine *next = g->next;
        gort_ready(g);
        add_seq_cst(&gort_sched.collecting, (uint32_t)-1);
        g = next;
    }
}

static void record_start(Cause why) {
    CycleRecord *r = &gort_gc.record;
    *r = (CycleRecord){.number = gort_gc.cycle + 1, .forced = why == CAUSE_FORCED};
    r->start = os_now();
    r->heap_start = load_relaxed(&gort_heap_live);
    r->goal = gort_pacer_goal();
    store_relaxed(&gort_gc.marked_bytes, 0);
    store_relaxed(&gort_gc.scan_bytes, 0);
    store_relaxed(&gort_gc.assist_ns, 0);
    gort_stacks_begin();
}

static void record_finish(int64_t cpu_before) {
    CycleRecord *r = &gort_gc.record;
    r->mark_cpu_ns = thread_cpu_ns() - cpu_before;
    r->assist_ns = (int64_t)load_relaxed(&gort_gc.assist_ns);
    r->pause_ns = r->end - r->stop;
    r->stack_bytes = gort_stacks_bytes();
    r->global_bytes = gort_roots_bytes();
    uint32_t slot = (uint32_t)(r->number + 255) % 256;
    gort_gc.pauses_ns[slot] = (uint64_t)r->pause_ns;
    gort_gc.pause_ends_ns[slot] = (uint64_t)unix_ns();
    gort_gc.pause_total_ns += (uint64_t)r->pause_ns;
    gort_gc.forced_count += r->forced;
    gort_gc.cpu_ns += r->mark_cpu_ns + r->assist_ns;
    gort_gc.last_ns = r->end;
    gort_gc.last_unix_ns = unix_ns();
}

static void collect(Cause why) {
    CycleRecord *r = &gort_gc.record;
    gort_limiter_update();
    store_seq_cst(&gort_gc.running, true);
    add_seq_cst(&gort_sched.collecting, 1);
    sweep_rest();
    int64_t cpu_before = thread_cpu_ns();
    record_start(why);
    gort_pacer_begin();
    barrier_on();
    void (*begun)(uint32_t) = load_acquire(&gort_gc_begun);
    if (begun) begun(gort_gc.cycle);
    r->setup_ns = os_now() - r->start;
    roots_scan();
    r->scanned = os_now();
    mark();
    record_finish(cpu_before);
    cleanups_finish();
    if (gort_flags.gctrace) gort_gc_trace(r);
    sweep_rest();
    gort_pacer_swept();
    gort_limiter_update();
    add_seq_cst(&gort_gc.completed, 1);
    store_seq_cst(&gort_gc.running, false);
    gort_gate_open(&gort_gc.completed);
    waiters_wake();
    add_seq_cst(&gort_sched.collecting, (uint32_t)-1);
}

// ---- the thread ---------------------------------------------------------------------------------

static Cause wait_for_work(void) {
    for (;;) {
        Cause why = exchange_seq_cst(&gort_gc.wanted, CAUSE_NONE);
        if (why != CAUSE_NONE) return why;
        bool off = gort_pacer_percent(0, false) < 0;
        int64_t last_ns = gort_gc.last_ns && !off ? gort_gc.last_ns : os_now();
        if (!gort_note_sleep_until(&work, last_ns + gort_flags.forcegcperiod * 1000000) && !off)
            return CAUSE_TIME;
    }
}

static void collector_main(void *arg) {
    (void)arg;
    Machine *m = &collector_machine;
    m->current = &m->scheduler;
    store_relaxed(&m->scheduler.status, G_RUNNING);
    gort_machine_enter_thread(m);
    gort_limiter_start();
    for (;;) {
        Cause why = wait_for_work();
        // Whoever asked may have looked at the heap before the last collection ended.
        if (why != CAUSE_HEAP || gort_pacer_is_due()) collect(why);
    }
}

// After a fork the child has one thread, and no collector.
static void forked(void) {
    gort_gc.off = true;
    go__gc_marking = 0;
    gort_heap_black = 0;
}

static void thread_make(void) {
    pthread_atfork(NULL, NULL, forked);
    add_seq_cst(&gort_sched.own_threads, 1);
    if (!gort_os_thread_start(collector_main, NULL))
        gort_upcalls.fatal("runtime: cannot create the collector's thread");
}

void gort_gc_want(Cause why) {
    if (gort_gc.off) return;
    for (Cause now = load_seq_cst(&gort_gc.wanted); now < why;
         now = load_seq_cst(&gort_gc.wanted))
        if (cas_seq_cst(&gort_gc.wanted, now, why)) break;
    pthread_once(&thread_once, thread_make);
    gort_note_wake(&work);
}

// ---- waiting ------------------------------------------------------------------------------------

// Parks unless that many collections are over already.
static void park_until(uint32_t completed) {
    spin_lock(&waiters_lock.lock, RANK_ROOTS);
    if ((int32_t)(load_seq_cst(&gort_gc.completed) - completed) >= 0) {
        spin_unlock(&waiters_lock.lock, RANK_ROOTS);
        return;
    }
    Goroutine *g = gort_current();
    g->next = waiters;
    waiters = g;
    waiters_lock.next = NULL;
    add_seq_cst(&gort_sched.collecting, 1); // no deadlock: the collector will make it ready
    gort_park(&waiters_lock, WAIT_COLLECTION);
}

void gort_gc_collect(bool park) {
    if (gort_gc.off || machine_current()->current == &machine_current()->scheduler) return;
    // One that is under way has begun before us. (Read in this order: see collect.)
    uint32_t under_way = load_seq_cst(&gort_gc.running);
    uint32_t completed = load_seq_cst(&gort_gc.completed), wanted = completed + 1 + under_way;
    gort_gc_want(CAUSE_FORCED);
    for (; (int32_t)(completed - wanted) < 0; completed = load_seq_cst(&gort_gc.completed)) {
        if (park)
            park_until(completed + 1);
        else
            gort_gate_wait(&gort_gc.completed, completed);
    }
}
