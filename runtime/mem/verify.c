// verify.c - the heap's invariants, checked (gort_heap_verify). The world is stopped.
#include "base/check.h"
#include "mem/arena.h"
#include "mem/central.h"
#include "mem/pageheap.h"
#include "mem/poison.h"

static uint32_t bits_count(const uint64_t *bits, uint32_t from, uint32_t to) {
    uint32_t n = 0;
    for (uint32_t i = from; i < to; i++) n += bit_test(bits, i);
    return n;
}

// Span.h's invariants, for a span wherever it is.
static void verify_span(Span *s) {
    gort_check(s->state == SPAN_USED && s->elem_count > 0 && s->class < GORT_SIZE_CLASSES);
    gort_check(s->elem_size == (s->class ? gort_class_size[s->class] : s->elem_size));
    gort_check(s->elem_count * s->elem_size <= s->pages << GORT_PAGE_SHIFT);
    gort_check(gort_span_of(s->base) == s);
    gort_check(gort_span_of(s->base + (s->pages << GORT_PAGE_SHIFT) - 1) == s);
    gort_check(s->run_next >= s->base && s->run_next <= s->run_end);
    uint32_t allocated = 0, beyond = s->elem_count % 64;
    for (uint32_t i = 0; i < s->elem_count; i++)
        allocated += gort_span_has(s, i, s->base + i * s->elem_size);
    gort_check(allocated == s->alloc_count - span_run_left(s));
    gort_check(s->counted <= allocated);
    if (beyond) {
        uint64_t rest = ~(uint64_t)0 << beyond;
        gort_check(!(s->alloc_bits[s->elem_count / 64] & rest));
        gort_check(!(s->mark_bits[s->elem_count / 64] & rest));
    }
    if (!s->class) return;
    uint32_t from = slot_index(s, s->run_next), to = slot_index(s, s->run_end);
    gort_check(s->free_index == to || s->run_next == s->run_end);
    gort_check(bits_count(s->alloc_bits, from, to) == 0 && "a run is of free slots");
    gort_check(bits_count(s->mark_bits, from, to) == (s->run_black ? to - from : 0));
    for (uintptr_t at = s->run_next; !POISON && at < s->run_end; at += 8)
        gort_check(*(uint64_t *)at == 0 && "a run is zero");
}

typedef struct Count {
    size_t spans, cached, listed;
} Count;

static void count_span(Span *s, void *arg) {
    Count *n = arg;
    verify_span(s);
    n->spans++;
    n->cached += s->cached;
}

static void verify_list(Span *list, unsigned span_class, uint32_t sweepgen, bool full, Count *n) {
    for (Span *s = list; s; s = s->next) {
        gort_check(!s->cached && span_class_of(s) == span_class && s->sweepgen == sweepgen);
        gort_check(gort_span_of(s->base) == s);
        gort_check(full || s->alloc_count - span_run_left(s) < s->elem_count);
        n->listed++;
    }
}

void gort_heap_verify(void) {
    Count n = {0};
    gort_verify_pages();
    gort_pages_each(count_span, &n);
    unsigned swept = gort_heap.sweepgen / 2 % 2;
    for (unsigned i = 0; i < GORT_SPAN_CLASSES; i++) {
        Central *c = &gort_heap.central[i];
        spin_lock(&c->lock, RANK_CENTRAL);
        for (unsigned k = 0; k < 2; k++) {
            uint32_t gen = k == swept ? gort_heap.sweepgen : gort_heap.sweepgen - 2;
            verify_list(c->partial[k], i, gen, false, &n);
            verify_list(c->full[k], i, gen, true, &n);
        }
        spin_unlock(&c->lock, RANK_CENTRAL);
    }
    gort_check(n.listed + n.cached == n.spans && "a span is in a list or in a cache");
}
