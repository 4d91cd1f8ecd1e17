// runq.c - where runnable goroutines wait: a queue per processor, and one for all.
//
// A processor's queue is a ring that one machine, the holder of the processor, fills and empties,
// and from which others steal. `next` is a slot before it: the goroutine that was readied last runs
// first, because its waker is about to block and the data between them is warm; a pair that plays
// ping-pong never touches the ring.
//   1. Only the holder moves `tail`, and it publishes a slot by a release store of `tail`.
//   2. Taking is a CAS on `head`, by the holder and by thieves: what it read from the slots before
//      is valid only if the CAS succeeds. Slots are read atomically since the holder may overwrite
//      one whose taker is about to fail.
//   3. head and tail only grow (they wrap around at 2^32); tail - head is the length, at most
//      GORT_RUNQ_SIZE.
//   4. A goroutine is in one queue at most; whoever took it out owns it.
//   5. A thief takes half of what is there, puts all but one into its own queue, and runs that one.
//      It copies into free slots of its own queue, which is empty, before the CAS, and moves its
//      own tail after: a failed CAS loses nothing, and nothing is ever taken twice.
// Putting `next` is an exchange, and so a full barrier: gort_sched_wake, which follows it, must not
// read "all are busy" from before (proc.c has the protocol).
#include "sched/sched.h"

#include "base/flags.h"

static uint32_t mask(uint32_t at) { return at & (GORT_RUNQ_SIZE - 1); }

// ---- the global queue ---------------------------------------------------------------------------

void gort_globalq_put(Goroutine *g) {
    g->next = NULL;
    if (gort_sched.queue_tail)
        gort_sched.queue_tail->next = g;
    else
        gort_sched.queue_head = g;
    gort_sched.queue_tail = g;
    store_relaxed(&gort_sched.queue_count, gort_sched.queue_count + 1);
}

static Goroutine *globalq_pop(void) {
    Goroutine *g = gort_sched.queue_head;
    gort_sched.queue_head = g->next;
    if (!gort_sched.queue_head) gort_sched.queue_tail = NULL;
    store_relaxed(&gort_sched.queue_count, gort_sched.queue_count - 1);
    return g;
}

Goroutine *gort_globalq_get(Processor *p, uint32_t max) {
    if (!gort_sched.queue_head) return NULL;
    uint32_t n = gort_sched.queue_count / load_relaxed(&gort_sched.processor_count) + 1;
    uint32_t room = GORT_RUNQ_SIZE / 2;
    if (n > room) n = room;
    if (n > max) n = max;
    Goroutine *g = globalq_pop();
    while (--n > 0 && gort_sched.queue_head && gort_runq_length(p) < room) {
        Goroutine *more = globalq_pop();
        store_relaxed(&p->runq.slots[mask(p->runq.tail)], more);
        store_release(&p->runq.tail, p->runq.tail + 1);
    }
    return g;
}

void gort_verify_globalq(void) {
    uint32_t n = 0;
    Goroutine *last = NULL;
    for (Goroutine *g = gort_sched.queue_head; g; last = g, g = g->next, n++)
        gort_check(load_relaxed(&g->status) == G_RUNNABLE);
    gort_check(n == gort_sched.queue_count && last == gort_sched.queue_tail);
}

// ---- a processor's queue ------------------------------------------------------------------------

uint32_t gort_runq_length(const Processor *p) {
    return load_relaxed(&p->runq.tail) - load_acquire(&p->runq.head);
}

// For anyone. Between taking `next` out and putting it into the ring the queue must not look empty,
// so both are read twice.
bool gort_runq_is_empty(const Processor *p) {
    for (;;) {
        uint32_t head = load_seq_cst(&p->runq.head), tail = load_seq_cst(&p->runq.tail);
        Goroutine *next = load_seq_cst(&p->runq.next);
        if (tail == load_seq_cst(&p->runq.tail)) return head == tail && !next;
    }
}

// The ring is full: half of it and g go to the global queue. False if a thief has made room
// meanwhile.
static __attribute__((noinline)) bool runq_spill(Processor *p, Goroutine *g, uint32_t head,
                                                 uint32_t tail) {
    Goroutine *batch[GORT_RUNQ_SIZE / 2 + 1];
    uint32_t n = (tail - head) / 2;
    gort_check(n == GORT_RUNQ_SIZE / 2);
    for (uint32_t i = 0; i < n; i++) batch[i] = load_relaxed(&p->runq.slots[mask(head + i)]);
    // Pairs with the CAS of thieves.
    if (!cas_acq_rel(&p->runq.head, head, head + n)) return false;
    batch[n] = g;
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    for (uint32_t i = 0; i <= n; i++) gort_globalq_put(batch[i]);
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    return true;
}

// GODEBUG=migratestress=1: all go through the global queue, and so through the scheduler (proc.c).
static inline bool goes_round(Goroutine *g) {
#ifdef GORT_DEV
    if (likely(!gort_flags.migratestress)) return false;
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    gort_globalq_put(g);
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    return true;
#else
    (void)g;
    return false;
#endif
}

void gort_runq_put(Processor *p, Goroutine *g) {
    gort_assert(load_relaxed(&g->status) == G_RUNNABLE);
    if (goes_round(g)) return;
    for (;;) {
        // Pairs with thieves: the slot is free.
        uint32_t head = load_acquire(&p->runq.head), tail = p->runq.tail;
        if (likely(tail - head < GORT_RUNQ_SIZE)) {
            store_relaxed(&p->runq.slots[mask(tail)], g);
            store_release(&p->runq.tail, tail + 1);
            return;
        }
        if (runq_spill(p, g, head, tail)) return;
    }
}

void gort_runq_put_next(Processor *p, Goroutine *g) {
    gort_assert(load_relaxed(&g->status) == G_RUNNABLE);
    if (goes_round(g)) return;
    Goroutine *before = exchange_seq_cst(&p->runq.next, g);
    if (before) gort_runq_put(p, before);
}

static Goroutine *ring_get(Processor *p) {
    for (;;) {
        uint32_t head = load_acquire(&p->runq.head); // pairs with the CAS of thieves
        if (head == p->runq.tail) return NULL;
        Goroutine *g = load_relaxed(&p->runq.slots[mask(head)]);
        if (!cas_acq_rel(&p->runq.head, head, head + 1)) continue;
        slice_start(p);
        return g;
    }
}

static Goroutine *next_get(Processor *p) {
    Goroutine *g = load_relaxed(&p->runq.next);
    // Only the holder puts one here, so if it changes it became NULL: a thief has it.
    return g && cas_acquire(&p->runq.next, g, NULL) ? g : NULL;
}

Goroutine *gort_runq_get(Processor *p) {
    Goroutine *g = next_get(p);
    return g ? g : ring_get(p);
}

Goroutine *gort_runq_get_fair(Processor *p) {
    Goroutine *g = ring_get(p);
    return g ? g : next_get(p);
}

// ---- stealing -----------------------------------------------------------------------------------

// `next` of a processor whose holder runs is about to run there: leave it a moment, and take it only
// if that processor has scheduled nothing meanwhile. That `next` is the same goroutine says little:
// of a pair that plays ping-pong it is, every other time, and a pair torn apart pays a thread's
// wake-up for each message, three times the price (test/bench/pingpong at GOMAXPROCS=2).
static Goroutine *steal_next(Processor *victim) {
    Goroutine *g = load_acquire(&victim->runq.next);
    if (!g)
        return NULL;
    uint32_t tick = load_relaxed(&victim->tick);
    gort_os_nap_us(GORT_STEAL_NAP_US);
    if (load_relaxed(&victim->tick) != tick || load_relaxed(&victim->runq.next) != g)
        return NULL;
    return cas_acq_rel(&victim->runq.next, g, NULL) ? g : NULL;
}

Goroutine *gort_runq_steal(Processor *thief, Processor *victim, bool take_next) {
    uint32_t to = thief->runq.tail;
    gort_check(to == load_relaxed(&thief->runq.head) && "a thief has nothing of its own");
    for (;;) {
        uint32_t head = load_acquire(&victim->runq.head); // pairs with the CAS of other takers
        // Pairs with the holder's publishing store.
        uint32_t tail = load_acquire(&victim->runq.tail);
        uint32_t n = tail - head;
        n -= n / 2;
        if (n == 0) return take_next ? steal_next(victim) : NULL;
        // Head and tail are of different moments.
        if (n > GORT_RUNQ_SIZE / 2) continue;
        for (uint32_t i = 0; i < n; i++)
            store_relaxed(&thief->runq.slots[mask(to + i)],
                          load_relaxed(&victim->runq.slots[mask(head + i)]));
        if (!cas_acq_rel(&victim->runq.head, head, head + n)) continue;
        Goroutine *g = thief->runq.slots[mask(to + n - 1)];
        if (n > 1) store_release(&thief->runq.tail, to + n - 1);
        return g;
    }
}

void gort_runq_drain(Processor *p) {
    for (Goroutine *g; (g = gort_runq_get_fair(p)) != NULL;) gort_globalq_put(g);
}

void gort_verify_runq(const Processor *p) {
    uint32_t head = load_acquire(&p->runq.head), tail = p->runq.tail;
    gort_check(tail - head <= GORT_RUNQ_SIZE);
    for (uint32_t i = head; i != tail; i++) {
        Goroutine *g = load_relaxed(&p->runq.slots[mask(i)]);
        if (load_acquire(&p->runq.head) - head > i - head) continue; // stolen while we looked
        gort_check(g != NULL && load_relaxed(&g->status) == G_RUNNABLE);
    }
}
