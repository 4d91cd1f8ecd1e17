// pool_chain.c - the double-ended queue in which a processor keeps the items of a pool.
//
// A part is a ring of slots; `ends` has the head (upper half) and the tail (lower half), both of
// which only grow, so that each side sees both in one step. The owner puts and takes at the head of
// the newest part, thieves take at the tail of the oldest. When the newest part is full the owner
// links one of twice the size; a part that is empty, and has a newer one, stays so, and is dropped
// by the thief that finds that. The structure is that of Go's sync.poolChain.
//   1. Only the owner raises the head; it fills the slot first, and publishes it by the release of
//      `ends`.
//   2. Taking is a CAS of `ends`, by the owner (head - 1) and by thieves (tail + 1): so each item is
//      taken once. Thereafter the slot is the taker's, until it clears it.
//   3. The owner puts only into a slot that has been cleared: a thief may be slower than the tail.
//   4. `newer` is written once, by the owner. `older` is written by the owner before the part is
//      linked, and cleared by the thief that drops the older part.
// Parts and items are collected objects: what is put into a slot or link, and what is taken out, is
// greyed while the collector marks, with suspension held off.
#include "sync/sync.h"

#include "base/abi.h"
#include "sched/suspend.h"

enum { PART_SLOTS_FIRST = 8,
       PART_SLOTS_MOST = 1 << 16 };

struct ChainPart {
    uint64_t ends;    // (a)
    ChainPart *newer; // (a)
    ChainPart *older; // (a)
    uint64_t slots;   // (c) a power of two
    void *slot[];     // (a) NULL: free
};

static inline uint32_t head_of(uint64_t ends) { return (uint32_t)(ends >> 32); }
static inline uint32_t tail_of(uint64_t ends) { return (uint32_t)ends; }
static inline uint64_t ends_of(uint32_t head, uint32_t tail) { return (uint64_t)head << 32 | tail; }

static inline void **slot_at(ChainPart *p, uint32_t at) { return &p->slot[at & (p->slots - 1)]; }

static inline void grey(Machine *m, const void *object) {
    gort_assert(m->nosuspend);
    if (unlikely(go__gc_marking)) grey_word(&m->grey, (uintptr_t)object);
}

// ---- one part -----------------------------------------------------------------------------------

static bool part_put(Machine *m, ChainPart *p, void *item) {
    uint64_t ends = load_acquire(&p->ends);
    uint32_t head = head_of(ends);
    gort_assert(head - tail_of(ends) <= p->slots);
    if (head - tail_of(ends) == p->slots) return false;
    void **slot = slot_at(p, head);
    if (load_acquire(slot)) return false; // invariant 3; pairs with part_take_tail
    grey(m, item);
    store_relaxed(slot, item);
    __atomic_add_fetch(&p->ends, (uint64_t)1 << 32, __ATOMIC_RELEASE);
    return true;
}

static void *part_take_head(Machine *m, ChainPart *p) {
    for (;;) {
        uint64_t ends = load_acquire(&p->ends);
        uint32_t head = head_of(ends), tail = tail_of(ends);
        if (head == tail) return NULL;
        if (!cas_acq_rel(&p->ends, ends, ends_of(head - 1, tail))) continue;
        void **slot = slot_at(p, head - 1), *item = load_relaxed(slot);
        gort_assert(item); // invariants 1 and 2
        grey(m, item);
        store_relaxed(slot, NULL);
        return item;
    }
}

static void *part_take_tail(Machine *m, ChainPart *p) {
    for (;;) {
        uint64_t ends = load_acquire(&p->ends);
        uint32_t head = head_of(ends), tail = tail_of(ends);
        if (head == tail) return NULL;
        if (!cas_acq_rel(&p->ends, ends, ends_of(head, tail + 1))) continue;
        void **slot = slot_at(p, tail), *item = load_relaxed(slot);
        gort_assert(item);
        grey(m, item);
        jitter();
        store_release(slot, NULL); // pairs with part_put
        return item;
    }
}

// ---- the chain ----------------------------------------------------------------------------------

ChainPart *gort_chain_part_new(uint32_t slots) {
    gort_assert(slots && (slots & (slots - 1)) == 0);
    ChainPart *p = gort_new(sizeof *p + slots * sizeof(void *), 16, &go__layout_any);
    p->slots = slots;
    return p;
}

bool gort_chain_put(Machine *m, Chain *c, void *item, uint32_t *part_slots) {
    ChainPart *p = c->head;
    if (p && part_put(m, p, item)) return true;
    uint64_t slots = p ? 2 * p->slots : PART_SLOTS_FIRST;
    *part_slots = (uint32_t)(slots < PART_SLOTS_MOST ? slots : PART_SLOTS_MOST);
    return false;
}

void gort_chain_extend(Machine *m, Chain *c, ChainPart *part) {
    grey(m, part);
    grey(m, c->head); // it was known to `head`, and is now to `older`
    store_relaxed(&part->older, c->head);
    ChainPart *before = c->head;
    store_relaxed(&c->head, part);
    // Pairs with thieves, who find it by either.
    if (before)
        store_release(&before->newer, part);
    else
        store_release(&c->tail, part);
}

void *gort_chain_take_head(Machine *m, Chain *c) {
    for (ChainPart *p = c->head; p; p = load_acquire(&p->older)) {
        void *item = part_take_head(m, p);
        if (item) return item;
    }
    return NULL;
}

void *gort_chain_take_tail(Machine *m, Chain *c) {
    for (ChainPart *p = load_acquire(&c->tail); p;) {
        // Read before the attempt: only a part that has a newer one stays empty once it is.
        ChainPart *newer = load_acquire(&p->newer);
        void *item = part_take_tail(m, p);
        if (item || !newer) return item;
        grey(m, p);
        if (cas_acq_rel(&c->tail, p, newer)) store_release(&newer->older, NULL);
        p = newer;
    }
    return NULL;
}
