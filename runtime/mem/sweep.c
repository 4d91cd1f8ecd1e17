// sweep.c - what was not marked is free.
//
// To sweep a span is to make its allocation bits of its mark bits: a few words, without a look at
// the objects. Spans become unswept all at once (gort_heap_sweep_start) and are swept one by one,
// by the collector's thread, and by whoever needs a span and takes the next unswept one of the
// class. Who takes a span out of its list is the only one to sweep it.
//   1. Nobody sweeps while marking goes on, and marking begins when all is swept: mark_bits are
//      clear then, but for runs that were taken since (black).
//   2. sweepers counts from before the first look at the lists to after the last one: if the
//      lists are empty, and sweepers is zero after that, all is swept.
//   3. A run that was not used up is not allocated; its mark bits, if black, go first.
#include "base/check.h"
#include "base/flags.h"
#include "mem/central.h"
#include "mem/pageheap.h"
#include "mem/poison.h"

void gort_heap_sweep_start(void) {
    gort_check(gort_heap_sweep_done() && "a cycle ends with its sweep");
    gort_heap.sweepgen += 2;
    store_seq_cst(&gort_heap.sweep_cursor, 0);
}

void gort_heap_sweep_pause(bool pause) { store_seq_cst(&gort_heap.sweep_paused, pause); }

bool gort_sweep_begin(void) {
    if (load_relaxed(&gort_heap.sweep_cursor) == GORT_SPAN_CLASSES) return false;
    add_seq_cst(&gort_heap.sweepers, 1); // before the look at the lists: invariant 2
    if (!load_seq_cst(&gort_heap.sweep_paused)) return true;
    gort_sweep_end();
    return false;
}

void gort_sweep_end(void) { add_seq_cst(&gort_heap.sweepers, -1u); }

static bool has_unswept(unsigned span_class) {
    const Central *c = &gort_heap.central[span_class];
    unsigned unswept = !(gort_heap.sweepgen / 2 % 2);
    return load_relaxed(&c->partial[unswept]) || load_relaxed(&c->full[unswept]);
}

// Moves the cursor past classes that have no unswept span; returns where it is.
static uint32_t cursor_advance(void) {
    uint32_t at = load_seq_cst(&gort_heap.sweep_cursor);
    while (at < GORT_SPAN_CLASSES && !has_unswept(at)) {
        cas_seq_cst(&gort_heap.sweep_cursor, at, at + 1);
        at = load_seq_cst(&gort_heap.sweep_cursor);
    }
    return at;
}

bool gort_heap_sweep_done(void) {
    return cursor_advance() == GORT_SPAN_CLASSES && load_seq_cst(&gort_heap.sweepers) == 0;
}

bool gort_heap_sweep_one(void) {
    if (!gort_sweep_begin()) return false;
    Span *s = NULL;
    for (uint32_t at; !s && (at = cursor_advance()) < GORT_SPAN_CLASSES;)
        s = gort_central_take_unswept(at);
    if (s) {
        if (gort_sweep_span(s) > 0)
            gort_central_put(s);
        else
            gort_pages_free(s);
    }
    gort_sweep_end();
    return s != NULL;
}

// ---- one span -----------------------------------------------------------------------------------

static uint32_t bits_count(const uint64_t *bits, uint32_t words) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < words; i++)
        if (bits[i]) n += (uint32_t)__builtin_popcountll(bits[i]);
    return n;
}

// What is freed is made unusable: GODEBUG=clobberfree=1, and the address sanitizer.
static void slots_clobber(Span *s) {
    for (uint32_t i = 0; i < s->elem_count; i++) {
        uintptr_t at = s->base + i * s->elem_size;
        if (!gort_span_has(s, i, at) || bit_test(s->mark_bits, i)) continue;
        poison_remove(at, s->elem_size);
        if (gort_flags.clobberfree) memory_fill(at, s->elem_size, 0xdeadbeefdeadbeef);
        poison_put(at, s->elem_size);
    }
}

static void statistics(Span *s, uint32_t live) {
    gort_check(s->counted == span_allocated(s) && "whoever gives a span back counts");
    gort_check(live <= s->counted && "marks are of allocated objects");
    add_seq_cst(&gort_heap.central[span_class_of(s)].frees, s->counted - live);
    if (!s->class && !live) add_relaxed(&gort_heap.large_frees_bytes, s->elem_size);
}

uint32_t gort_sweep_span(Span *s) {
    gort_check(s->state == SPAN_USED && !s->cached && s->sweepgen != gort_heap.sweepgen);
    uint32_t words = span_bit_words(s);
    if (s->run_black)
        bits_change(s->mark_bits, slot_index(s, s->run_next), slot_index(s, s->run_end), false);
    uint32_t live = bits_count(s->mark_bits, words);
    statistics(s, live);
    if ((POISON || gort_flags.clobberfree) && live < s->counted) slots_clobber(s);
    uint64_t *old = s->alloc_bits;
    store_relaxed(&s->alloc_bits, s->mark_bits);
    memory_zero((uintptr_t)old, words * sizeof *old);
    store_relaxed(&s->mark_bits, old);
    s->run_black = false;
    s->needs_zero = true;
    s->free_index = 0;
    s->alloc_count = s->counted = live;
    s->sweepgen = gort_heap.sweepgen;
    s->run_end = s->base;
    store_release(&s->run_next, s->base); // pairs with gort_span_has: alloc_bits are new
    return live;
}
