// stats.c - the heap's numbers, and giving memory back.
#include "mem/central.h"
#include "mem/pageheap.h"

size_t gort_heap_release(size_t bytes) { return gort_pages_release(bytes); }

void gort_heap_limit(uint64_t bytes) { gort_pages_limit(bytes); }

size_t gort_heap_idle(int64_t window_ns) { return gort_pages_idle(window_ns); }

void gort_heap_each(void (*fn)(Span *, void *), void *arg) { gort_pages_each(fn, arg); }

static void add_class(HeapStats *out, unsigned span_class) {
    const Central *c = &gort_heap.central[span_class];
    uint64_t mallocs = load_relaxed(&c->mallocs), frees = load_relaxed(&c->frees);
    uint64_t size = gort_class_size[span_class / 2];
    out->mallocs += mallocs;
    out->frees += frees;
    out->total_alloc += mallocs * size;
    out->bytes += (mallocs - frees) * size;
}

void gort_heap_stats(HeapStats *out) {
    *out = (HeapStats){0};
    for (unsigned i = 0; i < GORT_SPAN_CLASSES; i++) add_class(out, i);
    // Tiny objects beyond the first of a block are freed as they are made, as in Go.
    uint64_t tiny = load_relaxed(&gort_heap.tiny_mallocs);
    out->mallocs += tiny;
    out->frees += tiny;
    out->objects = out->mallocs - out->frees;
    uint64_t large = load_relaxed(&gort_heap.large_mallocs_bytes);
    out->total_alloc += large;
    out->bytes += large - load_relaxed(&gort_heap.large_frees_bytes);
    PageStats pages = gort_pages_stats();
    out->inuse = pages.used << GORT_PAGE_SHIFT;
    out->idle = pages.free << GORT_PAGE_SHIFT;
    out->released = pages.absent << GORT_PAGE_SHIFT;
    out->sys = out->inuse + out->idle;
    out->spans = pages.spans;
    out->metadata_inuse = pages.structures - pages.spare_structures;
    out->metadata_sys = pages.metadata;
}
