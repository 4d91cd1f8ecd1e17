// gc.h - the collector: what its files share.
//
// Reading order: cycle.c (the phases of a collection, and why nothing is lost), mark.c (from grey
// to black), stacks.c (goroutines), roots.c (everything else that is not an object), barrier.c
// (what stores tell), pacer.c (when to collect), limiter.c (and when not), cleanup.c (functions that run when an object is
// gone), thread.c and copy.c (what generated code calls in place of libc), statistics.c, trace.c,
// checkmark.c, cgocheck.c, public.c.
#ifndef GORT_GC_GC_H
#define GORT_GC_GC_H

#include "base/abi.h"
#include "base/atomic.h"
#include "base/check.h"
#include "mem/grey.h"
#include "mem/heap.h"
#include "sched/sched.h"
#include "sched/suspend.h"
#include <time.h>

// ---- cycle.c ------------------------------------------------------------------------------------

typedef enum Cause { CAUSE_NONE,
                     CAUSE_HEAP, // as much has been allocated as the pacer allows
                     CAUSE_TIME, // two minutes without a collection
                     CAUSE_FORCED } Cause; // go_gc, gcstress

// What one collection did, for gctrace and the statistics. Times in ns.
typedef struct CycleRecord {
    uint64_t number;
    bool forced;
    int64_t start, scanned, stop, end; // os_now(): see cycle.c
    int64_t setup_ns, pause_ns; // asking all threads at the start; the world's stop at the end
    int64_t mark_cpu_ns, assist_ns;
    uint64_t heap_start, heap_end, heap_marked, goal;
    uint64_t stack_bytes, global_bytes;
} CycleRecord;

typedef struct Collector {
    uint32_t cycle; // (a) number of the current or last collection: 1, 2, ...; see stacks.c
    uint32_t wanted; // (a) Cause: somebody wants a collection
    uint32_t completed; // (a) collections that are over, sweeping too
    uint32_t marked; // (a) markings that are over; changes with the world stopped
    bool running; // (a) a collection is under way
    bool off; // (a) the child of a fork: no collector here
    int64_t last_ns; // (a) when the last one ended, os_now()
    int64_t last_unix_ns;
    GreyBuffer grey; // the collector's own
    uint64_t marked_bytes, scan_bytes; // (a) by all, in this cycle
    uint64_t last_scan_bytes; // (a) scan_bytes of the last cycle
    uint64_t assist_ns; // (a) spent by allocating threads, in this cycle
    CycleRecord record; // of the current or last one
    uint64_t pause_total_ns, forced_count;
    uint64_t pauses_ns[256], pause_ends_ns[256]; // the last ones, by number % 256
    int64_t cpu_ns; // of all collections
} Collector;

extern Collector gort_gc;

// Called, if set, by each collection between rules 2 and 3 of cycle.c, on the collector's thread: all
// threads have seen the new number, nothing has been looked at. For sync/pool.c, which sets it once.
extern void (*gort_gc_begun)(uint32_t cycle);

void gort_gc_want(Cause why); // wakes the collector; starts its thread on the first call
// Until a collection that began after the call is over. The goroutine parks; other threads, and
// callers for which that would not do, sleep.
void gort_gc_collect(bool park);

// ---- mark.c -------------------------------------------------------------------------------------

// Looks into grey objects until there are none in the buffer nor in the shared list.
void gort_mark_drain(GreyBuffer *b);
// The same for about `bytes` bytes of objects of the shared list; how many it was. Suspension held off.
uint64_t gort_mark_some(GreyBuffer *b, uint64_t bytes);
// Adds what the buffer has counted to the cycle's sums.
void gort_mark_account(GreyBuffer *b);

// ---- stacks.c -----------------------------------------------------------------------------------

void gort_gc_answer(struct Machine *m, bool scan, const struct Standing *at);
void gort_gc_before_run(struct Machine *m, struct Goroutine *g, void *sp);
void gort_gc_born(struct Machine *m, struct Goroutine *g);
// Looks through the stacks of goroutines that do not run. True if there was none left, nor one that
// runs and must be asked.
bool gort_stacks_scan(GreyBuffer *b);
void gort_stacks_begin(void);
uint64_t gort_stacks_bytes(void); // looked through in this cycle

// ---- roots.c ------------------------------------------------------------------------------------

void gort_roots_prepare(void); // finds thread-local variables; before a thread is asked to scan
void gort_roots_globals(GreyBuffer *b);
// The same, without the loader's lock: what the last call found. For checkmark.
void gort_roots_globals_again(GreyBuffer *b);
void gort_roots_thread(GreyBuffer *b, uintptr_t thread_pointer, bool initial);
// Timers, registered ranges. try: without those whose lock is taken.
void gort_roots_others(GreyBuffer *b, bool try);
uint64_t gort_roots_bytes(void);
void gort_roots_add(const void *start, size_t bytes);
void gort_roots_remove(const void *start);
size_t gort_roots_size(const void *start); // as registered; 0: it is not

// ---- cleanup.c ----------------------------------------------------------------------------------

void gort_cleanups_roots(GreyBuffer *b);
// After marking, before any sweeping: those of unmarked objects are queued; true if any were.
bool gort_cleanups_collect(void);
bool gort_cleanups_are_few(void); // collecting them takes some 10 us at most
void gort_cleanups_run(Machine *m); // starts the goroutine that calls them, if it does not run

// ---- pacer.c ------------------------------------------------------------------------------------

void gort_pacer_begin(void); // a cycle begins
void gort_pacer_finish(void); // the world is stopped, marking is over: the next trigger
void gort_pacer_swept(void); // gives memory back
uint64_t gort_pacer_goal(void);
bool gort_pacer_is_due(void); // enough was allocated for a collection
int gort_pacer_percent(int percent, bool set);
int64_t gort_pacer_limit(int64_t bytes, bool set);
// What an allocation owes: see upcalls.h, `allocated`.
void gort_gc_allocated(struct Machine *m);

// ---- limiter.c ----------------------------------------------------------------------------------

// More than half of the processors' time has gone into collecting: see there.
bool gort_limiter_limits(void);
void gort_limiter_start(void); // the collector's thread
void gort_limiter_helped(int64_t ns); // processor time with which an allocation has helped to mark
void gort_limiter_update(void); // reads the clocks; suspension held off
void gort_limiter_look(struct Machine *m); // the same, if that is some time ago
int64_t gort_clock_ns(clockid_t clock);

// ---- checkmark.c --------------------------------------------------------------------------------

void gort_mark_check(void); // throws if marking has missed something; the world is stopped

// ---- cgocheck.c --------------------------------------------------------------------------------

void gort_cgocheck(void); // the world is stopped, marking is over

// ---- trace.c ------------------------------------------------------------------------------------

void gort_gc_trace(const CycleRecord *r);

#endif
