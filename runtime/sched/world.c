// world.c - how many processors there are, and stopping everybody.
//
// GOMAXPROCS changes without stopping the world. More: new processors are made, and wait idle.
// Fewer: idle ones are taken off the list at once, and the holder of a busy one gives it up at its
// next schedule (proc.c: attend), its goroutines going to the global queue, its timers to the first
// processor. Processors once made are never freed.
#include "sched/sched.h"

#include "base/flags.h"
#include "base/upcalls.h"
#include "sched/timer.h"
#include <stdlib.h>
#include <string.h>

static Lock procs_lock; // one change at a time

static Processor *processor_make(uint32_t id) {
    Processor *p = aligned_alloc(128, sizeof *p);
    if (!p) gort_upcalls.fatal("runtime: out of memory");
    memset(p, 0, sizeof *p);
    p->id = id;
    gort_timer_heap_init(&p->timers);
    return p;
}

// Under gort_sched.lock. Idle processors that are out of range leave the list.
static void idle_retire(uint32_t n) {
    Processor *all = gort_sched.idle_processors, *next;
    gort_sched.idle_processors = NULL;
    gort_sched.idle_count = 0;
    for (; all; all = next) {
        next = all->next_idle;
        if (all->id < n)
            gort_processor_put_idle(all);
        else
            all->status = P_NONE;
    }
}

// Under gort_sched.lock. Processor i exists and is in use: idle, or its holder keeps it.
static void processor_enlist(uint32_t i) {
    if (i == gort_sched.processors_made) {
        gort_sched.processors[i] = processor_make(i);
        store_release(&gort_sched.processors_made, i + 1); // pairs with those who walk over all
    }
    Processor *p = gort_sched.processors[i];
    if (gort_flags.has_seed) store_relaxed(&p->attention, true);
    if (p->status == P_NONE) gort_processor_put_idle(p);
}

// A heap is open before its processor is used, and closed after: the holder of a busy one may still
// be at work, and finds the heap closed when it starts a timer.
static void heaps_open(uint32_t n) {
    for (uint32_t i = 0; i < n && i < gort_sched.processors_made; i++)
        gort_timers_enlist(&gort_sched.processors[i]->timers);
}

static void heaps_close(uint32_t n) {
    for (uint32_t i = n; i < gort_sched.processors_made; i++)
        gort_timers_retire(&gort_sched.processors[i]->timers);
}

// Under sched.lock.
static void procs_change(uint32_t n) {
    store_relaxed(&gort_sched.processor_count, n);
    idle_retire(n);
    for (uint32_t i = 0; i < n; i++) processor_enlist(i);
    for (uint32_t i = n; i < gort_sched.processors_made; i++)
        store_relaxed(&gort_sched.processors[i]->attention, true);
}

int gort_world_set_procs(int n) {
    gort_lock_acquire(&procs_lock, RANK_START);
    int before = (int)gort_sched.processor_count;
    if (n > GORT_MAX_PROCS) n = GORT_MAX_PROCS;
    bool changes = n >= 1 && n != before && !(gort_flags.has_seed && before);
    if (changes) {
        heaps_open((uint32_t)n);
        gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
        procs_change((uint32_t)n);
        gort_lock_release(&gort_sched.lock, RANK_SCHED);
        heaps_close((uint32_t)n);
    }
    gort_lock_release(&procs_lock, RANK_START);
    // For new processors, and for who missed one while the list was rebuilt.
    if (changes && before > 0) gort_sched_wake();
    return before;
}

void gort_world_freeze(void) {
    store_seq_cst(&gort_sched.frozen, true);
    uint32_t made = load_acquire(&gort_sched.processors_made);
    for (uint32_t i = 0; i < made; i++) store_relaxed(&gort_sched.processors[i]->attention, true);
    // A running goroutine is not interrupted; give those on other threads a moment to reach their
    // next schedule.
    for (int i = 0; i < 5; i++) gort_os_nap_us(200);
}
