// alloc.h - the fast path of an allocation, inline.
//
// The next slot of the run of the cache's span, if it has the layout that is already put down, and
// the colour of the moment. No zeroing, no bits, no lock: all that was done for the run.
#ifndef GORT_MEM_ALLOC_H
#define GORT_MEM_ALLOC_H

#include "mem/heap.h"

void *gort_heap_allocate_slow(HeapCache *cache, size_t size, size_t align,
                              const struct go__layout *layout);

// As gort_heap_allocate.
static inline __attribute__((always_inline)) void *
heap_allocate(HeapCache *cache, size_t size, size_t align, const struct go__layout *layout) {
#ifndef GORT_ASAN
    if (unlikely(!cache)) return gort_heap_allocate_slow(cache, size, align, layout);
    if (!layout && size < GORT_TINY_BYTES) {
        uintptr_t at = (cache->tiny_next + align - 1) & -align;
        uintptr_t end = at + size + !size;
        if (likely(end <= cache->tiny_end && !gort_heap_black)) {
            cache->tiny_next = end;
            cache->tiny_count++;
            return (void *)at;
        }
    } else if (likely(size <= GORT_FINE_MAX)) {
        Span *s = cache->spans[gort_class_fine[(size + 7) / 8] * 2u + (layout != NULL)];
        if (likely(s != NULL)) {
            uintptr_t at = s->run_next;
            if (likely(at != s->run_end && layout == s->run_layout &&
                       s->run_black == gort_heap_black && !(s->elem_size & (align - 1)))) {
                store_release(&s->run_next, at + s->elem_size); // see gort_span_has
                return (void *)at;
            }
        }
    }
#endif
    return gort_heap_allocate_slow(cache, size, align, layout);
}

#endif
