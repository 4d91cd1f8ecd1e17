// cleanup.c - functions that run when an object is gone.
//
// A table of cleanups, which is no root: it holds an object's address inverted, so that not even a
// conservative look would take it for one; `arg` is a root of its own. After marking, and before
// anything is swept, the table is looked through for objects that are not marked: those are queued,
// and a goroutine of the runtime calls them one after the other. The object itself may be swept at
// once: nothing of it is passed to the function.
//   1. An entry is free, waiting (object known), or queued. A handle names an entry and its
//      generation, so one that is stale does nothing.
//   2. Everything is under cleanups_lock, which is held for a few instructions, or by the collector
//      for a walk through the table.
//   3. One goroutine at a time runs the queue. It ends when the queue is empty.
#include "gc/gc.h"

#include "base/upcalls.h"
#include "sched/sanitize.h"
#include <go/runtime.h>
#include <string.h>

typedef struct Cleanup {
    uintptr_t hidden; // ~address; 0: free or queued
    void (*fn)(void *);
    void *arg;
    uint32_t next; // in the free list or the queue: index + 1
    uint32_t generation;
    uint32_t born; // gort_gc.marked then: its object was alive after that many markings
} Cleanup;

enum { FEW = 1000 }; // entries

static Lock cleanups_lock;
static Cleanup *table; // under cleanups_lock, all of it
static uint32_t used, capacity;
static uint32_t free_first, queue_first, queue_last; // index + 1
static bool runner_exists;

// ---- the table ----------------------------------------------------------------------------------

static void table_grow(void) {
    uint32_t more = capacity ? 2 * capacity : 1024;
    Cleanup *t = gort_os_memory_map((size_t)more * sizeof *t, 4096);
    if (!t) gort_upcalls.fatal("out of memory (cleanups)");
    if (capacity) {
        memcpy(t, table, (size_t)capacity * sizeof *t);
        gort_os_memory_unmap(table, (size_t)capacity * sizeof *t);
    }
    table = t;
    capacity = more;
}

static uint32_t entry_take(void) {
    if (free_first) {
        uint32_t i = free_first - 1;
        free_first = table[i].next;
        return i;
    }
    if (used == capacity) table_grow();
    store_relaxed(&used, used + 1); // read without the lock as a hint
    return used - 1;
}

static void entry_free(uint32_t i) {
    table[i] = (Cleanup){.next = free_first, .generation = table[i].generation + 1};
    free_first = i + 1;
}

// ---- for programs -------------------------------------------------------------------------------

go_cleanup go_add_cleanup(void *object, void (*fn)(void *), void *arg) {
    if (!object) gort_upcalls.panic_plain("go_add_cleanup: object is NULL");
    if (!fn) gort_upcalls.panic_plain("go_add_cleanup: fn is NULL");
    if (object == arg)
        gort_upcalls.panic_plain("go_add_cleanup: object is equal to arg, so the cleanup would "
                                 "never run");
    Machine *m = machine_current();
    Object o;
    if (!gort_object_find((uintptr_t)object, &o)) return (go_cleanup){0};
    suspend_hold(m);
    gort_lock_acquire(&cleanups_lock, RANK_ROOTS);
    sanitize_release(&table); // what comes before comes before the function
    uint32_t i = entry_take();
    Cleanup *c = &table[i];
    *c = (Cleanup){~(uintptr_t)object, fn, arg, 0, c->generation, gort_gc.marked};
    if (go__gc_marking) grey_word(&m->grey, (uintptr_t)arg); // the roots may have been looked at
    uint64_t id = (uint64_t)(c->generation + 1) << 32 | (i + 1);
    gort_lock_release(&cleanups_lock, RANK_ROOTS);
    suspend_allow(m);
    return (go_cleanup){id};
}

void go_cleanup_stop(go_cleanup c) {
    uint32_t i = (uint32_t)c.id - 1, generation = (uint32_t)(c.id >> 32) - 1;
    if (!c.id) return;
    Machine *m = machine_current();
    suspend_hold(m);
    gort_lock_acquire(&cleanups_lock, RANK_ROOTS);
    if (i < used && table[i].hidden && table[i].generation == generation) {
        if (go__gc_marking) grey_word(&m->grey, (uintptr_t)table[i].arg);
        entry_free(i);
    }
    gort_lock_release(&cleanups_lock, RANK_ROOTS);
    suspend_allow(m);
}

// ---- for the collector --------------------------------------------------------------------------

void gort_cleanups_roots(GreyBuffer *b) {
    gort_lock_acquire(&cleanups_lock, RANK_ROOTS);
    for (uint32_t i = 0; i < used; i++)
        if (table[i].fn) grey_word(b, (uintptr_t)table[i].arg);
    gort_lock_release(&cleanups_lock, RANK_ROOTS);
}

// An object that was made since marking ended is not marked either.
static bool is_dead(const Cleanup *c) {
    Object o;
    return c->hidden && c->born != gort_gc.marked && gort_object_find(~c->hidden, &o) &&
           !gort_object_is_marked(o.span, o.index);
}

static void queue_put(uint32_t i) {
    table[i].hidden = 0;
    table[i].next = 0;
    if (queue_last)
        table[queue_last - 1].next = i + 1;
    else
        queue_first = i + 1;
    queue_last = i + 1;
}

bool gort_cleanups_are_few(void) { return load_relaxed(&used) <= FEW; }

bool gort_cleanups_collect(void) {
    bool any = false;
    gort_lock_acquire(&cleanups_lock, RANK_ROOTS);
    for (uint32_t i = 0; i < used; i++)
        if (is_dead(&table[i])) {
            queue_put(i);
            any = true;
        }
    gort_lock_release(&cleanups_lock, RANK_ROOTS);
    return any;
}

// ---- the goroutine ------------------------------------------------------------------------------

// The next to call, or false, and the goroutine counts as gone. What it calls it with is known to
// its stack from here on.
static bool queue_take(Cleanup *out) {
    Machine *m = machine_current();
    suspend_hold(m);
    gort_lock_acquire(&cleanups_lock, RANK_ROOTS);
    uint32_t i = queue_first - 1;
    bool any = queue_first != 0;
    sanitize_acquire(&table);
    if (any) {
        *out = table[i];
        if (go__gc_marking) grey_word(&m->grey, (uintptr_t)out->arg);
        queue_first = out->next;
        if (!queue_first) queue_last = 0;
        entry_free(i);
    } else {
        runner_exists = false;
    }
    gort_lock_release(&cleanups_lock, RANK_ROOTS);
    suspend_allow(m);
    return any;
}

static void run_queue(void *arg) {
    (void)arg;
    Cleanup c;
    while (queue_take(&c)) c.fn(c.arg);
}

void gort_cleanups_run(Machine *m) {
    gort_lock_acquire(&cleanups_lock, RANK_ROOTS);
    bool start = !runner_exists;
    runner_exists = true;
    gort_lock_release(&cleanups_lock, RANK_ROOTS);
    if (start) gort_sched_put(m, gort_goroutine_new(m, run_queue, NULL, 0, (const void *)run_queue));
}
