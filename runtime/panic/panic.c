// panic.c - panic, recover, go_exit.
//
// A panic does not unwind. It runs the goroutine's deferred records on top of the panicking stack,
// innermost frame first, so that a crash report can still show every frame. When a record has
// recovered, the stack is cut back with one __builtin_longjmp to the frame that deferred it; the
// generated code there runs what is left of that frame (go__defer_return) and returns. Unwinding
// through the frames instead costs thirty times as much, and stops at C code compiled without
// tables.
//
// Panics nest: a deferred call may panic again, or call go_exit, while an older one is under way.
// Then:
//   1. Goroutine.panics is the chain of those under way, newest first. Only the newest runs
//      records.
//   2. A record is taken out before it runs, so a newer panic goes on where the older one stood.
//      Once it needs a frame that the older one has not reached yet (the chain is back at
//      older->rest), the older one is `passed`: its run loop lies above the frames that are now at
//      stake, and is never returned to.
//   3. Recovering a panic drops it and every passed one directly below it. Those not passed go on,
//      when the deferred call that they wait for returns.
//   4. go_exit cannot be recovered, nor cut off: if a recovered panic had passed one, control
//      returns not to the recovering frame but to the go_exit, which runs the rest of the frames.
//   5. Only the function or block that a panic itself calls may recover: just before the call
//      recover_token names it, and its entry (go__recover_enter) turns that name into the panic.
//      Every other record that runs finds NULL or a foreign name. A token is good while its panic
//      is the newest and not recovered.
// The hard case is an exit e, a panic p in one of its deferred calls, and a recover of p in a frame
// below: p has passed e, so e is restarted; were p recovered above e's frames instead, e would just
// see its deferred call return.
#include <go/runtime.h>

#include "panic/panic.h"

int gort_panics_running;

static struct go__defer *record_take(Goroutine *g, struct go__frame **frame) {
    struct go__frame *f = g->frames;
    if (!f)
        return NULL;
    struct go__defer *d = f->top;
    gort_assert(d);
    f->top = d->next;
    if (!f->top)
        g->frames = f->up;
    *frame = f;
    return d;
}

// Invariant 2: p is about to take its next record from g->frames.
static void mark_passed(Goroutine *g, Panic *p) {
    for (Panic *q = p->link; q; q = q->link) {
        if (q->passed)
            continue;
        if (q->rest != g->frames)
            return;
        q->passed = true;
    }
}

// Cuts the stack back after the record of frame f has recovered p. Never inlined: gcc forbids a
// longjmp to a buffer that the same function has set.
static _Noreturn __attribute__((noinline)) void recovery(Goroutine *g, Panic *p,
                                                         struct go__frame *f) {
    int dropped = 1;
    Panic *q = p->link;
    for (; q && q->passed && !q->is_exit; q = q->link)
        dropped++;
    add_relaxed(&gort_panics_running, -dropped);
    g->panics = q;
    g->recover_token = NULL;
    if (q && q->passed) {
        q->passed = false;
        __builtin_longjmp(q->restart, 1);
    }
    __builtin_longjmp(f->jmp, 1);
}

// Runs the goroutine's deferred records on behalf of p until none is left; does not return if p is
// recovered.
static __attribute__((noinline)) void run_records(Goroutine *g, Panic *p) {
    for (;;) {
        mark_passed(g, p);
        struct go__frame *f;
        struct go__defer *d = record_take(g, &f);
        if (!d)
            return;
        p->rest = g->frames;
        g->recover_token = p->is_exit ? NULL : d->callee;
        d->run(d);
        gort_assert(g->panics == p);
        if (p->recovered)
            recovery(g, p, f);
    }
}

__attribute__((noinline)) void gort_panic_value(struct go_any value, const Fault *fault) {
    Goroutine *g = gort_current();
    Panic p = {.link = g->panics, .value = value};
    if (fault)
        p.fault = *fault;
    g->panics = &p;
    add_relaxed(&gort_panics_running, 1);
    run_records(g, &p);
    gort_report_panic(g);
}

void gort_panic_runtime(const char *text, const Fault *fault) {
    gort_panic_value(gort_any_box(&gort_type_runtime_error, &text), fault);
}

void go__panic(const struct go_type *type, const void *value) {
    gort_panic_value(gort_any_box(type, value), NULL);
}

void go__repanic(struct go_any value) {
    if (!value.type)
        gort_panic_runtime("panic called with nil argument", NULL);
    gort_panic_value(value, NULL);
}

void *go__recover_enter(void *self) {
    Goroutine *g = gort_current();
    void *token = g->recover_token;
    g->recover_token = NULL;
    return token && token == self ? g->panics : NULL;
}

struct go_any go__recover(void *token) {
    Panic *p = token;
    if (!p || p != gort_current()->panics || p->recovered)
        return (struct go_any){0};
    p->recovered = true;
    return p->value;
}

__attribute__((noinline)) void go_exit(void) {
    Goroutine *g = gort_current();
    Panic p = {.link = g->panics, .is_exit = true};
    g->exiting = true;
    g->panics = &p;
    if (__builtin_setjmp(p.restart))
        g = gort_current();
    run_records(g, g->panics);
    for (const Panic *q = g->panics; q; q = q->link) // those that the exit drops
        if (!q->is_exit)
            add_relaxed(&gort_panics_running, -1);
    gort_goroutine_exit();
}
