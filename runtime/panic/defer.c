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
//   4. A record from go__defer_alloc is freed when its call has returned; one whose call panicked stays
//      allocated.
//   5. Records run at a normal return see recover_token == NULL: nothing in them can recover.
#include <stdlib.h>

#include "panic/panic.h"

void go__defer_push(struct go__frame *f, struct go__defer *d) {
    if (!f->top) {
        Goroutine *g = gort_current();
        f->up = g->frames;
        g->frames = f;
    }
    d->next = f->top;
    f->top = d;
}

void *go__defer_alloc(unsigned long size) {
    struct go__defer *d = calloc(1, size);
    if (!d)
        gort_report_fatal("runtime: out of memory");
    d->heap = 1;
    return d;
}

void gort_defer_free(struct go__defer *d) {
    if (d->heap)
        free(d);
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
        gort_defer_free(d);
    }
}
