// timer.c - a heap of timers per processor.
//
// Each heap is four-ary (half the depth of a binary one, and the children of a node share a cache
// line) and has a lock of its own. The holder of the processor looks at its heap whenever it
// schedules; a machine about to go idle sleeps no longer than until the earliest timer of all
// heaps; and a machine that looks for work also fires what is due in the heaps of others.
//   1. A timer's fields change under the lock of the heap that it points to. So stopping is direct,
//      and nothing in the heap refers to a timer that was stopped. It points elsewhere only after
//      its heap has retired with its processor (gort_timers_retire); whoever locks looks again
//      whether it is still the right one.
//   2. earliest_ns is v[0]'s time or, if that is earlier, early_ns; INT64_MAX if both are empty. Written
//      under the lock before it is released.
//   3. v[i].when_ns >= v[(i - 1) / 4].when_ns; v[i].timer->slot == i + 1, but for invariant 9.
//   4. Firing happens under the lock. After gort_timer_stop has returned, the timer will not fire,
//      and is not firing.
//   5. A channel timer is in the heap if and only if it is started and has waiters: so one that
//      nobody waits for neither keeps a machine awake nor hides a deadlock. Whoever looks at its
//      channel fires it first, if it is due.
//   6. Locks: heap, then channel, then scheduler.
//   7. An entry's time is that of its timer or earlier: a timer that is set later, as timeouts are
//      again and again, stays where it is. When the entry is due it takes the timer's time, and goes
//      down. So somebody may wake up in vain, once for each time that an entry had.
//   8. In a heap of more than a few the entry of a timer that is stopped stays, without the timer, as
//      long as these are at most a quarter of all. The first entry always has one: so nobody wakes up
//      for entries alone, and the heap is empty if no timer is in it. A timer that is started goes
//      into such an entry, if one is known: with its time, by invariant 7, or by 9.
//   9. A timer in a heap of more than a few that is set to earlier than its entry says is noted in
//      early[], and its entry is sorted in with those of others, when the first of them is due or there
//      is no more room. Timer.slot is an index of early[] then, and the entry's slot is there.
//      early_ns is the earliest of their times, or earlier.
//  10. While the collector marks, every timer that gets a new place is greyed: so the collector may
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

#define EARLY 0x80000000u // in Timer.slot, which then is an index of TimerHeap.early

// ---- the heap -----------------------------------------------------------------------------------

static __attribute__((noinline)) void timer_grey(Timer *t) {
    Machine *m = machine_current();
    suspend_hold(m);
    if (go__gc_marking) grey_word(&m->grey, (uintptr_t)t);
    suspend_allow(m);
}

static inline uint32_t slot_of(const TimerHeap *h, const Timer *t) {
    return t->slot & EARLY ? h->early[t->slot & ~EARLY].slot : t->slot;
}

static inline void slot_set(TimerHeap *h, Timer *t, uint32_t slot) {
    if (unlikely(t->slot & EARLY))
        h->early[t->slot & ~EARLY].slot = slot;
    else
        t->slot = slot;
}

static inline void heap_set(TimerHeap *h, uint32_t at, TimerEntry e) {
    h->v[at] = e;
    if (unlikely(!e.timer)) return; // invariant 8
    slot_set(h, e.timer, at + 1);
    if (unlikely(go__gc_marking)) timer_grey(e.timer); // invariant 10
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

// The last entry takes the place of an empty one.
static void heap_fill(TimerHeap *h, uint32_t at) {
    gort_assert(at < h->count && !h->v[at].timer);
    for (; h->count && !h->v[h->count - 1].timer; h->count--) h->empty--;
    if (at >= h->count) return;
    h->empty--;
    TimerEntry last = h->v[--h->count];
    h->v[at] = last;
    if (at > 0 && last.when_ns < h->v[(at - 1) / ARY].when_ns)
        heap_up(h, at);
    else
        heap_down(h, at);
}

// The last of each change. Pairs with the unlocked reads of sleepers: see invariant 2, and gort_sched_timer_changed for why
// seq_cst.
static inline void heap_publish(TimerHeap *h) {
    while (unlikely(h->count && !h->v[0].timer)) heap_fill(h, 0); // invariant 8
    int64_t earliest_ns = h->count ? h->v[0].when_ns : INT64_MAX;
    if (h->early_ns < earliest_ns) earliest_ns = h->early_ns;
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

// ---- setting to a time that is earlier than the entry's: invariant 9 ------------------------------

// All that were put off.
static __attribute__((noinline)) void early_settle(TimerHeap *h) {
    while (h->early_count) {
        EarlyTimer e = h->early[--h->early_count];
        uint32_t at = e.slot - 1;
        gort_assert(h->v[at].timer == e.timer);
        e.timer->slot = e.slot;
        if (e.timer->when_ns >= e.timer->entry_ns) continue; // set anew meanwhile
        h->v[at].when_ns = e.timer->entry_ns = e.timer->when_ns;
        heap_up(h, at);
    }
    h->early_ns = INT64_MAX;
}

// It is not to be sorted in any more. What early_ns says may be too early now, until they are settled.
static void early_drop(TimerHeap *h, Timer *t) {
    uint32_t i = t->slot & ~EARLY;
    t->slot = h->early[i].slot;
    EarlyTimer last = h->early[--h->early_count];
    if (last.timer != t) {
        h->early[i] = last;
        last.timer->slot = EARLY | i;
    }
    if (h->early_count == 0) h->early_ns = INT64_MAX;
}

// By then the memory that sorting in will look at has come.
static inline void early_add(TimerHeap *h, Timer *t) {
    if (h->early_count == GORT_TIMERS_EARLY) early_settle(h);
    uint32_t at = t->slot - 1;
    h->early[h->early_count] = (EarlyTimer){t, t->slot};
    t->slot = EARLY | h->early_count++;
    __builtin_prefetch(&h->v[at], 1);
    __builtin_prefetch(&h->v[(at - 1) / ARY], 1);
}

// Its timer has been set, to earlier than the entry says. (To later: invariant 7.)
static void heap_advance(TimerHeap *h, Timer *t) {
    if (h->count > GORT_TIMERS_FEW && slot_of(h, t) > 1) {
        if (!(t->slot & EARLY)) early_add(h, t);
        if (t->when_ns < h->early_ns) h->early_ns = t->when_ns;
    } else {
        uint32_t at = slot_of(h, t) - 1;
        h->v[at].when_ns = t->entry_ns = t->when_ns;
        heap_up(h, at);
    }
    heap_publish(h);
}

// The entry takes its timer's time, which is later.
static void heap_postpone(TimerHeap *h, Timer *t) {
    uint32_t at = slot_of(h, t) - 1;
    h->v[at].when_ns = t->entry_ns = t->when_ns;
    heap_down(h, at);
    heap_publish(h);
}

// ---- entries without a timer: invariant 8 ---------------------------------------------------------

static inline void empty_remember(TimerHeap *h, uint32_t at) {
    if (h->empties_known == GORT_TIMERS_EMPTIES) h->empties_known--;
    h->empties[h->empties_known++] = at;
}

// Puts t into an empty entry, if one is known; it keeps its time if it can. What is known of one that was
// moved is wrong, or true by chance.
static bool empty_take(TimerHeap *h, Timer *t) {
    if (!h->empties_known) return false;
    uint32_t at = h->empties[--h->empties_known];
    if (at >= h->count || h->v[at].timer) return false;
    h->empty--;
    t->entry_ns = h->v[at].when_ns;
    heap_set(h, at, (TimerEntry){t->entry_ns, t});
    if (t->when_ns < t->entry_ns) heap_advance(h, t);
    return true;
}

static void heap_insert(TimerHeap *h, Timer *t) {
    gort_assert(!t->slot && t->when_ns > 0);
    if (empty_take(h, t)) return;
    if (unlikely(h->count == h->capacity)) heap_grow(h);
    t->entry_ns = t->when_ns;
    h->v[h->count] = (TimerEntry){t->when_ns, t};
    heap_up(h, h->count++);
    heap_publish(h);
}

static void heap_remove(TimerHeap *h, Timer *t) {
    if (t->slot & EARLY) early_drop(h, t);
    uint32_t at = t->slot - 1;
    gort_assert(t->slot && h->v[at].timer == t);
    t->slot = 0;
    h->v[at].timer = NULL;
    h->empty++;
    if (at > 0 && h->count > GORT_TIMERS_FEW && h->empty <= h->count / 4)
        empty_remember(h, at);
    else
        heap_fill(h, at);
    heap_publish(h);
}

void gort_timer_heap_init(TimerHeap *h) {
    *h = (TimerHeap){.lock = {.rank = RANK_TIMERS}, .earliest_ns = INT64_MAX, .early_ns = INT64_MAX};
}

static void verify_entry(const TimerHeap *h, uint32_t at) {
    const TimerEntry *e = &h->v[at];
    gort_check(at == 0 || e->when_ns >= h->v[(at - 1) / ARY].when_ns);
    if (!e->timer) return;
    gort_check(slot_of(h, e->timer) == at + 1 && e->timer->heap == h);
    gort_check(e->timer->entry_ns == e->when_ns && e->when_ns > 0);
    if (e->timer->when_ns >= e->when_ns) return;
    gort_check((e->timer->slot & EARLY) && e->timer->when_ns >= h->early_ns);
}

void gort_verify_timers(TimerHeap *h) {
    uint32_t empty = 0;
    for (uint32_t i = 0; i < h->count; i++) {
        verify_entry(h, i);
        empty += !h->v[i].timer;
    }
    for (uint32_t i = 0; i < h->early_count; i++) gort_check(h->early[i].timer->slot == (EARLY | i));
    gort_check(h->empty == empty && (!h->count || h->v[0].timer));
    gort_check((h->early_ns == INT64_MAX) == (h->early_count == 0));
    int64_t first_ns = h->count ? h->v[0].when_ns : INT64_MAX;
    gort_check(h->earliest_ns == (h->early_ns < first_ns ? h->early_ns : first_ns));
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

// Under the lock: the timer of the first entry, if that is due.
static Timer *first_due(TimerHeap *h, int64_t now_ns) {
    if (unlikely(h->early_ns <= now_ns)) {
        early_settle(h);
        heap_publish(h);
    }
    return h->count && h->v[0].when_ns <= now_ns ? h->v[0].timer : NULL;
}

void gort_timers_run(TimerHeap *h, int64_t now_ns) {
    if (load_relaxed(&h->earliest_ns) > now_ns) return;
    spin_lock(&h->lock.lock, RANK_TIMERS);
    Timer *t;
    for (uint32_t n = 1; (t = first_due(h, now_ns)) != NULL; n++) {
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
    early_settle(h);
    while (h->count) {
        Timer *t = h->v[--h->count].timer;
        if (!t) continue;
        t->slot = 0;
        store_relaxed(&t->heap, first);
        heap_insert(first, t);
    }
    h->empty = h->empties_known = 0;
    heap_publish(h);
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
