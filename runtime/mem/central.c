// central.c - spans that no cache holds.
//
//   1. A span in use is in a cache, in one list of its central, or in the hands of one thread that
//      took it out of either.
//   2. A span in a list of swept ones has sweepgen == gort_heap.sweepgen, one in a list of unswept
//      ones the value before (two less). A list of unswept spans only shrinks.
//   3. A partial span has a free slot: in its run, or from free_index on.
//   4. Under the thread sanitizer a swept span that holds an object is full: its free slots are
//      remembered as somebody's. Only whole spans are used again, with their pages mapped anew.
#include "mem/central.h"

#include "base/check.h"
#include "base/flags.h"
#include "mem/pageheap.h"
#include "mem/poison.h"

enum { FULL_TRIES = 100 }; // formerly full spans that are swept in the hope of a slot, as in Go

Heap gort_heap;

static unsigned swept_index(void) { return gort_heap.sweepgen / 2 % 2; }

// ---- lists --------------------------------------------------------------------------------------

static void list_put(Span **list, Span *s) {
    s->next = *list;
    store_relaxed(list, s); // whoever looks without the lock only asks whether there is one
}

static Span *list_take(Span **list) {
    Span *s = *list;
    if (s) {
        store_relaxed(list, s->next);
        s->next = NULL;
    }
    return s;
}

static Span *take(Central *c, Span **list) {
    if (!load_relaxed(list)) return NULL;
    spin_lock(&c->lock, RANK_CENTRAL);
    Span *s = list_take(list);
    spin_unlock(&c->lock, RANK_CENTRAL);
    return s;
}

// For the thread sanitizer memory that somebody had must be mapped anew, to be forgotten: only whole
// spans are used again, by way of the page heap.
#ifdef GORT_TSAN
enum { RENEW = 1 };
#else
enum { RENEW = 0 };
#endif

static bool span_is_full(const Span *s) {
    if (RENEW && s->needs_zero) return true;
    return span_allocated(s) == s->elem_count;
}

void gort_central_put(Span *s) {
    Central *c = &gort_heap.central[span_class_of(s)];
    gort_check(s->sweepgen == gort_heap.sweepgen && !s->cached);
    bool full = span_is_full(s);
    spin_lock(&c->lock, RANK_CENTRAL);
    list_put(full ? &c->full[swept_index()] : &c->partial[swept_index()], s);
    spin_unlock(&c->lock, RANK_CENTRAL);
}

Span *gort_central_take_unswept(unsigned span_class) {
    Central *c = &gort_heap.central[span_class];
    Span *s = take(c, &c->partial[!swept_index()]);
    if (!s) s = take(c, &c->full[!swept_index()]);
    gort_check(!s || s->sweepgen == gort_heap.sweepgen - 2);
    return s;
}

// ---- making spans -------------------------------------------------------------------------------

// Bytes behind a span's structure: alloc_bits, mark_bits, pointer_bits or layouts.
static size_t extra_bytes(const Span *s, size_t pages) {
    size_t bytes = 2 * span_bit_words(s) * sizeof(uint64_t);
    if (s->scan && s->elem_size > GORT_POINTER_BITS_MAX) return bytes + s->elem_count * 8ul;
    return s->scan ? bytes + (pages << GORT_PAGE_SHIFT) / 64 : bytes;
}

// Pages that the kernel backs already, if need be by sweeping for them: memory that is garbage
// comes before memory that is new. At the memory limit all that is garbage does.
static Span *pages_find(size_t pages, size_t align, size_t extra) {
    Span *s = gort_pages_allocate(pages, align, extra, GROW_NOT);
    for (size_t tries = 0; !s && tries < 16 + pages && gort_heap_sweep_one(); tries++)
        s = gort_pages_allocate(pages, align, extra, GROW_NOT);
    if (!s) s = gort_pages_allocate(pages, align, extra, GROW_BELOW_LIMIT);
    while (!s && gort_heap_sweep_one()) s = gort_pages_allocate(pages, align, extra, GROW_NOT);
    return s ? s : gort_pages_allocate(pages, align, extra, GROW);
}

static void span_setup(Span *s, const Span *shape) {
    s->elem_size = shape->elem_size;
    s->elem_count = shape->elem_count;
    s->elem_magic = s->elem_count > 1 || shape->class ? UINT32_MAX / (uint32_t)s->elem_size + 1 : 0;
    s->class = shape->class;
    s->scan = shape->scan;
    s->run_next = s->run_end = s->base;
    s->run_layout = NULL;
    s->run_black = s->cached = false;
    s->sweepgen = gort_heap.sweepgen;
    s->alloc_count = s->free_index = s->counted = 0;
    uint32_t words = span_bit_words(s);
    s->alloc_bits = s->bits;
    s->mark_bits = s->bits + words;
    s->pointer_bits = s->scan ? s->bits + 2 * (size_t)words : NULL;
    memory_zero((uintptr_t)s->bits, s->extra_bytes);
}

Span *gort_span_make(unsigned span_class, size_t size, size_t align) {
    unsigned class = span_class / 2;
    size_t pages = class ? gort_class_pages[class]
                         : (size + GORT_PAGE_BYTES - 1) >> GORT_PAGE_SHIFT;
    Span shape = {.class = (uint8_t)class, .scan = span_class % 2};
    shape.elem_size = class ? gort_class_size[class] : (size + 7) & ~(size_t)7;
    shape.elem_count =
        class ? (uint32_t)((pages << GORT_PAGE_SHIFT) / shape.elem_size) : 1;
    Span *s = pages_find(pages, align, extra_bytes(&shape, pages));
    if (s) span_setup(s, &shape);
    return s;
}

// ---- a span with room ---------------------------------------------------------------------------

// Sweeps spans of the class until one has a free slot.
static Span *take_by_sweeping(unsigned span_class) {
    Span *s = NULL;
    if (!gort_sweep_begin()) return NULL;
    for (int tries = 0; tries < FULL_TRIES; tries++) {
        s = gort_central_take_unswept(span_class);
        if (!s) break;
        uint32_t live = gort_sweep_span(s);
        if (!RENEW && (live == 0 || !span_is_full(s))) break;
        if (live)
            gort_central_put(s);
        else
            gort_pages_free(s);
        s = NULL;
    }
    gort_sweep_end();
    return s;
}

Span *gort_central_take(unsigned span_class) {
    Central *c = &gort_heap.central[span_class];
    Span *s = take(c, &c->partial[swept_index()]);
    if (!s) s = take_by_sweeping(span_class);
    if (!s) {
        s = gort_span_make(span_class, 0, GORT_PAGE_BYTES);
        if (s) gort_pages_publish(s);
    }
    return s;
}
