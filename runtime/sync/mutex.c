// mutex.c - <go/sync.h>: the mutex, which is fair when it must be and fast otherwise.
//
// The word `state` decides; `waiters` is the queue behind it (sync.h). As in Go's internal/sync:
// in normal mode an unlock frees the lock and wakes the first waiter, and whoever comes first gets
// it: a goroutine that runs already mostly does, which spares a switch per lock. A waiter that
// loses goes back to the head of the queue; once it has waited for more than 1 ms in all it turns
// on starvation mode, in which an unlock hands the lock, still locked, to the first waiter. One
// who got the lock so after less than 1 ms, or was the last in the queue, ends that mode.
//   1. LOCKED: somebody has the lock. It is set by CAS from a state without it and without
//      STARVING, and cleared by an unlock.
//   2. WAITERS is set if and only if the queue is not empty. Both change under the place's lock.
//   3. WOKEN: some goroutine is awake and after the lock, so that an unlock need not wake another:
//      one that was woken and has not decided yet, or one that spins. Who set it, or was woken with
//      it, clears it when it takes the lock or goes (back) to sleep.
//   4. STARVING implies LOCKED and WAITERS, and excludes WOKEN: who sets it gives up its WOKEN in
//      the same step. While it is set only unlocks change the lock's owner, to the first waiter.
//   5. Without the place's lock the state is changed only by taking a free lock, by setting WOKEN,
//      and by an unlock that wakes nobody; all by CAS.
//   6. The store that frees the lock is an unlock's last touch of the mutex: he who gets it may
//      free its memory. The queue is changed before it, under a lock that is elsewhere.
// No wake-up is lost: a waiter enqueues in one step with seeing LOCKED (a CAS that sets WAITERS,
// under the place's lock), so the unlock that follows sees WAITERS; it wakes somebody, or WOKEN says
// that somebody is awake, who clears it only by getting the lock (and then unlocks in turn) or by
// such a CAS.
#include "sync/sync.h"

#include "base/upcalls.h"

enum { LOCKED = 1,
       WAITERS = 2,
       WOKEN = 4,
       STARVING = 8 };

enum { STARVED_NS = 1000000,
       SPINS = 4,       // as often it is worth to look again before sleeping ...
       SPIN_PAUSES = 30 // ... with so many pauses in between, some 100 ns to 1 us
};

_Static_assert(sizeof(go_mutex) == 16, "small");

// ---- spinning -----------------------------------------------------------------------------------

// Is it worth it? Only if the holder can be running elsewhere, and nothing else waits for this
// processor.
static bool spinning_pays(const Machine *m, unsigned spins) {
    static int cores; // (a) 0: not asked yet
    if (spins >= SPINS) return false;
    int n = load_relaxed(&cores);
    if (n == 0) store_relaxed(&cores, n = gort_os_cpu_count());
    if (n == 1) return false;
    uint32_t resting = load_relaxed(&gort_sched.idle_count) + load_relaxed(&gort_sched.spinning);
    if (m->p && load_relaxed(&gort_sched.processor_count) <= resting + 1) return false;
    return !m->p || gort_runq_is_empty(m->p);
}

static void spin(void) {
    for (int i = 0; i < SPIN_PAUSES; i++) cpu_relax();
}

// ---- lock ---------------------------------------------------------------------------------------

// Sleeps until woken, if the state is still `old`, in which the lock is taken; false: it is not.
static bool mutex_wait(go_mutex *m, Waiter *w, uint32_t old, bool woken) {
    int64_t now = os_now();
    bool again = w->since_ns != 0;
    uint32_t new = old | WAITERS;
    if (woken) new &= ~(uint32_t)WOKEN;
    if (again && now - w->since_ns > STARVED_NS) new |= STARVING;
    gort_assert(!again || woken); // invariant 4
    ParkLock *place = gort_place_lock(m);
    jitter();
    if (!cas_acquire(&m->state, old, new)) {
        place_unlock(place);
        return false;
    }
    gort_assert(!(old & WAITERS) == !m->waiters);
    if (again) {
        queue_put_first(&m->waiters, w);
    } else {
        queue_put(&m->waiters, w);
        w->since_ns = now;
    }
    gort_park(place, WAIT_MUTEX);
    return true;
}

// Sets WOKEN for one who spins while others sleep.
static bool claim_woken(go_mutex *m, uint32_t old) {
    return !(old & WOKEN) && (old & WAITERS) && cas_acquire(&m->state, old, old | WOKEN);
}

static void mutex_lock(go_mutex *m) {
    Waiter w = {.g = gort_current()};
    bool woken = false; // WOKEN is ours
    unsigned spins = 0;
    for (;;) {
        uint32_t old = load_relaxed(&m->state);
        gort_assert(!woken || (old & WOKEN));
        if ((old & (LOCKED | STARVING)) == LOCKED && spinning_pays(arch_machine(), spins)) {
            if (!woken) woken = claim_woken(m, old);
            spin();
            spins++;
        } else if (!(old & LOCKED)) {
            gort_assert(!(old & STARVING));
            uint32_t new = (old | LOCKED) & ~(uint32_t)(woken ? WOKEN : 0);
            if (cas_acquire(&m->state, old, new)) return;
        } else if (mutex_wait(m, &w, old, woken)) {
            if (w.handed) return;
            woken = true;
            spins = 0;
        }
    }
}

void go_mutex_lock_slow(go_mutex *m) {
    preemption_point();
    mutex_lock(m);
    sanitize_acquire(m);
}

bool go_mutex_trylock(go_mutex *m) {
    uint32_t old = load_relaxed(&m->state);
    if ((old & (LOCKED | STARVING)) || !cas_acquire(&m->state, old, old | LOCKED)) return false;
    sanitize_acquire(m);
    return true;
}

// ---- unlock -------------------------------------------------------------------------------------

static _Noreturn __attribute__((noinline, cold)) void not_locked(void) {
    machine_current();
    gort_upcalls.fatal("sync: unlock of unlocked mutex");
}

// Starvation mode: the lock stays locked, and is the first waiter's, who runs next.
static void hand_over(go_mutex *m) {
    int64_t now = os_now();
    ParkLock *place = gort_place_lock(m);
    Waiter *w = queue_take(&m->waiters);
    gort_check(w && "who starves waits");
    Goroutine *g = w->g;
    w->handed = true;
    bool ends = !m->waiters || now - w->since_ns < STARVED_NS;
    // Nobody else changes the state: invariant 5.
    gort_assert(load_relaxed(&m->state) == (LOCKED | WAITERS | STARVING));
    store_release(&m->state, LOCKED | (m->waiters ? WAITERS : 0) | (ends ? 0 : STARVING));
    place_unlock(place);
    gort_ready(g);
    if (arch_machine()->p) gort_yield();
}

// Frees the lock and wakes the first waiter; false: that is not the thing to do any more.
static bool free_and_wake(go_mutex *m) {
    ParkLock *place = gort_place_lock(m);
    uint32_t old = load_relaxed(&m->state);
    Waiter *w = old == (LOCKED | WAITERS) ? queue_take(&m->waiters) : NULL;
    if (w && !cas_release(&m->state, old, WOKEN | (m->waiters ? WAITERS : 0))) {
        queue_put_first(&m->waiters, w);
        w = NULL;
    }
    Goroutine *g = w ? w->g : NULL;
    place_unlock(place);
    jitter();
    if (g) gort_ready(g);
    return g;
}

void go_mutex_unlock_slow(go_mutex *m) {
    machine_current();
    sanitize_release(m);
    for (;;) {
        uint32_t old = load_relaxed(&m->state);
        if (unlikely(!(old & LOCKED))) not_locked();
        if (old & STARVING) {
            hand_over(m);
            return;
        }
        if (!(old & WAITERS) || (old & WOKEN)) {
            if (cas_release(&m->state, old, old & ~(uint32_t)LOCKED)) return;
        } else if (free_and_wake(m)) {
            return;
        }
    }
}
