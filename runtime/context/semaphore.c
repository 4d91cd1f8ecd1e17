// semaphore.c - <go/sync.h>: weighted semaphores whose waiters may give up.
//
// The waiters are a list, in the order of coming; each lies on the stack of its goroutine, which waits
// in a select for its own channel, closed when it has got what it wanted, and for its context. What
// it waits for is taken for it by whoever makes room, so nobody can come between.
//   1. 0 <= held <= size.
//   2. The first waiter wants more than is free; it is served before all others, however little these
//      want: waiting is first in, first out.
//   3. A waiter is in the list, or has been given what it wanted; both are seen under the lock only.
//      One whose context has finished looks which it is: it leaves the list, or gives back.
//   4. The lock comes before those of channels; who was woken is made ready after it.
#include "context/context.h"

#include "base/abi.h"
#include "sched/sanitize.h"
#include <go/panic.h>

#pragma GCC visibility push(default)
#include <go/sync.h>
#pragma GCC visibility pop

typedef struct Waiter Waiter;
struct Waiter {
    Waiter *next, *previous;
    int64_t wants;
    Channel *ready; // closed when it has got it
    bool queued;
};

_Static_assert(sizeof(SpinLock) == sizeof(unsigned), "the public structure has room for the lock");

static inline void semaphore_lock(go_semaphore *s) {
    spin_lock((SpinLock *)&s->lock, RANK_CONTEXT);
}
static inline void semaphore_unlock(go_semaphore *s) {
    gort_assert(s->held >= 0 && s->held <= s->size); // invariant 1
    gort_assert(!s->first || ((Waiter *)s->first)->wants > s->size - s->held); // invariant 2
    spin_unlock((SpinLock *)&s->lock, RANK_CONTEXT);
}

// ---- under the lock -----------------------------------------------------------------------------

static void waiter_enqueue(go_semaphore *s, Waiter *w) {
    Waiter *last = s->last;
    w->previous = last;
    w->queued = true;
    *(last ? &last->next : (Waiter **)&s->first) = w;
    s->last = w;
}

static void waiter_remove(go_semaphore *s, Waiter *w) {
    *(w->previous ? &w->previous->next : (Waiter **)&s->first) = w->next;
    *(w->next ? &w->next->previous : (Waiter **)&s->last) = w->previous;
    w->queued = false;
}

static bool take(go_semaphore *s, int64_t n) {
    if (s->first || s->size - s->held < n) return false;
    s->held += n;
    return true;
}

// Room has been made: serves the first ones, as long as it suffices. A waiter that has left the list is
// not touched after its channel is closed.
static void serve(go_semaphore *s, Goroutine **woken) {
    for (Waiter *w; (w = s->first) != NULL && s->size - s->held >= w->wants;) {
        s->held += w->wants;
        waiter_remove(s, w);
        gort_channel_close(w->ready, woken);
    }
}

// ---- acquire ------------------------------------------------------------------------------------

// The context has finished: it leaves, or gives back what it was given meanwhile.
static void give_up(go_semaphore *s, Waiter *w) {
    Goroutine *woken = NULL;
    semaphore_lock(s);
    if (w->queued)
        waiter_remove(s, w);
    else
        s->held -= w->wants;
    serve(s, &woken);
    semaphore_unlock(s);
    gort_ready_all(woken);
}

static int acquire_slow(go_semaphore *s, go_context *ctx, Channel *done, int64_t n) {
    Waiter w = {.wants = n, .ready = gort_channel_new(0, 0, NULL, NULL)};
    semaphore_lock(s);
    bool taken = take(s, n);
    if (!taken) waiter_enqueue(s, &w);
    semaphore_unlock(s);
    if (taken) return 0;
    struct go__case cases[] = {{.chan = w.ready}, {.chan = done}};
    go__select(cases, 2, true);
    int error = ctx ? go_context_err(ctx) : 0;
    if (error) give_up(s, &w); // also if both are so: whoever finished ctx expects that it is heeded
    return error;
}

int go_semaphore_acquire(go_semaphore *s, go_context *ctx, int64_t n) {
    preemption_point();
    machine_current();
    int error = ctx ? go_context_err(ctx) : 0;
    if (error) return error;
    semaphore_lock(s);
    bool taken = take(s, n);
    semaphore_unlock(s);
    if (!taken) {
        Channel *done = ctx ? (Channel *)go_context_done(ctx) : NULL;
        if (n > s->size) { // not in the list: it would hold up others, in vain
            go__chan_recv(done, NULL);
            return go_context_err(ctx);
        }
        error = acquire_slow(s, ctx, done, n);
    }
    if (!error) sanitize_acquire(s);
    return error;
}

bool go_semaphore_try_acquire(go_semaphore *s, int64_t n) {
    machine_current();
    semaphore_lock(s);
    bool taken = take(s, n);
    semaphore_unlock(s);
    if (taken) sanitize_acquire(s);
    return taken;
}

// ---- release ------------------------------------------------------------------------------------

void go_semaphore_init(go_semaphore *s, int64_t size) {
    *s = (go_semaphore){.size = size};
}

void go_semaphore_release(go_semaphore *s, int64_t n) {
    static const char *const text = "semaphore: released more than held";
    Goroutine *woken = NULL;
    preemption_point();
    machine_current();
    sanitize_release(s);
    semaphore_lock(s);
    bool holds = n <= s->held;
    if (holds) {
        s->held -= n;
        serve(s, &woken);
    }
    semaphore_unlock(s);
    if (unlikely(!holds)) go__panic(&go_type_const_string, &text);
    gort_ready_all(woken);
}
