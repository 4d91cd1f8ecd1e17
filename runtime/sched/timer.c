// timer.c - a heap of timers per processor.
//
// Each heap is four-ary (half the depth of a binary one, and the children of a node share a cache
// line) and has a lock of its own. The holder of the processor looks at its heap whenever it
// schedules; a machine about to go idle sleeps no longer than until the earliest timer of all
// heaps; and a machine that looks for work also fires what is due in the heaps of others.
//   1. A timer's fields change under the lock of the heap that it points to. So stopping is direct,
//      and nothing is left behind in the heap to be cleaned away. It points elsewhere only after
//      its heap has retired with its processor (gort_timers_retire); whoever locks looks again
//      whether it is still the right one.
//   2. earliest_ns is v[0]'s time, or INT64_MAX; written under the lock before it is released.
//   3. v[i].when >= v[(i - 1) / 4].when; v[i].slot == i + 1.
//   4. Firing happens under the lock. After gort_timer_stop has returned, the timer will not fire,
//      and is not firing.
//   5. A channel timer is in the heap if and only if it is started and has waiters: so one that
//      nobody waits for neither keeps a machine awake nor hides a deadlock. Whoever looks at its
//      channel fires it first, if it is due.
//   6. Locks: heap, then channel, then scheduler.
// A timer that becomes the earliest is announced (gort_sched_timer_changed): the machine that
// sleeps until a later time must be told.
#include "sched/timer.h"

#include "base/abi.h"

#include "base/sanitize.h"
#include "sched/suspend.h"
#include <stdlib.h>

enum { ARY = 4 };

// ---- the heap -----------------------------------------------------------------------------------

static void heap_set(TimerHeap *h, uint32_t at, Timer *t) {
    h->v[at] = t;
    t->slot = at + 1;
}

static void heap_up(TimerHeap *h, uint32_t at) {
    Timer *t = h->v[at];
    for (uint32_t up; at > 0 && t->when_ns < h->v[up = (at - 1) / ARY]->when_ns; at = up)
        heap_set(h, at, h->v[up]);
    heap_set(h, at, t);
}

static void heap_down(TimerHeap *h, uint32_t at) {
    Timer *t = h->v[at];
    for (;;) {
        uint32_t child = at * ARY + 1, least = child;
        if (child >= h->count) break;
        for (uint32_t i = child + 1; i < child + ARY && i < h->count; i++)
            if (h->v[i]->when_ns < h->v[least]->when_ns) least = i;
        if (h->v[least]->when_ns >= t->when_ns) break;
        heap_set(h, at, h->v[least]);
        at = least;
    }
    heap_set(h, at, t);
}

// Pairs with the unlocked reads of sleepers: see invariant 2, and gort_sched_timer_changed for why
// seq_cst.
static void heap_publish(TimerHeap *h) {
    store_seq_cst(&h->earliest_ns, h->count ? h->v[0]->when_ns : INT64_MAX);
}

// A pending timer is a root that the collector may have looked at already.
static __attribute__((noinline)) void timer_grey(Timer *t) {
    Machine *m = machine_current();
    suspend_hold(m);
    if (go__gc_marking) grey_word(&m->grey, (uintptr_t)t);
    suspend_allow(m);
}

static void heap_insert(TimerHeap *h, Timer *t) {
    if (h->count == h->capacity) {
        h->capacity = h->capacity ? 2 * h->capacity : 16;
        sanitize_ignore_begin();
        h->v = realloc(h->v, h->capacity * sizeof *h->v);
        sanitize_ignore_end();
        gort_check(h->v && "memory for timers");
    }
    heap_set(h, h->count++, t);
    heap_up(h, t->slot - 1);
    heap_publish(h);
    if (unlikely(go__gc_marking)) timer_grey(t);
}

static void heap_remove(TimerHeap *h, Timer *t) {
    uint32_t at = t->slot - 1;
    gort_assert(t->slot && h->v[at] == t);
    Timer *last = h->v[--h->count];
    t->slot = 0;
    if (last != t) {
        heap_set(h, at, last);
        heap_up(h, at);
        heap_down(h, last->slot - 1);
    }
    heap_publish(h);
}

void gort_timer_heap_init(TimerHeap *h) {
    *h = (TimerHeap){.lock = {.rank = RANK_TIMERS}, .earliest_ns = INT64_MAX};
}

void gort_verify_timers(TimerHeap *h) {
    for (uint32_t i = 0; i < h->count; i++) {
        gort_check(h->v[i]->slot == i + 1 && h->v[i]->heap == h);
        gort_check(i == 0 || h->v[i]->when_ns >= h->v[(i - 1) / ARY]->when_ns);
    }
    gort_check(h->earliest_ns == (h->count ? h->v[0]->when_ns : INT64_MAX));
}

// ---- starting and stopping ----------------------------------------------------------------------

// The heap of the processor at hand; a foreign thread holds none and uses the first one's.
static TimerHeap *heap_here(void) {
    Processor *p = machine_current()->p;
    return p ? &p->timers : &gort_sched.processors[0]->timers;
}

void gort_timer_lock(Timer *t) {
    if (!load_relaxed(&t->heap)) store_relaxed(&t->heap, heap_here());
    for (;;) {
        TimerHeap *h = load_relaxed(&t->heap);
        spin_lock(&h->lock.lock, RANK_TIMERS);
        if (load_relaxed(&t->heap) == h && !h->retired) return;
        if (load_relaxed(&t->heap) == h) store_relaxed(&t->heap, &gort_sched.processors[0]->timers);
        spin_unlock(&h->lock.lock, RANK_TIMERS);
    }
}

void gort_timer_unlock(Timer *t) { spin_unlock(&t->heap->lock.lock, RANK_TIMERS); }

bool gort_timer_stop_locked(Timer *t) {
    bool pending = t->when_ns != 0;
    if (t->slot) heap_remove(t->heap, t);
    t->when_ns = 0;
    return pending;
}

bool gort_timer_start_locked(Timer *t, int64_t when_ns, int64_t period_ns) {
    bool pending = gort_timer_stop_locked(t);
    gort_assert(when_ns > 0 && period_ns >= 0);
    t->when_ns = when_ns;
    t->period_ns = period_ns;
    if (!t->is_channel || t->waiters) heap_insert(t->heap, t);
    return pending;
}

void gort_timer_announce(Timer *t, int64_t when_ns) {
    if (load_relaxed(&t->heap->earliest_ns) == when_ns) gort_sched_timer_changed(when_ns);
}

bool gort_timer_start(Timer *t, int64_t when_ns, int64_t period_ns) {
    gort_timer_lock(t);
    bool pending = gort_timer_start_locked(t, when_ns, period_ns);
    gort_timer_unlock(t);
    gort_timer_announce(t, when_ns);
    return pending;
}

bool gort_timer_stop(Timer *t) {
    gort_timer_lock(t);
    bool pending = gort_timer_stop_locked(t);
    gort_timer_unlock(t);
    return pending;
}

void gort_timer_park(Timer *t, int64_t when_ns, WaitReason reason) {
    gort_timer_lock(t);
    gort_timer_start_locked(t, when_ns, 0);
    // Announced before it is in force: a machine that wakes too early for it only looks again,
    // after the lock is free.
    gort_timer_announce(t, when_ns);
    t->heap->lock.next = NULL;
    gort_park(&t->heap->lock, reason);
}

// ---- firing -------------------------------------------------------------------------------------

// t is due. A periodic one goes on by whole periods: what was missed is not made up for. fire comes
// last: see timer.h.
static void timer_fire(Timer *t, int64_t now_ns) {
    TimerHeap *h = t->heap;
    int64_t due_ns = t->when_ns;
    if (t->period_ns > 0) {
        int64_t missed = (now_ns - due_ns) / t->period_ns;
        if (__builtin_add_overflow(due_ns, t->period_ns * (missed + 1), &t->when_ns))
            t->when_ns = INT64_MAX - 1;
        if (t->slot) {
            heap_down(h, t->slot - 1);
            heap_publish(h);
        }
    } else {
        if (t->slot) heap_remove(h, t);
        t->when_ns = 0;
    }
    t->fire(t, due_ns);
}

void gort_timers_run(TimerHeap *h, int64_t now_ns) {
    if (load_relaxed(&h->earliest_ns) > now_ns) return;
    spin_lock(&h->lock.lock, RANK_TIMERS);
    while (h->count && h->v[0]->when_ns <= now_ns) timer_fire(h->v[0], now_ns);
    spin_unlock(&h->lock.lock, RANK_TIMERS);
}

int64_t gort_timers_earliest(void) {
    int64_t earliest = INT64_MAX;
    uint32_t made = load_acquire(&gort_sched.processors_made);
    for (uint32_t i = 0; i < made; i++) {
        int64_t t = load_seq_cst(&gort_sched.processors[i]->timers.earliest_ns);
        if (t < earliest) earliest = t;
    }
    return earliest;
}

// The processor goes out of use: its timers move to the first one's heap, which stays. Both are
// locked, the first one first.
void gort_timers_retire(TimerHeap *h) {
    TimerHeap *first = &gort_sched.processors[0]->timers;
    spin_lock(&first->lock.lock, RANK_TIMERS);
    spin_lock(&h->lock.lock, RANK_TIMERS_RETIRED);
    h->retired = true;
    while (h->count) {
        Timer *t = h->v[h->count - 1];
        heap_remove(h, t);
        store_relaxed(&t->heap, first);
        heap_insert(first, t);
    }
    int64_t when_ns = first->earliest_ns;
    spin_unlock(&h->lock.lock, RANK_TIMERS_RETIRED);
    spin_unlock(&first->lock.lock, RANK_TIMERS);
    if (when_ns != INT64_MAX) gort_sched_timer_changed(when_ns);
}

void gort_timers_enlist(TimerHeap *h) {
    spin_lock(&h->lock.lock, RANK_TIMERS);
    h->retired = false;
    spin_unlock(&h->lock.lock, RANK_TIMERS);
}

// ---- channel timers -----------------------------------------------------------------------------

static void poll_locked(Timer *t) {
    if (t->when_ns == 0) return;
    int64_t now_ns = os_now();
    if (t->when_ns <= now_ns) timer_fire(t, now_ns);
}

void gort_timer_poll(Timer *t) {
    gort_timer_lock(t);
    poll_locked(t);
    gort_timer_unlock(t);
}

void gort_timer_watch(Timer *t) {
    gort_timer_lock(t);
    poll_locked(t);
    t->waiters++;
    if (t->when_ns && !t->slot) heap_insert(t->heap, t);
    int64_t when_ns = t->when_ns;
    gort_timer_unlock(t);
    if (when_ns) gort_timer_announce(t, when_ns);
}

void gort_timer_unwatch(Timer *t) {
    gort_timer_lock(t);
    gort_check(t->waiters > 0);
    if (--t->waiters == 0 && t->slot) heap_remove(t->heap, t);
    gort_timer_unlock(t);
}
