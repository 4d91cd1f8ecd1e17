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
//   3. v[i].when_ns >= v[(i - 1) / 4].when_ns; v[i].timer->slot == i + 1.
//   4. Firing happens under the lock. After gort_timer_stop has returned, the timer will not fire,
//      and is not firing.
//   5. A channel timer is in the heap if and only if it is started and has waiters: so one that
//      nobody waits for neither keeps a machine awake nor hides a deadlock. Whoever looks at its
//      channel fires it first, if it is due.
//   6. Locks: heap, then channel, then scheduler.
//   7. An entry's time is that of its timer or earlier: a timer that is set later, as timeouts are
//      again and again, stays where it is. When the entry is due it takes the timer's time, and goes
//      down. So somebody may wake up in vain, once for each time that an entry had.
//   8. While the collector marks, every timer that gets a new place is greyed: so the collector may
//      look through a heap piece by piece (gc/roots.c).
// Times are kept beside the pointers, and the children of an entry fill one cache line, so that looking
// for the earliest of them is one access to memory, not four: it is what a million timers wait for.
// A timer that becomes the earliest is announced (gort_sched_timer_changed): the machine that
// sleeps until a later time must be told.
#include "sched/timer.h"

#include "base/abi.h"

#include "base/sanitize.h"
#include "sched/suspend.h"
#include <stdlib.h>
#include <string.h>

enum { ARY = 4,
       BATCH = 64 };

// ---- the heap -----------------------------------------------------------------------------------

static __attribute__((noinline)) void timer_grey(Timer *t) {
    Machine *m = machine_current();
    suspend_hold(m);
    if (go__gc_marking) grey_word(&m->grey, (uintptr_t)t);
    suspend_allow(m);
}

static inline void heap_set(TimerHeap *h, uint32_t at, TimerEntry e) {
    h->v[at] = e;
    e.timer->slot = at + 1;
    if (unlikely(go__gc_marking)) timer_grey(e.timer); // invariant 8
}

static void heap_up(TimerHeap *h, uint32_t at) {
    TimerEntry e = h->v[at];
    for (uint32_t up; at > 0 && e.when_ns < h->v[up = (at - 1) / ARY].when_ns; at = up)
        heap_set(h, at, h->v[up]);
    heap_set(h, at, e);
}

static void heap_down(TimerHeap *h, uint32_t at) {
    TimerEntry e = h->v[at];
    for (;;) {
        uint32_t child = at * ARY + 1, least = child;
        if (child >= h->count) break;
        for (uint32_t i = child + 1; i < child + ARY && i < h->count; i++)
            if (h->v[i].when_ns < h->v[least].when_ns) least = i;
        if (h->v[least].when_ns >= e.when_ns) break;
        heap_set(h, at, h->v[least]);
        at = least;
    }
    heap_set(h, at, e);
}

// Pairs with the unlocked reads of sleepers: see invariant 2, and gort_sched_timer_changed for why
// seq_cst.
static inline void heap_publish(TimerHeap *h) {
    int64_t earliest_ns = h->count ? h->v[0].when_ns : INT64_MAX;
    if (load_relaxed(&h->earliest_ns) != earliest_ns) store_seq_cst(&h->earliest_ns, earliest_ns);
}

// v[1] begins a cache line, and so does every group of four.
static __attribute__((noinline)) void heap_grow(TimerHeap *h) {
    uint32_t capacity = h->capacity ? 2 * h->capacity : 16;
    size_t bytes = (capacity + ARY) * sizeof(TimerEntry);
    sanitize_ignore_begin();
    TimerEntry *memory = aligned_alloc(64, bytes);
    gort_check(memory && "memory for timers");
    if (h->count) memcpy(memory + ARY - 1, h->v, h->count * sizeof *h->v);
    free(h->memory);
    sanitize_ignore_end();
    h->memory = memory;
    h->v = memory + ARY - 1;
    h->capacity = capacity;
}

static void heap_insert(TimerHeap *h, Timer *t) {
    gort_assert(!t->slot && t->when_ns > 0);
    if (unlikely(h->count == h->capacity)) heap_grow(h);
    t->entry_ns = t->when_ns;
    h->v[h->count] = (TimerEntry){t->when_ns, t};
    heap_up(h, h->count++);
    heap_publish(h);
}

static void heap_remove(TimerHeap *h, Timer *t) {
    uint32_t at = t->slot - 1;
    gort_assert(t->slot && h->v[at].timer == t);
    TimerEntry last = h->v[--h->count];
    t->slot = 0;
    if (last.timer != t) {
        h->v[at] = last;
        if (at > 0 && last.when_ns < h->v[(at - 1) / ARY].when_ns)
            heap_up(h, at);
        else
            heap_down(h, at);
    }
    heap_publish(h);
}

// Its timer has been set, to earlier than the entry says. (To later: invariant 7.)
static void heap_advance(TimerHeap *h, Timer *t) {
    uint32_t at = t->slot - 1;
    h->v[at].when_ns = t->entry_ns = t->when_ns;
    heap_up(h, at);
    heap_publish(h);
}

// The entry takes its timer's time, which is later.
static void heap_postpone(TimerHeap *h, Timer *t) {
    uint32_t at = t->slot - 1;
    h->v[at].when_ns = t->entry_ns = t->when_ns;
    heap_down(h, at);
    heap_publish(h);
}

void gort_timer_heap_init(TimerHeap *h) {
    *h = (TimerHeap){.lock = {.rank = RANK_TIMERS}, .earliest_ns = INT64_MAX};
}

void gort_verify_timers(TimerHeap *h) {
    for (uint32_t i = 0; i < h->count; i++) {
        const TimerEntry *e = &h->v[i];
        gort_check(e->timer->slot == i + 1 && e->timer->heap == h);
        gort_check(e->timer->when_ns >= e->when_ns && e->when_ns > 0);
        gort_check(e->timer->entry_ns == e->when_ns);
        gort_check(i == 0 || e->when_ns >= h->v[(i - 1) / ARY].when_ns);
    }
    gort_check(h->earliest_ns == (h->count ? h->v[0].when_ns : INT64_MAX));
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
    bool pending = t->when_ns != 0;
    gort_assert(when_ns > 0 && period_ns >= 0);
    t->when_ns = when_ns;
    t->period_ns = period_ns;
    if (!t->slot) {
        if (!t->is_channel || t->waiters) heap_insert(t->heap, t);
    } else if (when_ns < t->entry_ns) {
        heap_advance(t->heap, t);
    }
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
        if (t->slot) heap_postpone(h, t);
    } else {
        if (t->slot) heap_remove(h, t);
        t->when_ns = 0;
    }
    t->fire(t, due_ns);
}

void gort_timers_run(TimerHeap *h, int64_t now_ns) {
    if (load_relaxed(&h->earliest_ns) > now_ns) return;
    spin_lock(&h->lock.lock, RANK_TIMERS);
    for (uint32_t n = 1; h->count && h->v[0].when_ns <= now_ns; n++) {
        Timer *t = h->v[0].timer;
        if (t->when_ns > h->v[0].when_ns)
            heap_postpone(h, t); // invariant 7
        else
            timer_fire(t, now_ns);
        if (n % BATCH) continue;
        spin_unlock(&h->lock.lock, RANK_TIMERS); // others want it, too
        spin_lock(&h->lock.lock, RANK_TIMERS);
    }
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
        Timer *t = h->v[h->count - 1].timer;
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
