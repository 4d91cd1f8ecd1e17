// central.h - spans that no cache holds, by span class; and the heap's one structure.
#ifndef GORT_MEM_CENTRAL_H
#define GORT_MEM_CENTRAL_H

#include "mem/heap.h"
#include "os/os.h"

// Lists of one span class. Those of index sweepgen / 2 % 2 hold swept spans, the other two unswept
// ones: adding two to sweepgen makes all swept spans unswept.
typedef struct Central {
    SpinLock lock;
    Span *partial[2]; // with free slots, as of the last sweep (unswept: as of the one before)
    Span *full[2]; // without; and large objects
    uint64_t larges; // (a) large objects ever allocated; the others are counted by caches
    uint64_t frees; // (a) objects ever freed
} __attribute__((aligned(64))) Central;

typedef struct Heap {
    uint32_t sweepgen; // even; changes with the world stopped
    bool sweep_paused; // (a) changes with the world stopped
    uint32_t sweepers; // (a) threads that may be in the middle of a sweep
    // (a) span classes before this one have no unswept span. Only grows in a cycle.
    uint32_t sweep_cursor;
    HeapCache *caches; // (a) all that were ever used
    uint64_t large_mallocs_bytes, large_frees_bytes; // (a)
    Central central[GORT_SPAN_CLASSES];
} Heap;

extern Heap gort_heap;

// A span with a free slot, swept, in no list: the caller's. NULL: there is no memory. May sweep.
Span *gort_central_take(unsigned span_class);
// A span that is the caller's, swept, goes into the list that it belongs to.
void gort_central_put(Span *s);
// An unswept span out of the lists of a class, the caller's to sweep; NULL: there is none. Between
// gort_sweep_begin and gort_sweep_end.
Span *gort_central_take_unswept(unsigned span_class);
// Sets up a span for objects of a class; large: of `size` bytes. NULL: no memory. May sweep to find
// some. Not published yet.
Span *gort_span_make(unsigned span_class, size_t size, size_t align);

// ---- sweep.c ------------------------------------------------------------------------------------

bool gort_sweep_begin(void); // false: sweeping pauses, or nothing is left; no end is due then
void gort_sweep_end(void);
// Sweeps a span that is the caller's; returns how many objects live.
uint32_t gort_sweep_span(Span *s);

// ---- layout.c -----------------------------------------------------------------------------------

// Puts the layout down for the slots [from, to) of a span that may hold pointers.
void gort_layout_put(Span *s, uint32_t from, uint32_t to, const struct go__layout *layout);

// ---- what statistics know -----------------------------------------------------------------------

static inline uint32_t span_allocated(const Span *s) { return s->alloc_count - span_run_left(s); }

// Between these the holder of a cache changes what others read.
static inline void cache_write_begin(HeapCache *cache) {
    store_relaxed(&cache->version, cache->version + 1);
    fence_release();
}
static inline void cache_write_end(HeapCache *cache) {
    store_release(&cache->version, cache->version + 1);
}

// ---- bits and bytes -----------------------------------------------------------------------------

// Sets or clears bits [from, to), atomically word by word.
static inline void bits_change(uint64_t *bits, uint32_t from, uint32_t to, bool set) {
    while (from < to) {
        uint32_t n = 64 - from % 64;
        if (n > to - from) n = to - from;
        uint64_t mask = ~(uint64_t)0 >> (64 - n) << from % 64;
        if (set)
            __atomic_fetch_or(&bits[from / 64], mask, __ATOMIC_RELAXED);
        else
            __atomic_fetch_and(&bits[from / 64], ~mask, __ATOMIC_RELAXED);
        from += n;
    }
}

static inline uint32_t slot_index(const Span *s, uintptr_t at) { // also for the end of the last one
    return s->class ? (uint32_t)((at - s->base) / s->elem_size) : at > s->base;
}

#endif
