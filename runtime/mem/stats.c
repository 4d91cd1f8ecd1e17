// stats.c - the heap's numbers, and giving memory back.
#include "mem/central.h"
#include "mem/pageheap.h"

size_t gort_heap_release(size_t bytes) { return gort_pages_release(bytes); }

void gort_heap_limit(uint64_t bytes) { gort_pages_limit(bytes); }

size_t gort_heap_idle(int64_t window_ns) { return gort_pages_idle(window_ns); }

void gort_heap_each(void (*fn)(Span *, void *), void *arg) { gort_pages_each(fn, arg); }

// What a cache's holder allocates is counted where nobody else writes, and read at any time: a sum
// is believed only if no version changed meanwhile. Frees are read first: whatever was freed had been
// counted as allocated before.

// Objects of that class that were allocated from the cache.
static uint64_t cache_mallocs(const HeapCache *cache, unsigned span_class) {
    for (;; cpu_relax()) {
        uint32_t version = load_acquire(&cache->version);
        if (version % 2) continue;
        uint64_t n = load_relaxed(&cache->mallocs[span_class]);
        const Span *s = load_relaxed(&cache->spans[span_class]);
        if (s) {
            uint64_t free = load_relaxed(&s->run_end) - load_relaxed(&s->run_next);
            uint64_t known = load_relaxed(&s->counted) + free / s->elem_size;
            n += load_relaxed(&s->alloc_count) - known;
        }
        fence_acquire();
        if (load_relaxed(&cache->version) == version) return n;
    }
}

static void add_class(HeapStats *out, unsigned span_class) {
    const Central *c = &gort_heap.central[span_class];
    uint64_t frees = load_acquire(&c->frees), mallocs = load_acquire(&c->larges);
    uint64_t size = gort_class_size[span_class / 2];
    for (const HeapCache *cache = load_acquire(&gort_heap.caches); cache; cache = cache->next)
        mallocs += cache_mallocs(cache, span_class);
    out->mallocs += mallocs;
    out->frees += frees;
    out->total_alloc += mallocs * size;
    out->bytes += (mallocs - frees) * size;
}

static void add_tiny(HeapStats *out) {
    for (const HeapCache *cache = load_acquire(&gort_heap.caches); cache; cache = cache->next) {
        uint64_t tiny = load_relaxed(&cache->tiny_count);
        // Beyond the first of a block they are freed as they are made, as in Go.
        out->mallocs += tiny;
        out->frees += tiny;
    }
}

static void add_large(HeapStats *out) {
    uint64_t frees = load_acquire(&gort_heap.large_frees_bytes);
    uint64_t mallocs = load_acquire(&gort_heap.large_mallocs_bytes);
    out->total_alloc += mallocs;
    out->bytes += mallocs - frees;
}

static void sum_objects(HeapStats *out) {
    *out = (HeapStats){0};
    for (unsigned i = 0; i < GORT_SPAN_CLASSES; i++) add_class(out, i);
    add_tiny(out);
    add_large(out);
    out->objects = out->mallocs - out->frees;
}

void gort_heap_stats(HeapStats *out) {
    PageStats pages;
    unsigned tries = 0;
    do { // once more, if a sweep has given pages back between the two looks
        sum_objects(out);
        pages = gort_pages_stats();
    } while (out->bytes > pages.used << GORT_PAGE_SHIFT && ++tries < 100);
    out->inuse = pages.used << GORT_PAGE_SHIFT;
    out->idle = pages.free << GORT_PAGE_SHIFT;
    out->released = pages.absent << GORT_PAGE_SHIFT;
    out->sys = out->inuse + out->idle;
    out->spans = pages.spans;
    out->metadata_inuse = pages.structures - pages.spare_structures;
    out->metadata_sys = pages.metadata;
}
