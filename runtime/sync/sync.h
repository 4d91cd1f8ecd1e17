// sync.h - where goroutines wait for a mutex and the like: what the files of this layer share.
//
// Reading order: place.c (waiting, semaphores), mutex.c, rwmutex.c, waitgroup.c, once.c, cond.c;
// pool.c on top of pool_chain.c; map.c.
//
// An object has one word for those who wait for it: the address of the last of them, who knows the
// first. The lock that guards the word is not in the object, which is to be small, and may be freed
// by whoever is woken: it is one of a table, chosen by the word's address.
#ifndef GORT_SYNC_SYNC_H
#define GORT_SYNC_SYNC_H

#ifdef GORT_TSAN
#define GO__SYNC_CALLS 1 // here, too, though this is not instrumented
#endif
#include <go/sync.h>

#include "chan/chan.h"
#include "sched/sanitize.h"
#include "sched/sched.h"

// A goroutine that waits. It lies on the stack of that goroutine; guarded by its place's lock, and
// the goroutine's again once that runs.
typedef struct Waiter {
    struct Waiter *next; // in a ring
    Goroutine *g;
    int64_t since_ns; // mutex: when it began to wait
    bool handed;      // mutex: it was given the lock. cond: it was signalled
    bool parked;      // cond: it is asleep, or about to be
} Waiter;

// ---- queues: a word, 0 or the address of the last waiter; under the lock of its place ------------

static inline Waiter *queue_last(const unsigned long *q) { return (Waiter *)load_relaxed(q); }

static inline void queue_put_first(unsigned long *q, Waiter *w) {
    Waiter *last = queue_last(q);
    w->next = last ? last->next : w;
    if (last)
        last->next = w;
    else
        store_relaxed(q, (unsigned long)w);
}

static inline void queue_put(unsigned long *q, Waiter *w) {
    queue_put_first(q, w);
    store_release(q, (unsigned long)w);
}

// The first; NULL: nobody waits.
static inline Waiter *queue_take(unsigned long *q) {
    Waiter *last = queue_last(q);
    if (!last) return NULL;
    Waiter *first = last->next;
    if (first == last)
        store_relaxed(q, 0);
    else
        last->next = first->next;
    return first;
}

// ---- place.c ------------------------------------------------------------------------------------

// Locks the place of a word and returns it; to be passed to gort_park, or unlocked.
ParkLock *gort_place_lock(const void *word);
static inline void place_unlock(ParkLock *place) { spin_unlock(&place->lock, RANK_PLACE); }

// A semaphore in one word: 0, permits * 2 + 1, or those who wait (there is never both). Acquire
// waits for a permit; release gives n of them, first come, first served, and touches the word no
// more once somebody can have got one.
void gort_semaphore_acquire(unsigned long *s, WaitReason reason);
void gort_semaphore_release(unsigned long *s, uint32_t n);

// Panics with this text, which is a string to whoever recovers it.
_Noreturn void gort_sync_panic(const char *text);

// ---- pool_chain.c -------------------------------------------------------------------------------

// A double-ended queue of items, in parts of growing size: the owner puts and takes at the head,
// anybody takes at the tail. See pool_chain.c.
typedef struct ChainPart ChainPart;
typedef struct Chain {
    ChainPart *head; // owner
    ChainPart *tail; // (a)
} Chain;

// All with suspension held off. Put: false: it needs a part of that many slots.
bool gort_chain_put(Machine *m, Chain *c, void *item, uint32_t *part_slots);
void gort_chain_extend(Machine *m, Chain *c, ChainPart *part);
void *gort_chain_take_head(Machine *m, Chain *c); // NULL: empty
void *gort_chain_take_tail(Machine *m, Chain *c); // NULL: empty, or somebody else was faster at the last
ChainPart *gort_chain_part_new(uint32_t slots);   // a power of two; may block: suspension allowed

#endif
