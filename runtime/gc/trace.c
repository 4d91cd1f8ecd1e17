// trace.c - GODEBUG=gctrace=1: a line for each collection, in Go's format.
//
//     gc 3 @0.014s 2%: 0.041+0.31+0.028 ms clock, 0.082+0/0.30/0+0.056 ms cpu, 4->4->1 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P
//
// The three clock times: asking all threads to report their stores; marking; the world's stop. The
// cpu times: the first and the last for all processors; in the middle assists, the collector's
// thread, and idle marking, of which there is none here.
#include "gc/gc.h"

#include "base/print.h"

// ns as milliseconds with two significant digits, as Go prints them.
static void put_ms(Print *p, int64_t ns) {
    if (ns < 0) ns = 0;
    int64_t us = ns / 1000;
    if (us >= 100000) {
        gort_print_int(p, us / 1000);
        return;
    }
    gort_print_int(p, us / 1000);
    if (us % 1000 == 0 && us >= 10000) return;
    int64_t fraction = us % 1000;
    int digits = us >= 10000 ? 1 : us >= 1000 ? 2
                                              : 3;
    if (us == 0) return;
    gort_print_text(p, ".");
    for (int i = 0, scale = 100; i < digits; i++, scale /= 10)
        gort_print_int(p, fraction / scale % 10);
}

static void put_mb(Print *p, uint64_t bytes) { gort_print_uint(p, bytes >> 20); }

static void put_start(Print *p, const CycleRecord *r) {
    int64_t since = os_now() - gort_sched.start_ns;
    gort_print_text(p, "gc ");
    gort_print_uint(p, r->number);
    gort_print_text(p, " @");
    gort_print_int(p, (r->start - gort_sched.start_ns) / 1000000000);
    gort_print_text(p, ".");
    for (int64_t ms = (r->start - gort_sched.start_ns) / 1000000 % 1000, scale = 100; scale;
         scale /= 10)
        gort_print_int(p, ms / scale % 10);
    gort_print_text(p, "s ");
    int64_t all = since * load_relaxed(&gort_sched.processor_count);
    gort_print_int(p, all > 0 ? 100 * gort_gc.cpu_ns / all : 0);
    gort_print_text(p, "%: ");
}

void gort_gc_trace(const CycleRecord *r) {
    Print p;
    uint32_t procs = load_relaxed(&gort_sched.processor_count);
    gort_print_start(&p);
    put_start(&p, r);
    put_ms(&p, r->setup_ns);
    gort_print_text(&p, "+");
    put_ms(&p, r->stop - r->start - r->setup_ns);
    gort_print_text(&p, "+");
    put_ms(&p, r->pause_ns);
    gort_print_text(&p, " ms clock, ");
    put_ms(&p, r->setup_ns * procs);
    gort_print_text(&p, "+");
    put_ms(&p, r->assist_ns);
    gort_print_text(&p, "/");
    put_ms(&p, r->mark_cpu_ns);
    gort_print_text(&p, "/0+");
    put_ms(&p, r->pause_ns * procs);
    gort_print_text(&p, " ms cpu, ");
    put_mb(&p, r->heap_start);
    gort_print_text(&p, "->");
    put_mb(&p, r->heap_end);
    gort_print_text(&p, "->");
    put_mb(&p, r->heap_marked);
    gort_print_text(&p, " MB, ");
    put_mb(&p, r->goal);
    gort_print_text(&p, " MB goal, ");
    put_mb(&p, r->stack_bytes);
    gort_print_text(&p, " MB stacks, ");
    put_mb(&p, r->global_bytes);
    gort_print_text(&p, " MB globals, ");
    gort_print_uint(&p, procs);
    gort_print_text(&p, r->forced ? " P (forced)\n" : " P\n");
    gort_print_finish(&p);
}
