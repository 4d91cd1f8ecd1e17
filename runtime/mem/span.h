// span.h - a span: a run of pages that is free, or holds objects of one size.
//
// Span structures are made in memory of the heap's own, and never given back: a structure that was
// once one is one for ever, so that whoever finds an old pointer in the arena map can still look at
// `state`, `base` and `pages` and see that it is not meant. A structure is followed by the bits of
// its objects; a free one is used again only for a span that needs as many.
//
// Slots of a span are handed out run by run. A run is a row of neighbouring free slots, found in
// alloc_bits; it is zeroed as a whole, and then handed out by adding elem_size to run_next.
//   1. A slot is allocated if its bit in alloc_bits is set, or it lies below run_next. Nothing else
//      says so: see gort_span_has.
//   2. [run_next, run_end) is zero, and free; the layout of its slots, if they may hold pointers,
//      is already put down as run_layout; their mark bits are set if run_black.
//   3. Slots from run_end on were not looked at since the last sweep.
//   4. Who may write: the cache that holds the span (cached), else whoever took it out of the lists
//      of its central. mark_bits are written by anyone, atomically.
//   5. A sweep makes alloc_bits of mark_bits, clears mark_bits, and begins anew: no run.
#ifndef GORT_MEM_SPAN_H
#define GORT_MEM_SPAN_H

#include "base/abi.h"
#include "base/atomic.h"
#include "mem/sizeclass.h"

#define GORT_PAGE_SHIFT 13u
#define GORT_PAGE_BYTES ((size_t)1 << GORT_PAGE_SHIFT)
#define GORT_POINTER_BITS_MAX 512u // larger objects have a layout each instead of bits

typedef enum SpanState {
    SPAN_DEAD, // a spare structure, or one that is being set up
    SPAN_FREE, // pages that nobody uses, in a bin of the page heap
    SPAN_USED // holds objects
} SpanState;

// (h) the holder, invariant 4; (c) constant while used; (a) atomic; (g) the page heap's lock; (l)
// the lock of the central whose list it is in.
typedef struct Span {
    // The line that allocations touch.
    uintptr_t run_next; // (h, a) next free slot; written with release, see gort_span_has
    uintptr_t run_end; // (h)
    const struct go__layout *run_layout; // (h) of the slots in the run; NULL: !scan
    size_t elem_size; // (c) bytes of a slot; large: the object's size, rounded up to words
    uintptr_t base; // (c) first byte
    uint32_t elem_magic; // (c) offset * elem_magic >> 32 is offset / elem_size; 0: large
    uint32_t elem_count; // (c)
    uint8_t class; // (c) 0: large
    bool scan; // (c) objects may hold pointers
    bool run_black; // (h) the run was taken while marking
    bool needs_zero; // (h) free slots are not zero
    bool cached; // (h) in a HeapCache
    uint8_t state; // (a) SpanState
    uint32_t sweepgen; // (h) gort_heap.sweepgen of its last sweep, or of its making
    // The rest.
    struct Span *next, *previous; // (l) or (g)
    size_t pages; // (c)
    uint64_t *alloc_bits, *mark_bits; // (h) the pointers; one bit per slot
    union {
        // scan && elem_size <= 512: a bit per word of the span: may hold a pointer. Written when an
        // object is allocated; words beyond an object's size repeat its layout, and are zero.
        uint64_t *pointer_bits;
        // scan && elem_size > 512: the layout of each object.
        const struct go__layout **layouts;
    };
    // (h) slots allocated as of now, those of the current run included.
    uint32_t alloc_count;
    uint32_t free_index; // (h) the slot at run_end: where the search for the next run begins
    uint32_t extra_bytes; // (c) for good: room behind the structure
    union {
        uint32_t counted; // used: (h) of alloc_count: what the statistics know of
        uint32_t resident; // free: (g) pages that the kernel backs
    };
    uint64_t bits[]; // what the pointers above point to
} Span;

static inline unsigned span_class_of(const Span *s) { return span_class(s->class, s->scan); }
static inline uint32_t span_bit_words(const Span *s) { return (s->elem_count + 63) / 64; }
static inline uint32_t span_run_left(const Span *s) {
    return s->class ? (uint32_t)((s->run_end - s->run_next) / s->elem_size) : 0;
}
static inline bool bit_test(const uint64_t *bits, size_t i) {
    return load_relaxed(&bits[i / 64]) >> i % 64 & 1;
}

// Is the slot that begins at `at` allocated? Also while the holder allocates. The load of run_next
// pairs with the sweep's store: who sees the new run_next sees the new alloc_bits.
static inline bool gort_span_has(const Span *s, uint32_t index, uintptr_t at) {
    return at < load_acquire(&s->run_next) || bit_test(load_relaxed(&s->alloc_bits), index);
}

#endif
