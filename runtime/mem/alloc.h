// alloc.h - the fast path of an allocation, inline.
//
// The next slot of the run of the cache's span, if it has the layout that is already put down, and
// the colour of the moment. No zeroing, no bits, no lock: all that was done for the run.
#ifndef GORT_MEM_ALLOC_H
#define GORT_MEM_ALLOC_H

#include "mem/heap.h"

void *gort_heap_allocate_slow(HeapCache *cache, size_t size, size_t align,
                              const struct go__layout *layout);

// The next slot, or NULL: gort_heap_allocate_slow is to be asked. Never sets `attention`.
static inline __attribute__((always_inline)) void *
heap_allocate_fast(HeapCache *cache, size_t size, size_t align, const struct go__layout *layout) {
#ifdef GORT_ASAN
    (void)cache, (void)size, (void)align, (void)layout;
    return NULL;
#else
    if (!layout && size - 1 < GORT_TINY_MAX) {
        // Downwards: one step less between one allocation and the next. No address is negative, but
        // what is below zero is.
        uintptr_t at = (cache->tiny_end - size) & -align;
        if (unlikely((intptr_t)at < (intptr_t)cache->tiny_start || gort_heap_black)) return NULL;
        cache->tiny_end = at;
        store_relaxed(&cache->tiny_count, cache->tiny_count + 1);
        if (!at) __builtin_unreachable(); // spares the caller a test
        return (void *)at;
    }
    if (unlikely(size > GORT_FINE_MAX)) return NULL;
    Span *s = cache->spans[gort_class_fine[(size + 7) / 8] * 2u + (layout != NULL)];
    if (unlikely(!s)) return NULL;
    uintptr_t at = s->run_next;
    if (unlikely(at == s->run_end || layout != s->run_layout || s->run_black != gort_heap_black ||
                 (s->elem_size & (align - 1))))
        return NULL;
    store_release(&s->run_next, at + s->elem_size); // see gort_span_has
    if (!at) __builtin_unreachable();
    return (void *)at;
#endif
}

// As gort_heap_allocate.
static inline __attribute__((always_inline)) void *
heap_allocate(HeapCache *cache, size_t size, size_t align, const struct go__layout *layout) {
    void *p = likely(cache != NULL) ? heap_allocate_fast(cache, size, align, layout) : NULL;
    return likely(p != NULL) ? p : gort_heap_allocate_slow(cache, size, align, layout);
}

#endif
