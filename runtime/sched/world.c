// world.c - how many processors there are, and stopping everybody.
//
// GOMAXPROCS changes without stopping the world. More: new processors are made, and wait idle. Fewer: idle ones are taken off the list at once,
// and the holder of a busy one gives it up at its next schedule (proc.c: attend), its goroutines going to the global
// queue. Processors once made are never freed: their timers stay where they are, and whoever looks for timers looks at all of them.
#include "sched/sched.h"

#include "base/flags.h"
#include "base/upcalls.h"
#include "sched/timer.h"
#include <stdlib.h>
#include <string.h>

static Lock procs_lock;          // one change at a time

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
        store_release(&gort_sched.processors_made, i + 1);    // pairs with those who walk over all
    }
    Processor *p = gort_sched.processors[i];
    if (gort_flags.has_seed) store_relaxed(&p->attention, true);
    if (p->status == P_NONE) gort_processor_put_idle(p);
}

int gort_world_set_procs(int n) {
    gort_lock_acquire(&procs_lock, RANK_START);
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    int before = (int)gort_sched.processor_count;
    if (n > GORT_MAX_PROCS) n = GORT_MAX_PROCS;
    if (n >= 1 && n != before && !(gort_flags.has_seed && before)) {
        store_relaxed(&gort_sched.processor_count, (uint32_t)n);
        idle_retire((uint32_t)n);
        for (uint32_t i = 0; i < (uint32_t)n; i++) processor_enlist(i);
        for (uint32_t i = (uint32_t)n; i < gort_sched.processors_made; i++) store_relaxed(&gort_sched.processors[i]->attention, true);
    }
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    gort_lock_release(&procs_lock, RANK_START);
    if (n > before && before) gort_sched_wake();
    return before;
}

void gort_world_freeze(void) {
    store_seq_cst(&gort_sched.frozen, true);
    uint32_t made = load_acquire(&gort_sched.processors_made);
    for (uint32_t i = 0; i < made; i++) store_relaxed(&gort_sched.processors[i]->attention, true);
    // A running goroutine is not interrupted; give those on other threads a moment to reach their next schedule.
    for (int i = 0; i < 5; i++) gort_os_nap_us(200);
}
