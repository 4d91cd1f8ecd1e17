// place.c - where goroutines wait, by address; and a semaphore made of that.
//
//   1. The word of an object, and all waiters that it leads to, are written under the lock of its
//      place only. Places are shared by chance: a place's lock says nothing about other words.
//   2. A goroutine is put into a queue and parks under one hold of that lock, which is released
//      from the other side of the switch (sched/park.c). So whoever finds it may make it ready.
//   3. Nobody holds two places, nor allocates while he holds one.
//   4. Making ready comes after unlocking; what is needed of the waiter is read before.
//   5. A semaphore's word has permits or waiters, never both: who comes while there are permits
//      takes one, who brings permits gives them to those who wait first.
// Rejected: a lock in each object, as channels have it: a mutex would have 40 bytes, and could not
// be freed by who was woken.
// Rejected: queues in the table (Go's semaphore roots): a search for the address under each lock.
#include "sync/sync.h"

#include <go/panic.h>

enum { PLACES = 256 }; // power of two; more than goroutines that wait or wake at one instant

typedef struct Place {
    ParkLock lock;
} __attribute__((aligned(64))) Place;

static Place places[PLACES] = {[0 ... PLACES - 1] = {.lock = {.rank = RANK_PLACE}}};

ParkLock *gort_place_lock(const void *word) {
    uint64_t h = (uint64_t)(uintptr_t)word * 0x9e3779b97f4a7c15u;
    ParkLock *lock = &places[h >> 56 & (PLACES - 1)].lock;
    spin_lock(&lock->lock, RANK_PLACE);
    lock->next = NULL;
    return lock;
}

void gort_semaphore_acquire(unsigned long *s, WaitReason reason) {
    Waiter w = {.g = gort_current()};
    ParkLock *place = gort_place_lock(s);
    unsigned long word = load_relaxed(s);
    if (word & 1) {
        gort_assert(word >= 3);
        store_relaxed(s, word == 3 ? 0 : word - 2);
        place_unlock(place);
        return;
    }
    queue_put(s, &w);
    gort_park(place, reason);
}

void gort_semaphore_release(unsigned long *s, uint32_t n) {
    Goroutine *first = NULL, **end = &first;
    ParkLock *place = gort_place_lock(s);
    unsigned long word = load_relaxed(s);
    while (n > 0 && word && !(word & 1)) {
        Goroutine *g = queue_take(s)->g;
        *end = g;
        end = &g->next;
        n--;
        word = load_relaxed(s);
    }
    *end = NULL;
    if (n > 0) store_relaxed(s, (word ? word : 1) + 2ul * n);
    place_unlock(place);
    gort_ready_all(first);
}

void gort_sync_panic(const char *text) { go_panic_value(&go_type_const_string, &text); }
