// timer.h - things that happen at a time: what sleeping, timers and tickers are made of.
#ifndef GORT_SCHED_TIMER_H
#define GORT_SCHED_TIMER_H

#include "sched/sched.h"

// A timer belongs to the heap of the processor on which it was first started, and all its fields
// are guarded by that heap's lock; the owner's memory must stay until the timer is stopped or has
// fired for the last time.
typedef struct Timer Timer;
struct Timer {
    // (a) set by the first start; changes under the locks of both, the old and the new.
    TimerHeap *heap;
    int64_t when_ns;             // os_now() when it is due; 0: not started
    int64_t period_ns;           // 0: fires once
    int64_t entry_ns;            // in the heap: its entry's time
    uint32_t slot;               // index in the heap plus one; 0: not in the heap; see timer.c
    uint32_t waiters : 31;       // is_channel: goroutines blocked on the channel
    uint32_t is_channel : 1;     // (c) in the heap only while somebody waits on its channel
    // Called with the heap's lock held, by any machine that has a processor, or (is_channel) by
    // whoever looks at the channel; due_ns is the time for which it was set. May make goroutines
    // runnable and use channels; must not touch this heap. Its last act may end the timer's life.
    void (*fire)(Timer *t, int64_t due_ns);
    void *arg; // fire's
};

// Starts a timer, also one that is pending (it moves). `ready` is what Go calls active: true if it
// was pending before.
bool gort_timer_start(Timer *t, int64_t when_ns, int64_t period_ns);
bool gort_timer_stop(Timer *t); // true if it was pending
// Puts the current goroutine to sleep until t, which the caller has initialised, fires and makes it
// ready.
void gort_timer_park(Timer *t, int64_t when_ns, WaitReason reason);

// A channel timer is not in the heap, and so wakes nobody, unless somebody waits on its channel.
// Whoever looks at the channel without waiting calls gort_timer_poll first: it fires the timer if
// it is due. Whoever is about to wait brackets that with gort_timer_watch (which also polls) and
// gort_timer_unwatch.
void gort_timer_poll(Timer *t);
void gort_timer_watch(Timer *t);
void gort_timer_unwatch(Timer *t);

// The lock of its heap: for stop and reset that must be one step with what fire does.
void gort_timer_lock(Timer *t);
void gort_timer_unlock(Timer *t);
// The caller then calls gort_timer_announce, unlocked.
bool gort_timer_start_locked(Timer *t, int64_t when_ns, int64_t period_ns);
bool gort_timer_stop_locked(Timer *t);
void gort_timer_announce(Timer *t, int64_t when_ns);

void gort_timer_heap_init(TimerHeap *h);
// Its processor goes out of use, its timers to the first processor.
void gort_timers_retire(TimerHeap *h);
void gort_timers_enlist(TimerHeap *h); // its processor is in use again
// Fires all that are due; the caller holds a processor.
void gort_timers_run(TimerHeap *h, int64_t now_ns);
int64_t gort_timers_earliest(void); // over all heaps; INT64_MAX: none
void gort_verify_timers(TimerHeap *h); // under its lock

// Is one of p's timers due, as far as can be told for next to nothing? Looks at the clock only
// every few microseconds.
static inline bool timers_look_due(Processor *p) {
    int64_t earliest = load_relaxed(&p->timers.earliest_ns);
    if (earliest == INT64_MAX) return false;
    uint64_t cycles = arch_cycles();
    if (cycles - p->timer_cycles < 20000) return false;
    p->timer_cycles = cycles;
    return os_now() >= earliest;
}

#endif
