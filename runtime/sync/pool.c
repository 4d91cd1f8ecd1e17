// pool.c - <go/sync.h>: items that are kept for reuse, until a collection or two.
//
// For each processor a pool has a local part: places for a few items, and a queue of more
// (pool_chain.c). The processor's holder uses both without a lock; who finds nothing of its own
// takes from the tails of the others' queues. Items are sorted by the collection in whose time they
// were put: a local part has SETS of these two, and the number of the collection says which one is
// in use, and which one is the victim, from which one still takes.
//   1. An operation holds off suspension, and so the answer to the collector, and reads the number
//      inside. A collection raises the number and asks all threads: so when all have answered,
//      nobody uses a set of the collection before the last, and the collector clears it, alone.
//      Only then does it look at anything: what was only there is garbage in this collection.
//   2. Hence an item that is put during collection n is in use until n + 1 begins, a victim until
//      n + 2 begins, and then gone.
//   3. While a pool may have items it is in the list of pools, a root. A local part that is put into
//      for the first time in collection n sees that its pool is in the list (pools_lock). A pool
//      that was not put into since n - 2 leaves it: it is empty.
//   4. A local part belongs to the holder of its processor; the one at index 0 to all who hold none,
//      one at a time (PoolLocal.lock). Takers from tails need neither.
//   5. Tables and local parts are made once and stay; a table that is too small is replaced, by CAS,
//      by a larger one with the same local parts. Who still uses the old one misses new parts only.
//   6. Everything is collected memory: it lives as long as the go_pool refers to it.
#include "sync/sync.h"

#include "base/abi.h"
#include "gc/gc.h"

enum { SETS = 4, // in use, victim, being cleared, clear; a power of two, for the number wraps
       OWN = 4 };

typedef struct PoolSet {
    void *own[OWN]; // (owner) items, or NULL: nobody takes them away, so they need no atomics
    Chain rest;
} PoolSet;

typedef struct PoolLocal {
    PoolSet sets[SETS];
    uint32_t put_cycle; // (owner) of the last put; another one at first
    SpinLock lock;      // index 0 only
} __attribute__((aligned(128))) PoolLocal;

typedef struct PoolTable {
    struct PoolTable *next; // under pools_lock: in the list of pools
    uint32_t put_cycle;     // under pools_lock: the last collection in which a part was put into
    bool listed;            // under pools_lock
    uint32_t count;         // (c) of the following
    PoolLocal *local[];     // (a) by processor's id + 1; NULL: not yet
} PoolTable;

static SpinLock pools_lock; // taken with suspension held off, or by the collector
static PoolTable *pools;    // under pools_lock; a root, being a global variable

// ---- the list, and the collector ----------------------------------------------------------------

static void clear_sets(PoolTable *t, uint32_t cycle) {
    for (uint32_t i = 0; i < t->count; i++) {
        PoolLocal *l = load_acquire(&t->local[i]);
        if (!l) continue;
        PoolSet *old = &l->sets[(cycle - 2) & (SETS - 1)];
        for (int k = 0; k < OWN; k++) store_relaxed(&old->own[k], NULL);
        store_relaxed(&old->rest.head, NULL);
        store_relaxed(&old->rest.tail, NULL);
    }
}

// On the collector's thread: see gc.h. Sets are cleared without a word, for nobody can have looked
// into them since the collection began; what leaves the list is greyed.
static void collection_begun(uint32_t cycle) {
    spin_lock(&pools_lock, RANK_ROOTS);
    for (PoolTable **link = &pools, *t; (t = *link) != NULL;) {
        clear_sets(t, cycle);
        if ((int32_t)(cycle - t->put_cycle) < 2) {
            link = &t->next;
            continue;
        }
        grey_word(&gort_gc.grey, (uintptr_t)t);
        grey_word(&gort_gc.grey, (uintptr_t)t->next); // who helps marking may have looked into `link`
        *link = t->next;
        t->next = NULL;
        t->listed = false;
    }
    spin_unlock(&pools_lock, RANK_ROOTS);
}

// The first put of a local part in this collection's time.
static __attribute__((noinline)) void enlist(Machine *m, PoolTable *t, PoolLocal *l,
                                             uint32_t cycle) {
    gort_assert(m->nosuspend && l->put_cycle != cycle);
    l->put_cycle = cycle;
    spin_lock(&pools_lock, RANK_ROOTS);
    // Another one may have seen the next number already.
    if (!t->listed || (int32_t)(cycle - t->put_cycle) > 0) t->put_cycle = cycle;
    if (!t->listed) {
        if (go__gc_marking) {
            grey_word(&m->grey, (uintptr_t)t);
            grey_word(&m->grey, (uintptr_t)pools);
        }
        t->listed = true;
        t->next = pools;
        pools = t;
        store_release(&gort_gc_begun, collection_begun);
    }
    spin_unlock(&pools_lock, RANK_ROOTS);
}

// ---- tables -------------------------------------------------------------------------------------

static PoolTable *table_of(go_pool *p) { return load_acquire((PoolTable **)&p->state); }

static uint32_t index_here(const Machine *m) { return m->p ? m->p->id + 1 : 0; }

// Puts a pointer to a place that others read, unless that is not `before` any more.
static bool publish(void **at, void *before, void *object) {
    Machine *m = machine_current();
    suspend_hold(m);
    if (go__gc_marking) {
        grey_word(&m->grey, (uintptr_t)before);
        grey_word(&m->grey, (uintptr_t)object);
    }
    bool done = cas_acq_rel(at, before, object);
    suspend_allow(m);
    return done;
}

// A table for at least n local parts, with those of the one before.
static PoolTable *table_new(PoolTable *before, uint32_t n) {
    PoolTable *t = gort_new(sizeof *t + n * sizeof t->local[0], 16, &go__layout_any);
    t->count = n;
    for (uint32_t i = 0; before && i < before->count; i++)
        go__gc_store(&t->local[i], load_acquire(&before->local[i]));
    return t;
}

// Makes what is missing for this processor: the table, room in it, or the local part. May block.
static __attribute__((noinline)) void local_make(go_pool *p) {
    PoolTable *t = table_of(p);
    uint32_t i = index_here(machine_current());
    if (!t || i >= t->count) {
        uint32_t n = load_acquire(&gort_sched.processors_made) + 1;
        publish(&p->state, t, table_new(t, n > i ? n : i + 1));
        return;
    }
    PoolLocal *l = gort_new(sizeof *l, _Alignof(PoolLocal), &go__layout_any);
    l->put_cycle = load_relaxed(&gort_gc.cycle) - 1;
    publish((void **)&t->local[i], NULL, l);
}

// ---- put and get: suspension held off -----------------------------------------------------------

static inline PoolLocal *local_here(const Machine *m, PoolTable *t) {
    uint32_t i = index_here(m);
    return t && i < t->count ? load_acquire(&t->local[i]) : NULL;
}

static inline void local_lock(const Machine *m, PoolLocal *l) {
    if (unlikely(!m->p) && l) spin_lock(&l->lock, RANK_PLACE);
}
static inline void local_unlock(const Machine *m, PoolLocal *l) {
    if (unlikely(!m->p) && l) spin_unlock(&l->lock, RANK_PLACE);
}

// A part that the chain needs, and was made for it.
typedef struct Spare {
    ChainPart *part; // NULL: none, or used
    uint32_t slots;  // as many are needed
} Spare;

static inline void told(Machine *m, const void *item) {
    if (unlikely(go__gc_marking)) grey_word(&m->grey, (uintptr_t)item);
}

static bool chain_put(Machine *m, Chain *c, void *item, Spare *spare) {
    if (gort_chain_put(m, c, item, &spare->slots)) return true;
    if (!spare->part) return false;
    gort_chain_extend(m, c, spare->part);
    spare->part = NULL;
    return gort_chain_put(m, c, item, &spare->slots);
}

static inline bool set_put(Machine *m, PoolSet *s, void *item, Spare *spare) {
    for (int k = 0; k < OWN; k++) {
        if (s->own[k]) continue;
        told(m, item);
        store_relaxed(&s->own[k], item);
        return true;
    }
    return chain_put(m, &s->rest, item, spare);
}

// True: done. False: something must be made first; *spare says whether it is a part.
static inline bool pool_put(Machine *m, go_pool *p, void *item, Spare *spare) {
    PoolTable *t = table_of(p);
    PoolLocal *l = local_here(m, t);
    if (unlikely(!l)) return false;
    uint32_t cycle = load_relaxed(&gort_gc.cycle);
    local_lock(m, l);
    if (unlikely(l->put_cycle != cycle)) enlist(m, t, l, cycle);
    bool done = set_put(m, &l->sets[cycle & (SETS - 1)], item, spare);
    local_unlock(m, l);
    return done;
}

static inline void *set_take(Machine *m, PoolSet *s) {
    for (int k = 0; k < OWN; k++) {
        void *item = s->own[k];
        if (!item) continue;
        told(m, item);
        store_relaxed(&s->own[k], NULL);
        return item;
    }
    return s->rest.head ? gort_chain_take_head(m, &s->rest) : NULL;
}

// From the others, beginning behind our own.
static void *steal(Machine *m, PoolTable *t, uint32_t set) {
    for (uint32_t i = 0, at = index_here(m) + 1; i < t->count; i++, at++) {
        PoolLocal *l = load_acquire(&t->local[at % t->count]);
        void *item = l ? gort_chain_take_tail(m, &l->sets[set].rest) : NULL;
        if (item) return item;
    }
    return NULL;
}

static inline void *pool_get(Machine *m, go_pool *p) {
    PoolTable *t = table_of(p);
    if (unlikely(!t)) return NULL;
    PoolLocal *l = local_here(m, t);
    uint32_t cycle = load_relaxed(&gort_gc.cycle);
    void *item = NULL;
    local_lock(m, l);
    for (uint32_t age = 0; age < 2 && !item; age++) { // in use, victim
        uint32_t set = (cycle - age) & (SETS - 1);
        if (l) item = set_take(m, &l->sets[set]);
        if (!item) item = steal(m, t, set);
    }
    local_unlock(m, l);
    return item;
}

// ---- for programs -------------------------------------------------------------------------------

// What a program that relies on getting its items back deserves to see.
static bool dropped_by_chance(void) {
#ifdef GORT_TSAN
    return random_below(&machine_current()->random, 4) == 0;
#else
    return false;
#endif
}

static __attribute__((noinline)) void put_slow(go_pool *p, void *item) {
    Spare spare = {NULL, 0};
    for (;;) {
        Machine *m = machine_current();
        spare.slots = 0;
        suspend_hold(m);
        bool done = pool_put(m, p, item, &spare);
        suspend_allow(m);
        if (done) return;
        if (spare.slots)
            spare.part = gort_chain_part_new(spare.slots);
        else
            local_make(p);
    }
}

static __attribute__((noinline)) void *get_slow(go_pool *p) {
    Machine *m = machine_current();
    suspend_hold(m);
    void *item = pool_get(m, p);
    suspend_allow(m);
    if (item) {
        sanitize_acquire(item);
        return item;
    }
    return p->new_item ? p->new_item() : NULL;
}

// ---- the fast paths: nothing marks, a place for an item of our own is all that is needed ---------

// Suspension is held off by a plain store, and not counted: four counts are a chain of loads and
// stores that takes longer than all the rest.
static inline bool operation_begin(Machine *m) {
    if (unlikely(!m || !m->p || m->nosuspend)) return false;
    store_relaxed(&m->nosuspend, 1);
    compiler_barrier();
    return true;
}

static __attribute__((noinline)) void *answer_with(Machine *m, void *item) {
    gort_suspend_answer(m);
    return item; // it is in this frame while others look
}

static inline void *operation_end(Machine *m, void *item) {
    compiler_barrier();
    store_relaxed(&m->nosuspend, 0);
    compiler_barrier(); // as in suspend_allow
    return unlikely(load_relaxed(&m->asked) != ASK_NOTHING) ? answer_with(m, item) : item;
}

// Within an operation: the items of this processor, or NULL.
static inline void **own_items(const Machine *m, go_pool *p, uint32_t cycle, bool to_put) {
    PoolTable *t = table_of(p);
    if (unlikely(!t || go__gc_marking)) return NULL;
    PoolLocal *l = local_here(m, t);
    if (unlikely(!l || (to_put && l->put_cycle != cycle))) return NULL;
    return l->sets[cycle & (SETS - 1)].own;
}

// Puts the item where there is none, or takes it (replace NULL) where there is one.
static inline bool own_exchange(void **own, void **item) {
    if (unlikely(!own)) return false;
    bool put = *item != NULL;
#pragma GCC unroll 4
    for (int k = 0; k < OWN; k++) {
        void *there = own[k];
        if (put ? there != NULL : there == NULL) continue;
        store_relaxed(&own[k], *item);
        *item = there;
        return true;
    }
    return false;
}

void go_pool_put(go_pool *p, void *item) {
    if (unlikely(!item) || dropped_by_chance()) return;
    (void)*(void *volatile *)&p->state; // a null pointer faults here
    sanitize_release(item);
    Machine *m = arch_machine();
    if (likely(operation_begin(m))) {
        void **own = own_items(m, p, load_relaxed(&gort_gc.cycle), true), *place = item;
        bool done = own_exchange(own, &place);
        operation_end(m, item);
        if (likely(done)) return;
    }
    put_slow(p, item);
}

void *go_pool_get(go_pool *p) {
    (void)*(void *volatile *)&p->state;
    Machine *m = arch_machine();
    if (likely(operation_begin(m))) {
        void **own = own_items(m, p, load_relaxed(&gort_gc.cycle), false), *item = NULL;
        own_exchange(own, &item);
        if (likely(operation_end(m, item) != NULL)) {
            sanitize_acquire(item);
            return item;
        }
    }
    return get_slow(p);
}
