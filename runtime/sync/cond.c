// cond.c - <go/sync.h>: waiting for a change of what a mutex guards.
//
// A waiter enters the queue while it still holds the mutex, so whoever changes something under the
// mutex later, and signals, finds it there. It can only fall asleep after it has given the mutex
// back, and may be signalled in between.
//   1. The queue, and the flags of waiters in it, change under the place's lock.
//   2. A waiter is taken out of the queue once, by a signal that sets `handed`; it is made ready by
//      that signal if it has parked, and otherwise sees `handed` and does not park.
//   3. After a signal has released the place's lock it touches a waiter only to make it ready: one
//      that was not parked may be gone.
#include "sync/sync.h"

#include "base/abi.h"

// The first use remembers where it was.
static void copy_check(go_cond *c) {
    unsigned long self = load_relaxed(&c->self), here = (unsigned long)c;
    if (likely(self == here)) return;
    if (self != 0 || (!cas_acq_rel(&c->self, 0, here) && load_relaxed(&c->self) != here))
        gort_sync_panic("sync.Cond is copied");
}

void go_cond_init(go_cond *c, go_mutex *mutex) {
    machine_current();
    c->waiters = c->self = 0;
    go__gc_store(&c->mutex, mutex);
}

void go_cond_wait(go_cond *c) {
    Waiter w = {.g = gort_current()};
    copy_check(c);
    (void)load_relaxed(&c->mutex->state); // a condition without a mutex faults while nothing is done
    ParkLock *place = gort_place_lock(c);
    queue_put(&c->waiters, &w);
    place_unlock(place);
    go_mutex_unlock(c->mutex);
    jitter();
    place = gort_place_lock(c);
    if (w.handed) {
        place_unlock(place);
    } else {
        w.parked = true;
        gort_park(place, WAIT_COND);
        gort_assert(w.handed); // invariant 2
    }
    go_mutex_lock(c->mutex);
}

// Under the place's lock: the goroutine to make ready, or NULL.
static Goroutine *notify(Waiter *w) {
    w->handed = true;
    return w->parked ? w->g : NULL;
}

// Nobody is there: without the lock. Who came before a change that we know of is seen.
static bool nobody_waits(go_cond *c) { return !load_acquire(&c->waiters); }

void go_cond_signal(go_cond *c) {
    machine_current();
    copy_check(c);
    if (nobody_waits(c)) return;
    ParkLock *place = gort_place_lock(c);
    Waiter *w = queue_take(&c->waiters);
    Goroutine *g = w ? notify(w) : NULL;
    place_unlock(place);
    if (g) gort_ready(g);
}

void go_cond_broadcast(go_cond *c) {
    machine_current();
    copy_check(c);
    if (nobody_waits(c)) return;
    Goroutine *first = NULL, **end = &first;
    ParkLock *place = gort_place_lock(c);
    for (Waiter *w; (w = queue_take(&c->waiters)) != NULL;) {
        Goroutine *g = notify(w);
        if (!g) continue;
        *end = g;
        end = &g->next;
    }
    *end = NULL;
    place_unlock(place);
    gort_ready_all(first);
}
