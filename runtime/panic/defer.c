// defer.c - the records of deferred calls: pushing, and running them when a function returns.
//
// A function that defers owns one go__frame, on its stack; the frames of a goroutine form a chain
// from the innermost one, Goroutine.frames. A frame holds its records, last deferred first. What
// runs a record always takes it out first, so that a record runs once whatever happens in it.
// Invariants:
//   1. A frame is in its goroutine's chain exactly while it has records.
//   2. Chain order is stack order: what is pushed is younger than every frame in the chain, or its
//      head.
//   3. Generated code sets frame->jmp before its first push; only panic.c jumps there.
//   4. A record from go__defer_alloc is an object of the collected heap, known to its frame.
//   5. Records run at a normal return see recover_token == NULL: nothing in them can recover.
#include "panic/panic.h"
#include "sched/suspend.h"

// A record of the heap was filled without a word, and may be black; so may be those that only it
// will refer to.
static __attribute__((noinline)) void record_grey(const struct go__frame *f,
                                                  const struct go__defer *d) {
    Machine *m = machine_current();
    Object o;
    suspend_hold(m);
    if (gort_object_find((uintptr_t)d, &o))
        gort_grey_words(&m->grey, d, (const char *)d + o.span->elem_size);
    grey_word(&m->grey, (uintptr_t)f->top);
    suspend_allow(m);
}

void go__defer_push(struct go__frame *f, struct go__defer *d) {
    if (unlikely(go__gc_marking)) record_grey(f, d);
    if (!f->top) {
        Goroutine *g = gort_current();
        f->up = g->frames;
        g->frames = f;
    }
    d->next = f->top;
    f->top = d;
}

void *go__defer_alloc(unsigned long size) {
    struct go__defer *d = go__new(size, 16, &go__layout_any);
    d->heap = 1;
    return d;
}

void go__defer_return(struct go__frame *f) {
    Goroutine *g = gort_current();
    struct go__defer *d;
    while ((d = f->top)) {
        f->top = d->next;
        if (!f->top) {
            gort_assert(g->frames == f);
            g->frames = f->up;
        }
        g->recover_token = NULL;
        d->run(d);
    }
}
