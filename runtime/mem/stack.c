// stack.c - goroutine stacks in fixed slots of address space.
//
// A slot is 256 KiB of address space without reservation; the kernel gives memory page by page as
// it is touched, so a goroutine that uses little costs 4 KiB (and half a KiB of page table). At the
// low end of a slot is the guard: running over the end faults, and gort_stack_guard_owner tells the
// signal handler whose stack it was. Slots come 64 at a time (a chunk); a chunk is never given
// back, because unmapping and faulting again costs a microsecond each and a guard about as much:
// free stacks are kept in lists, last in first out, per processor and, when that has too many, in a
// shared one.
//
// Equal strides are poison for caches: tops that are 256 KiB apart fall into the same cache sets,
// and switching between a thousand goroutines took 26 ns instead of 8. So tops are staggered, by
// lines within a page and by pages across the second-level cache's sets: (i % 32) lines + (i / 32 %
// 8) pages.
//
//   1. Above `high`, in the page that is warm anyway, lies the slot's header: link and owner. Its
//      address follows from the slot's number.
//   2. chunks is a list that only grows, published with release: a signal handler may read it at
//      any time.
//   3. A header is written by whoever acquires the stack; a signal handler asks only about the
//      stack that faulted, which has its owner.
// Where the kernel lacks MADV_GUARD_INSTALL and a process has used up its mappings, later stacks go
// without a guard: better than no stack.
#include "mem/stack.h"

#include "base/check.h"
#include "base/config.h"
#include "base/upcalls.h"
#include "os/os.h"
#include <stdlib.h>
#ifdef GORT_ASAN
#include <sanitizer/asan_interface.h>
#endif

typedef struct StackHeader {
    struct StackHeader *next; // in a free list
    struct Goroutine *owner; // who has it, or had it last
    char *low;
    char *high; // the header's own address
} StackHeader;

typedef struct Chunk { // constant after creation
    struct Chunk *next;
    char *base; // GORT_STACKS_PER_CHUNK slots
    uint32_t first; // number of its first slot, counted over all chunks
} Chunk;

static Chunk *chunks; // (a) invariant 2
// Next unused slot of the newest chunk, under stacks_lock.
static uint32_t fresh = GORT_STACKS_PER_CHUNK;
static StackHeader *shared; // under stacks_lock
static uint32_t shared_count; // written under stacks_lock, read as a hint
static Lock stacks_lock;
static uint64_t stacks_made; // (a)
enum { STACK_TOUCHED = 4096 }; // bytes that a stack counts for: most touch no more

static Chunk *chunk_of(const void *address) {
    for (Chunk *c = load_acquire(&chunks); c; c = c->next)
        if ((uintptr_t)address - (uintptr_t)c->base <
            (size_t)GORT_STACKS_PER_CHUNK * GORT_STACK_BYTES)
            return c;
    return NULL;
}

// The header of slot i of a chunk; the stagger is explained above.
static StackHeader *slot_header(const Chunk *c, uint32_t i) {
    uint32_t n = c->first + i;
    size_t shift = (size_t)(n % 32) * 64 + (size_t)(n / 32 % 8) * 4096;
    return (StackHeader *)(c->base + (size_t)(i + 1) * GORT_STACK_BYTES - shift) - 1;
}

// Under stacks_lock.
static void chunk_add(void) {
    size_t bytes = (size_t)GORT_STACKS_PER_CHUNK * GORT_STACK_BYTES;
    Chunk *c = calloc(1, sizeof *c);
    char *base = c ? gort_os_memory_map(bytes, GORT_STACK_BYTES) : NULL;
    if (!base) gort_upcalls.fatal("out of memory (goroutine stacks)");
    gort_os_memory_small_pages(base, bytes);
    c->base = base;
    c->first = chunks ? chunks->first + GORT_STACKS_PER_CHUNK : 0;
    c->next = chunks;
    store_release(&chunks, c); // pairs with the load in chunk_of
    fresh = 0;
}

// A slot that was never used, with its guard.
static StackHeader *stack_new(void) {
    add_relaxed(&stacks_made, 1);
    gort_lock_acquire(&stacks_lock, RANK_ALLOCATE);
    if (fresh == GORT_STACKS_PER_CHUNK) chunk_add();
    const Chunk *c = chunks;
    uint32_t i = fresh++;
    gort_lock_release(&stacks_lock, RANK_ALLOCATE);
    char *slot = c->base + (size_t)i * GORT_STACK_BYTES;
    StackHeader *h = slot_header(c, i);
    gort_os_memory_guard(slot, GORT_GUARD_BYTES);
    h->low = slot + GORT_GUARD_BYTES;
    h->high = (char *)h;
    return h;
}

// One stack of the shared list, or NULL; moves up to n - 1 more to the cache, if there is one.
static StackHeader *shared_take(StackCache *cache, uint32_t n) {
    // A hint: at worst one new slot too many.
    if (load_relaxed(&shared_count) == 0) return NULL;
    gort_lock_acquire(&stacks_lock, RANK_ALLOCATE);
    StackHeader *h = shared;
    uint32_t taken = h != NULL;
    if (h) shared = h->next;
    while (cache && shared && taken < n) {
        StackHeader *more = shared;
        shared = more->next;
        more->next = cache->first;
        cache->first = more;
        cache->count++;
        taken++;
    }
    store_relaxed(&shared_count, shared_count - taken);
    gort_lock_release(&stacks_lock, RANK_ALLOCATE);
    return h;
}

static __attribute__((noinline)) StackHeader *acquire_slow(StackCache *cache) {
    StackHeader *h = shared_take(cache, GORT_STACK_CACHE / 2);
    return h ? h : stack_new();
}

#ifdef GORT_TSAN
// What the sanitizer knows of a stack's bytes must not outlive its goroutine: the next one's
// accesses are not ordered after those. It forgets a range that is mapped anew while it ignores the
// thread. The header's page stays, so a stack ends at the page before.
static char *stack_high(const StackHeader *h) { return (char *)((uintptr_t)h & ~(uintptr_t)4095); }
static StackHeader *header_of(Stack stack) {
    Chunk *c = chunk_of(stack.low);
    return slot_header(c, (uint32_t)((size_t)(stack.low - c->base) / GORT_STACK_BYTES));
}
static void stack_forget(StackHeader *h) {
    gort_os_memory_renew(h->low, (size_t)(stack_high(h) - h->low));
}
#else
static inline char *stack_high(const StackHeader *h) { return h->high; }
static inline StackHeader *header_of(Stack stack) { return (StackHeader *)stack.high; }
static inline void stack_forget(StackHeader *h) {
#ifdef GORT_ASAN
    // Frames left by panics and go_exit.
    __asan_unpoison_memory_region(h->low, (size_t)(h->high - h->low));
#endif
    (void)h;
}
#endif

Stack gort_stack_acquire(StackCache *cache, struct Goroutine *owner) {
    StackHeader *h = cache ? cache->first : NULL;
    if (likely(h != NULL)) {
        cache->first = h->next;
        cache->count--;
    } else {
        h = acquire_slow(cache);
    }
    h->owner = owner;
    return (Stack){h->low, stack_high(h)};
}

static void shared_put(StackHeader *first, StackHeader *last, uint32_t n) {
    gort_lock_acquire(&stacks_lock, RANK_ALLOCATE);
    last->next = shared;
    shared = first;
    store_relaxed(&shared_count, shared_count + n);
    gort_lock_release(&stacks_lock, RANK_ALLOCATE);
}

// The older half goes: the newer ones are warm.
static __attribute__((noinline)) void cache_spill(StackCache *cache, uint32_t keep) {
    StackHeader **link = &cache->first;
    for (uint32_t i = 0; i < keep; i++) link = &(*link)->next;
    StackHeader *first = *link, *last = first;
    if (!first) return;
    *link = NULL;
    while (last->next) last = last->next;
    uint32_t n = cache->count - keep;
    cache->count = keep;
    shared_put(first, last, n);
}

void gort_stack_release(StackCache *cache, Stack stack) {
    StackHeader *h = header_of(stack);
    gort_assert(h->low == stack.low);
    stack_forget(h);
    if (!cache) {
        shared_put(h, h, 1);
        return;
    }
    h->next = cache->first;
    cache->first = h;
    if (unlikely(++cache->count > GORT_STACK_CACHE)) cache_spill(cache, GORT_STACK_CACHE / 2);
}

void gort_stack_cache_flush(StackCache *cache) { cache_spill(cache, 0); }

struct Goroutine *gort_stack_guard_owner(const void *address) {
    const Chunk *c = chunk_of(address);
    if (!c) return NULL;
    size_t offset = (uintptr_t)address - (uintptr_t)c->base;
    if (offset % GORT_STACK_BYTES >= GORT_GUARD_BYTES) return NULL;
    StackHeader *h = slot_header(c, (uint32_t)(offset / GORT_STACK_BYTES));
    return h->owner;
}

void gort_verify_stack_cache(const StackCache *cache) {
    uint32_t n = 0;
    for (StackHeader *h = cache->first; h; h = h->next, n++) {
        gort_check(h->high == (char *)h);
        gort_check(chunk_of(h) == chunk_of(h->low) && chunk_of(h) != NULL);
    }
    gort_check(n == cache->count && n <= GORT_STACK_CACHE);
}

void gort_stack_stats(uint64_t *inuse, uint64_t *sys) {
    *sys = load_relaxed(&stacks_made) * STACK_TOUCHED;
    *inuse = *sys - load_relaxed(&shared_count) * (uint64_t)STACK_TOUCHED;
}
