// alloc.c - objects: what the fast path (alloc.h) leaves over.
//
// Tiny objects share blocks of 16 bytes: those below 8 bytes, since of larger ones (Go has its limit
// at 16) hardly two fit into a block, and 8 have a class of their own. Small ones come from the run of
// the cache's span for their class, large ones have a span each. When a run is used up the next one is looked for in the
// span's bits; when there is none, another span comes from the central. All the work of an
// allocation (zeroing, layout, mark) is done for a run at a time, which is why the fast path has
// none left. A run that is to be zeroed is at most 8 KiB long: it is still in the first-level
// cache when its slots are used.
#include "mem/alloc.h"

#include "base/check.h"
#include "base/flags.h"
#include "base/print.h"
#include "base/upcalls.h"
#include "mem/central.h"
#include "mem/pageheap.h"
#include "mem/poison.h"

enum { RUN_ZERO_BYTES = 8192, // see above
       RUN_SLOTS_SMALL = 4, // in small builds
       // Large objects from here on are zeroed by the kernel, page by page when they are touched:
       // an allocation must not keep its thread from stopping for long.
       LARGE_RELEASE = 512 << 10 };

uint8_t gort_heap_black, gort_heap_attention;
uint64_t gort_heap_live, gort_heap_trigger = UINT64_MAX;
static HeapCache shared; // for callers without a processor; under shared_lock
static Lock shared_lock;

// ---- runs ---------------------------------------------------------------------------------------

// The first bit from `from` on that is clear (or set), at most `end`.
static uint32_t bits_find(const uint64_t *bits, uint32_t from, uint32_t end, bool set) {
    uint64_t flip = set ? 0 : ~(uint64_t)0;
    while (from < end) {
        uint64_t word = (bits[from / 64] ^ flip) >> from % 64;
        if (word) {
            from += (uint32_t)__builtin_ctzll(word);
            return from < end ? from : end;
        }
        from = (from | 63) + 1;
    }
    return end;
}

static uint32_t run_limit(const Span *s) {
    uint32_t limit = s->elem_count;
    if (s->needs_zero)
        limit = s->elem_size < RUN_ZERO_BYTES ? RUN_ZERO_BYTES / (uint32_t)s->elem_size : 1;
#ifdef GORT_SMALL
    if (limit > RUN_SLOTS_SMALL) limit = RUN_SLOTS_SMALL;
#endif
    return gort_flags.gcstress ? 1 : limit;
}

// Makes [from, to) the run of a span of the cache; invariant 2 of span.h.
static void run_set(HeapCache *cache, Span *s, uint32_t from, uint32_t to,
                    const struct go__layout *layout) {
    uintptr_t start = s->base + from * s->elem_size, end = s->base + to * s->elem_size;
    if (s->needs_zero) {
        poison_remove(start, end - start);
        memory_zero(start, end - start);
    }
    poison_put(start, end - start);
    if (layout) gort_layout_put(s, from, to, layout);
    s->run_layout = layout;
    s->run_black = gort_heap_black;
    if (s->run_black) bits_change(s->mark_bits, from, to, true);
    s->free_index = to;
    cache_write_begin(cache);
    store_relaxed(&s->alloc_count, s->alloc_count + to - from);
    store_relaxed(&s->run_end, end);
    store_release(&s->run_next, start);
    cache_write_end(cache);
}

// The next free slots of a span whose run is used up; false: it has none.
static bool run_take(HeapCache *cache, Span *s, const struct go__layout *layout) {
    uint32_t from = bits_find(s->alloc_bits, s->free_index, s->elem_count, false);
    if (from == s->elem_count) return false;
    uint32_t limit = run_limit(s), end = s->elem_count;
    if (end - from > limit) end = from + limit;
    run_set(cache, s, from, bits_find(s->alloc_bits, from, end, true), layout);
    return true;
}

// The colour has changed since the run was taken.
static void run_recolour(Span *s) {
    s->run_black = gort_heap_black;
    bits_change(s->mark_bits, slot_index(s, s->run_next), slot_index(s, s->run_end), s->run_black);
}

// ---- spans in caches ----------------------------------------------------------------------------

static void attention(HeapCache *cache) {
    if (cache == &shared)
        store_relaxed(&gort_heap_attention, 1);
    else
        cache->attention = 1;
}

// The cache has `bytes` more to allocate from, or has allocated them.
static void account(HeapCache *cache, size_t bytes) {
    uint64_t live = add_relaxed(&gort_heap_live, bytes);
    cache->taken += bytes;
    if (live >= load_relaxed(&gort_heap_trigger) || gort_heap_black) attention(cache);
}

static size_t bytes_free(const Span *s) {
    return (s->elem_count - span_allocated(s)) * s->elem_size;
}

static void cache_put(HeapCache *cache, unsigned span_class) {
    Span *s = cache->spans[span_class];
    if (!s) return;
    uint32_t allocated = span_allocated(s);
    cache_write_begin(cache);
    store_relaxed(&cache->mallocs[span_class],
                  cache->mallocs[span_class] + allocated - s->counted);
    store_relaxed(&cache->spans[span_class], NULL);
    cache_write_end(cache);
    s->counted = allocated;
    s->cached = false;
    add_relaxed(&gort_heap_live, -(uint64_t)bytes_free(s));
    gort_central_put(s);
}

static void cache_enlist(HeapCache *cache) {
    cache->listed = true;
    do
        cache->next = load_relaxed(&gort_heap.caches);
    while (!cas_seq_cst(&gort_heap.caches, cache->next, cache));
}

static Span *cache_take(HeapCache *cache, unsigned span_class) {
    Span *s = gort_central_take(span_class);
    if (!s) return NULL;
    if (unlikely(!cache->listed)) cache_enlist(cache);
    s->cached = true;
    cache_write_begin(cache);
    store_relaxed(&cache->spans[span_class], s);
    cache_write_end(cache);
    account(cache, bytes_free(s));
    return s;
}

// In small builds a span is given back before its time, now and then.
static bool gives_back_early(Span *s) {
#ifdef GORT_SMALL
    return s->free_index % 16 == 5;
#else
    (void)s;
    return false;
#endif
}

// A span of the cache with a run that has a slot; NULL: no memory.
static Span *refill(HeapCache *cache, unsigned span_class, const struct go__layout *layout) {
    Span *s = cache->spans[span_class];
    if (s && !gives_back_early(s) && run_take(cache, s, layout)) return s;
    cache_put(cache, span_class);
    s = cache_take(cache, span_class);
    if (!s) return NULL;
    if (s->run_next == s->run_end) {
        bool taken = run_take(cache, s, layout);
        gort_check(taken && "a span that the central gives has a free slot");
    } else if (layout && layout != s->run_layout) {
        gort_layout_put(s, slot_index(s, s->run_next), slot_index(s, s->run_end), layout);
        s->run_layout = layout;
    }
    return s;
}

void gort_heap_cache_flush(HeapCache *cache) {
    HeapCache *c = cache ? cache : &shared;
    if (!cache) gort_lock_acquire(&shared_lock, RANK_HEAP_SHARED);
    c->tiny_start = c->tiny_end = 0;
    for (unsigned i = 0; i < GORT_SPAN_CLASSES; i++) cache_put(c, i);
    if (!cache) gort_lock_release(&shared_lock, RANK_HEAP_SHARED);
}

// ---- objects ------------------------------------------------------------------------------------

static void *small(HeapCache *cache, unsigned class, const struct go__layout *layout) {
    unsigned span_class = class * 2 + (layout != NULL);
    Span *s = cache->spans[span_class];
    if (!s || s->run_next == s->run_end) {
        s = refill(cache, span_class, layout);
        if (!s) return NULL;
    }
    if (s->run_black != gort_heap_black) run_recolour(s);
    uintptr_t at = s->run_next;
    if (layout != s->run_layout) {
        uint32_t i = slot_index(s, at);
        gort_layout_put(s, i, i + 1, layout);
    }
    store_release(&s->run_next, at + s->elem_size);
    return (void *)at;
}

// The block is one object: it lives as long as one of those in it.
static void *tiny(HeapCache *cache, size_t size, size_t align) {
    char *p = small(cache, GORT_TINY_CLASS, NULL);
    if (!p || gort_heap_black || gort_flags.gcstress) return p;
    uintptr_t start = (uintptr_t)p, at = (start + GORT_TINY_BYTES - size) & -align;
    if (at - start > cache->tiny_end - cache->tiny_start) { // more is left of it than of the old one
        cache->tiny_start = start;
        cache->tiny_end = at;
    }
    return (void *)at;
}

static void large_zero(Span *s) {
    size_t bytes = s->pages << GORT_PAGE_SHIFT;
    if (!s->needs_zero) return;
    poison_remove(s->base, bytes);
    if (bytes < LARGE_RELEASE)
        memory_zero(s->base, bytes);
    else
        gort_os_memory_release((void *)s->base, bytes);
    s->needs_zero = false;
}

static void *large(HeapCache *cache, size_t size, size_t align, const struct go__layout *layout) {
    if (size > (size_t)1 << GORT_ADDRESS_BITS || align > (size_t)1 << GORT_ADDRESS_BITS)
        return NULL;
    Span *s = gort_span_make(layout != NULL, size, align);
    if (!s) return NULL;
    large_zero(s);
    poison_put(s->base, s->pages << GORT_PAGE_SHIFT);
    if (layout) s->layouts[0] = layout;
    if (gort_heap_black) bits_change(s->mark_bits, 0, 1, true);
    s->alloc_count = s->free_index = 1;
    s->run_next = s->run_end = s->base + 1; // it is allocated: invariant 1 of span.h
    s->counted = 1;
    gort_pages_publish(s);
    add_relaxed(&gort_heap.central[layout != NULL].larges, 1);
    add_relaxed(&gort_heap.large_mallocs_bytes, s->elem_size);
    account(cache, s->elem_size);
    uintptr_t base = s->base;
    gort_central_put(s);
    return (void *)base;
}

// NULL: no memory.
static void *allocate(HeapCache *cache, size_t size, size_t align,
                      const struct go__layout *layout) {
    if (size == 0) size = 1; // distinct objects have distinct addresses, as C wants it
    if (gort_flags.gcstress) attention(cache);
    size_t room = size + POISON_TAIL;
    if (room < size) return NULL;
    unsigned class = size_class(room, align);
    void *p;
    if (!POISON && !layout && size <= GORT_TINY_MAX && align <= GORT_TINY_BYTES)
        p = tiny(cache, size, align);
    else if (class)
        p = small(cache, class, layout);
    else
        p = large(cache, room, align, layout);
    if (p) poison_remove((uintptr_t)p, size);
    return p;
}

// Without the byte that the translator adds to what ends in an array, so that a pointer past its end
// is still inside. A type's size is a multiple of its alignment; of bytes alone only arrays are
// worth a report.
static size_t size_asked_for(size_t size, size_t align) {
    return size > 1 && size % align == (align > 1) ? size - 1 : size;
}

static _Noreturn void out_of_memory(size_t size, size_t align) {
    HeapStats stats;
    Print p;
    gort_heap_stats(&stats);
    gort_arena_reserve_drop();
    gort_print_start(&p);
    gort_print_text(&p, "out of memory: cannot allocate ");
    gort_print_uint(&p, size_asked_for(size, align));
    gort_print_text(&p, " bytes (heap: ");
    gort_print_uint(&p, stats.inuse >> 20);
    gort_print_text(&p, " MiB in use, ");
    gort_print_uint(&p, stats.idle >> 20);
    gort_print_text(&p, " MiB idle, ");
    gort_print_uint(&p, stats.sys >> 20);
    gort_print_text(&p, " MiB mapped)");
    p.text[p.length] = 0;
    gort_upcalls.fatal(p.text);
}

__attribute__((noinline)) void *gort_heap_allocate_slow(HeapCache *cache, size_t size, size_t align,
                                                        const struct go__layout *layout) {
    gort_assert(align && (align & (align - 1)) == 0);
    if (!cache) gort_lock_acquire(&shared_lock, RANK_HEAP_SHARED);
    void *p = allocate(cache ? cache : &shared, size, align, layout);
    if (!cache) gort_lock_release(&shared_lock, RANK_HEAP_SHARED);
    if (unlikely(!p)) out_of_memory(size, align);
    return p;
}

void *gort_heap_allocate(HeapCache *cache, size_t size, size_t align,
                         const struct go__layout *layout) {
    return heap_allocate(cache, size, align, layout);
}
