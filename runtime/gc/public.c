// public.c - <go/runtime.h>, as far as it is the collector's: thin names for what other files do.
#include "gc/gc.h"

#include <go/runtime.h>

void go_gc(void) { gort_gc_collect(true); }

void go_free_os_memory(void) {
    go_gc();
    Machine *m = machine_current();
    suspend_hold(m);
    gort_heap_release(SIZE_MAX / 2);
    suspend_allow(m);
}

int go_set_gc_percent(int percent) { return gort_pacer_percent(percent, true); }

int64_t go_set_memory_limit(int64_t bytes) { return gort_pacer_limit(bytes, bytes >= 0); }

void go_keep_alive(const void *object) { __asm__ volatile("" ::"r"(object) : "memory"); }

// What lies in the range is greyed at both ends of its life as a root: it may come from, or go to, a
// stack that has been looked through already.
static void grey_range(const void *start, size_t bytes) {
    Machine *m = machine_current();
    suspend_hold(m);
    if (go__gc_marking) gort_grey_words(&m->grey, start, (const char *)start + bytes);
    suspend_allow(m);
}

void go_gc_add_roots(const void *start, size_t bytes) {
    gort_roots_remove(start);
    gort_roots_add(start, bytes);
    grey_range(start, bytes);
}

void go_gc_remove_roots(const void *start) {
    size_t bytes = gort_roots_size(start);
    grey_range(start, bytes);
    gort_roots_remove(start);
}
