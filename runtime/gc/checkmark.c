// checkmark.c - GODEBUG=checkmark=1: a second mark, which must agree with the first.
//
// When marking is over, and the world stands still, everything is marked once more from the roots,
// into bits of its own, without any barrier to rely on. An object that this mark reaches and the
// concurrent one did not would now be freed under the program: that is the collector's fault, or
// that of a store that nobody reported, and the end. Before that each marked object is looked into
// by other code than the marker's: it must refer to marked ones only.
//
// Stacks are searched for whatever looks like an address, and below the frames that were there when
// a stack was looked through for the first time lies what calls have left behind: addresses of
// objects that died long ago. New frames that do not fill all of their slots bring them back to
// light (the random mutator of test/stress shows some in each run), so a white object that only a
// stack or a register refers to is no proof, and is passed over; it is one as soon as it is stored
// elsewhere. GODEBUG=clobberfree=1 finds what is left.
//   1. Each span's mark_bits are replaced for the second mark, and put back at the end. The region
//      with the new ones holds for each span, in the order of addresses, where the old ones are.
//   2. No lock is waited for that a stopped thread may hold.
//   3. What the first mark counted stays as it was.
#include "gc/gc.h"

#include "base/print.h"

static uint64_t *region; // invariant 1
static uint64_t *cursor; // where the walk over all spans is in it
static size_t region_words;

// ---- the report ---------------------------------------------------------------------------------

static void print_object(Print *p, const Span *s, uintptr_t base) {
    gort_print_text(p, "the object at ");
    gort_print_hex(p, base);
    gort_print_text(p, " (");
    gort_print_uint(p, s->elem_size);
    gort_print_text(p, " bytes, class ");
    gort_print_uint(p, s->class);
    gort_print_text(p, s->scan ? ")" : ", no pointers)");
}

static void report(const Object *missed, const Span *from, uintptr_t from_base, size_t word,
                   const char *root) {
    Print p;
    gort_print_start(&p);
    gort_print_text(&p, "gocc: checkmark: ");
    print_object(&p, missed->span, missed->base);
    gort_print_text(&p, " is reachable, and not marked: ");
    if (from) {
        gort_print_text(&p, "word ");
        gort_print_uint(&p, word);
        gort_print_text(&p, " of ");
        print_object(&p, from, from_base);
        gort_print_text(&p, " refers to it\n");
    } else {
        gort_print_text(&p, root);
        gort_print_text(&p, " to it\n");
    }
    gort_print_finish(&p);
    gort_throw("marking has missed an object", __FILE__, __LINE__);
}

// ---- marked objects refer to marked objects -----------------------------------------------------

static void check_word(uintptr_t word, const Span *from, uintptr_t from_base, size_t at) {
    Object o;
    if (gort_object_find(word, &o) && !gort_object_is_marked(o.span, o.index))
        report(&o, from, from_base, at, NULL);
}

static void check_object(const Span *s, uint32_t index) {
    uintptr_t base = s->base + (uintptr_t)index * s->elem_size;
    bool bits = s->elem_size <= GORT_POINTER_BITS_MAX;
    const struct go__layout *layout = bits ? NULL : s->layouts[index];
    for (size_t i = 0; i < s->elem_size / 8; i++) {
        size_t word = (base - s->base) / 8 + i, in = layout ? i % layout->words : 0;
        bool pointer = bits ? s->pointer_bits[word / 64] >> word % 64 & 1
                            : layout && (layout->mask[in / 64] >> in % 64 & 1);
        if (pointer) check_word(((const uintptr_t *)base)[i], s, base, i);
    }
}

static void check_span(Span *s, void *arg) {
    (void)arg;
    for (uint32_t i = 0; s->scan && i < s->elem_count; i++)
        if (gort_object_is_marked(s, i)) check_object(s, i);
}

// ---- the second mark's bits ---------------------------------------------------------------------

static void bits_measure(Span *s, void *arg) {
    (void)arg;
    region_words += 1 + span_bit_words(s);
}

static void bits_swap(Span *s, void *arg) {
    (void)arg;
    uint64_t *fresh = cursor + 1;
    *cursor = (uint64_t)(uintptr_t)s->mark_bits;
    cursor = fresh + span_bit_words(s);
    store_relaxed(&s->mark_bits, fresh);
}

static const uint64_t *first_bits(const uint64_t *at) { return (const uint64_t *)(uintptr_t)*at; }

static void bits_restore(Span *s, void *arg) {
    (void)arg;
    store_relaxed(&s->mark_bits, (uint64_t *)(uintptr_t)*cursor);
    cursor += 1 + span_bit_words(s);
}

static bool begin(void) {
    region_words = 0;
    gort_heap_each(bits_measure, NULL);
    region = gort_os_memory_map(region_words * sizeof *region + 4096, 4096);
    if (!region) return false;
    cursor = region;
    gort_heap_each(bits_swap, NULL);
    return true;
}

static void finish(void) {
    cursor = region;
    gort_heap_each(bits_restore, NULL);
    gort_os_memory_unmap(region, region_words * sizeof *region + 4096);
}

// ---- roots --------------------------------------------------------------------------------------

// The first mark's bits of a span lie before the second one's.
static bool was_marked(const Object *o) {
    return bit_test(first_bits(o->span->mark_bits - 1), o->index);
}

static void stack_words(GreyBuffer *b, const void *start, const void *end) {
    const uintptr_t *p = (const uintptr_t *)(((uintptr_t)start + 7) & ~(uintptr_t)7);
    for (; p + 1 <= (const uintptr_t *)end; p++) {
        Object o;
        if (gort_object_find(load_relaxed(p), &o) && was_marked(&o)) grey_object(b, &o);
    }
}

static bool one_goroutine(Goroutine *g, void *arg) {
    GreyBuffer *b = arg;
    uint8_t status = load_acquire(&g->status);
    void *sp = load_seq_cst(&g->sp);
    if (status == G_IDLE || status == G_DEAD || !g->stack.low) return true;
    const char *env = g->env_bytes ? g->env : (const char *)&g->env;
    stack_words(b, env, env + (g->env_bytes ? g->env_bytes : sizeof g->env));
    if (sp && sp != GORT_ON_CPU) stack_words(b, sp, g->stack.high);
    return true;
}

static void one_machine(Machine *m, void *arg) {
    GreyBuffer *b = arg;
    const Standing *at = m->stopped_at ? m->stopped_at : m->standing;
    gort_roots_thread(b, m->thread_pointer, m->initial);
    if (!at) return;
    const Goroutine *g = m->current;
    stack_words(b, at->registers, at->registers_end);
    if (at->sp >= (uintptr_t)g->stack.low && at->sp < (uintptr_t)g->stack.high)
        stack_words(b, (void *)at->sp, g->stack.high);
}

static void roots_globals(GreyBuffer *b) { gort_roots_globals_again(b); }
static void roots_others(GreyBuffer *b) { gort_roots_others(b, true); }
static void roots_stacks(GreyBuffer *b) {
    gort_suspend_each(one_machine, b);
    gort_goroutine_each(one_goroutine, b);
}

static const struct {
    void (*mark)(GreyBuffer *b);
    const char *name;
} roots[] = {
    {roots_globals, "a global variable refers"},
    {roots_others, "a timer or a registered range refers"},
    {gort_cleanups_roots, "a cleanup's argument refers"},
    {roots_stacks, "a thread-local variable refers"},
};

// ---- comparing ----------------------------------------------------------------------------------

// Which roots lead to the object: those that mark it once more.
static void report_root(const Object *missed) {
    GreyBuffer b = {0};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        uint64_t bit = (uint64_t)1 << missed->index % 64;
        missed->span->mark_bits[missed->index / 64] &= ~bit;
        roots[i].mark(&b);
        if (gort_object_is_marked(missed->span, missed->index))
            report(missed, NULL, 0, 0, roots[i].name);
    }
}

// Of the objects that were missed some root refers to one directly: marked ones refer to marked ones.
static void compare_span(Span *s, void *arg) {
    bool *bad = arg;
    const uint64_t *first = first_bits(cursor);
    for (uint32_t i = 0; i < s->elem_count; i++) {
        if (!gort_object_is_marked(s, i) || bit_test(first, i)) continue;
        *bad = true;
        report_root(&(Object){s, i, s->base + (uintptr_t)i * s->elem_size});
    }
    cursor += 1 + span_bit_words(s);
}

void gort_mark_check(void) {
    uint64_t marked = gort_gc.marked_bytes, scan = gort_gc.scan_bytes;
    GreyBuffer b = {0};
    bool bad = false;
    gort_heap_each(check_span, NULL);
    if (!begin()) return;
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) roots[i].mark(&b);
    gort_mark_drain(&b);
    if (b.chunk) gort_grey_recycle(b.chunk);
    cursor = region;
    gort_heap_each(compare_span, &bad);
    gort_check(!bad && "the second mark agrees");
    finish();
    store_relaxed(&gort_gc.marked_bytes, marked); // invariant 3
    store_relaxed(&gort_gc.scan_bytes, scan);
}
