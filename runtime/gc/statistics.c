// statistics.c - go_read_memstats: the numbers of the allocator, of stacks and of collections in one
// struct.
#include "gc/gc.h"

#include <go/runtime.h>
#include <string.h>

static void fill_heap(struct go_memstats *out, const HeapStats *h) {
    out->alloc = out->heap_alloc = h->bytes;
    out->total_alloc = h->total_alloc;
    out->mallocs = h->mallocs;
    out->frees = h->frees;
    out->heap_objects = h->objects;
    out->heap_sys = h->sys;
    out->heap_inuse = h->inuse;
    out->heap_idle = h->idle;
    out->heap_released = h->released;
    out->mspan_inuse = h->metadata_inuse;
    out->mspan_sys = h->metadata_sys;
}

static void fill_collector(struct go_memstats *out) {
    out->next_gc = gort_pacer_goal();
    out->last_gc = (uint64_t)gort_gc.last_unix_ns;
    out->pause_total_ns = gort_gc.pause_total_ns;
    memcpy(out->pause_ns, gort_gc.pauses_ns, sizeof out->pause_ns);
    memcpy(out->pause_end, gort_gc.pause_ends_ns, sizeof out->pause_end);
    out->num_gc = load_relaxed(&gort_gc.marked);
    out->num_forced_gc = (uint32_t)gort_gc.forced_count;
    int64_t all = (os_now() - gort_sched.start_ns) * load_relaxed(&gort_sched.processor_count);
    out->gc_cpu_fraction = all > 0 ? (double)gort_gc.cpu_ns / (double)all : 0;
    out->enable_gc = true;
}

void go_read_memstats(struct go_memstats *out) {
    HeapStats h;
    Machine *m = machine_current();
    memset(out, 0, sizeof *out);
    suspend_hold(m);
    gort_heap_stats(&h);
    suspend_allow(m);
    fill_heap(out, &h);
    gort_stack_stats(&out->stack_inuse, &out->stack_sys);
    out->mcache_sys = out->mcache_inuse =
        load_relaxed(&gort_sched.processors_made) * (uint64_t)sizeof(HeapCache);
    out->gc_sys = gort_grey_mapped_bytes();
    fill_collector(out);
    out->sys = out->heap_sys + out->stack_sys + out->mspan_sys + out->mcache_sys + out->gc_sys +
               out->other_sys;
}
