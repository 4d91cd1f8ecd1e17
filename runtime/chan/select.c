// select.c - waiting for the first of several channel operations.
//
// All channels are locked at once, in the order of their addresses (two selects over the same
// channels cannot block each other), so that the cases are looked at in one instant: while at least
// one is ready at every moment, `default` is never taken. The cases are tried in an order of
// chance, and the first that can proceed does; a random order with the first ready one taken makes
// each ready one equally likely. If none can, the goroutine queues at all of them and parks, the
// locks released from the other side.
//   1. A channel that occurs in several cases is locked once.
//   2. While the goroutine is queued, the waker that moves select_done from 0 to 1 decides which
//      case it is.
//   3. Woken, it takes itself out of the other queues, one channel at a time: each removal needs
//      that channel's lock only. It takes each of these locks even if the sudog is gone already,
//      since a waker that lost the race may still be reading it. The winner's needs no lock: its
//      waker is done with it.
//   4. Cases without a channel are left out: never ready.
// One case with `default` looks at the channel without a lock; one case without is a plain send or
// receive.
#include "chan/chan.h"

#include "base/abi.h"
#include "base/upcalls.h"
#include "sched/sanitize.h"
#include <stdlib.h>
#include <string.h>

// A select at work. order: cases to try, shuffled; by_address: the channels, sorted. Up to FEW
// cases lie on the stack.
enum { FEW = 8 };
typedef struct Select {
    struct go__case *cases;
    Sudog *sudogs;
    uint32_t *order;
    Channel **by_address;
    uint32_t n; // cases with a channel
    uint32_t n_channels; // different ones
    bool timers; // some channel belongs to a timer
    bool panics; // the chosen case sends on a closed channel
} Select;

// Fills order (each permutation equally likely) and by_address (sorted by insertion while they are
// few).
static inline void select_collect(Select *s, int n, Random *random) {
    for (int i = 0; i < n; i++) {
        Channel *c = s->cases[i].chan;
        if (!c) continue;
        uint32_t at = random_below(random, s->n + 1);
        s->order[s->n] = s->order[at];
        s->order[at] = (uint32_t)i;
        s->by_address[s->n++] = c;
        s->timers |= c->timer != NULL;
    }
}

static int compare_channels(const void *a, const void *b) {
    uintptr_t x = (uintptr_t)*(Channel *const *)a, y = (uintptr_t)*(Channel *const *)b;
    return (x > y) - (x < y);
}

static inline void select_sort(Select *s) {
    if (s->n > FEW) {
        qsort(s->by_address, s->n, sizeof *s->by_address, compare_channels);
    } else {
        for (uint32_t i = 1; i < s->n; i++) {
            Channel *c = s->by_address[i];
            uint32_t at = i;
            for (; at > 0 && (uintptr_t)s->by_address[at - 1] > (uintptr_t)c; at--)
                s->by_address[at] = s->by_address[at - 1];
            s->by_address[at] = c;
        }
    }
    for (uint32_t i = 0; i < s->n; i++)
        if (i == 0 || s->by_address[i] != s->by_address[i - 1])
            s->by_address[s->n_channels++] = s->by_address[i];
}

static inline void select_lock(Select *s) {
    for (uint32_t i = 0; i < s->n_channels; i++)
        spin_lock(&s->by_address[i]->lock.lock, RANK_CHANNEL);
}

static inline void select_unlock_others(Select *s, const Channel *except) {
    for (uint32_t i = s->n_channels; i-- > 0;)
        if (s->by_address[i] != except) spin_unlock(&s->by_address[i]->lock.lock, RANK_CHANNEL);
}

// Can the case proceed just now? All channels are locked.
static inline bool case_is_ready(const struct go__case *k) {
    const Channel *c = k->chan;
    if (k->send) return c->closed || c->receivers.first || c->count < c->capacity;
    return c->closed || c->senders.first || c->count > 0;
}

static inline void case_finish(Select *s, struct go__case *k, bool ok) {
    k->ok = ok;
    s->panics = k->send && !ok;
    if (!k->send && k->value) sanitize_write(k->value, ((Channel *)k->chan)->elem_size);
}

enum { NONE_READY = -1,
       TRY_AGAIN = -2 };

// All channels are locked. Index of the case performed, with all unlocked; NONE_READY with
// everything still locked; or TRY_AGAIN, unlocked: those who waited at the other end were in
// selects, and others have had them.
static inline int select_try(Select *s) {
    for (uint32_t i = 0; i < s->n; i++) {
        struct go__case *k = &s->cases[s->order[i]];
        if (!case_is_ready(k)) continue;
        Channel *c = k->chan;
        select_unlock_others(s, c); // the choice is made; the one who wakes up may want them
        Attempt a = k->send ? gort_channel_send_locked(c, k->value)
                            : gort_channel_receive_locked(c, k->value);
        if (a == BLOCK) {
            spin_unlock(&c->lock.lock, RANK_CHANNEL);
            return TRY_AGAIN;
        }
        case_finish(s, k, a == DONE);
        return (int)s->order[i];
    }
    return NONE_READY;
}

static inline WaitQueue *case_queue(const struct go__case *k) {
    Channel *c = k->chan;
    return k->send ? &c->senders : &c->receivers;
}

static inline void select_enqueue(Select *s, Goroutine *g) {
    for (uint32_t i = 0; i < s->n; i++) {
        struct go__case *k = &s->cases[s->order[i]];
        s->sudogs[i] = (Sudog){.g = g, .value = k->value, .selecting = true, .index = s->order[i]};
        gort_sudog_enqueue(case_queue(k), &s->sudogs[i]);
        sanitize_release(&s->sudogs[i]);
    }
    for (uint32_t i = 0; i < s->n_channels; i++)
        s->by_address[i]->lock.next = i + 1 < s->n_channels ? &s->by_address[i + 1]->lock : NULL;
}

static inline void select_dequeue(Select *s, const Sudog *winner) {
    for (uint32_t i = 0; i < s->n; i++) {
        Sudog *w = &s->sudogs[i];
        if (w == winner) continue;
        struct go__case *k = &s->cases[w->index];
        Channel *c = k->chan;
        spin_lock(&c->lock.lock, RANK_CHANNEL);
        gort_sudog_remove(case_queue(k), w);
        spin_unlock(&c->lock.lock, RANK_CHANNEL);
    }
}

// All channels are locked, nothing is ready.
static int select_wait(Select *s) {
    Goroutine *g = gort_current();
    store_relaxed(&g->select_done, 0);
    select_enqueue(s, g);
    gort_park(s->n_channels ? &s->by_address[0]->lock : NULL, WAIT_SELECT);
    const Sudog *winner = g->waker;
    sanitize_acquire(winner);
    select_dequeue(s, winner);
    case_finish(s, &s->cases[winner->index], winner->ok);
    return (int)winner->index;
}

static void timers_each(const Select *s, void (*act)(Timer *)) {
    if (!s->timers) return;
    for (uint32_t i = 0; i < s->n_channels; i++)
        if (s->by_address[i]->timer) act(s->by_address[i]->timer);
}

static inline int select_run(Select *s, int n, bool block) {
    select_collect(s, n, &machine_current()->random);
    if (s->n == 0 && !block) return -1;
    select_sort(s);
    timers_each(s, block ? gort_timer_watch : gort_timer_poll);
    int chosen;
    do {
        select_lock(s);
        chosen = select_try(s);
    } while (chosen == TRY_AGAIN);
    if (chosen == NONE_READY && block)
        chosen = select_wait(s);
    else if (chosen == NONE_READY)
        select_unlock_others(s, NULL);
    if (block) timers_each(s, gort_timer_unwatch);
    return chosen;
}

static _Noreturn __attribute__((noinline, cold)) void panic_closed(void) {
    gort_upcalls.panic_plain("send on closed channel");
}

static __attribute__((noinline)) int select_many(struct go__case *cases, int n, bool block) {
    size_t count = (size_t)n;
    Select s = {.cases = cases};
    char *memory = malloc(count * (sizeof *s.sudogs + sizeof *s.by_address + sizeof *s.order));
    if (!memory) gort_upcalls.fatal("runtime: out of memory");
    s.sudogs = (Sudog *)memory;
    s.by_address = (Channel **)(s.sudogs + count);
    s.order = (uint32_t *)(s.by_address + count);
    int chosen = select_run(&s, n, block);
    free(memory); // before a panic, which does not come back
    if (unlikely(s.panics)) panic_closed();
    return chosen;
}

static __attribute__((noinline)) int select_few(struct go__case *cases, int n, bool block) {
    Sudog sudogs[FEW];
    uint32_t order[FEW];
    Channel *by_address[FEW];
    Select s = {.cases = cases, .sudogs = sudogs, .order = order, .by_address = by_address};
    int chosen = select_run(&s, n, block);
    if (unlikely(s.panics)) panic_closed();
    return chosen;
}

// A case alone: as the plain operation.
static int select_one(struct go__case *k, bool block) {
    if (!k->chan && !block) return -1;
    if (k->send) {
        if (block) {
            go__chan_send(k->chan, k->value);
            return 0;
        }
        return gort_channel_send(k->chan, k->value, false) ? 0 : -1;
    }
    if (block) {
        k->ok = go__chan_recv(k->chan, k->value);
        return 0;
    }
    int result = gort_channel_receive(k->chan, k->value, false);
    k->ok = result == 1;
    return result < 0 ? -1 : 0;
}

int go__select(struct go__case *cases, int n, int block) {
    preemption_point();
    if (n == 1) return select_one(cases, block);
    if (likely(n > 1)) return n <= FEW ? select_few(cases, n, block) : select_many(cases, n, block);
    if (!block) return -1;
    machine_current();
    for (;;) gort_park(NULL, WAIT_SELECT_NO_CASES);
}
