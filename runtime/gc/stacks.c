// stacks.c - goroutines as roots: what their stacks, registers and environments hold.
//
// A stack is looked through conservatively, each word of it, once in a collection: then it is
// black, and may hold only what is marked or will be. It must not be running meanwhile, and, since
// barriers say nothing of stores into the own stack, it must be looked through in one go.
//   1. A goroutine that does not run is looked through by the collector, or by the thread that is
//      about to run it, whoever claims it first: Goroutine.scan goes from anything to 2 * cycle + 1
//      by CAS, and from there to 2 * cycle when it is done.
//   2. Who runs a goroutine first says so (sp becomes GORT_ON_CPU), then reads `scan`; who looks
//      through one first claims it, then reads sp. If the goroutine has begun to run the claim is
//      given back, and if somebody holds a claim the goroutine waits for a few microseconds.
//   3. A goroutine that runs is looked through by its own thread, when it is asked (ASK_SCAN).
//   4. A goroutine born while stacks are looked through is born black: its parent greys what the
//      environment holds. Birth writes `scan` last of all, so a claim of its predecessor's structure
//      does not count for it (the end of a claim is a CAS).
//   5. None of this happens before all threads report their stores (gort_heap_black says so): a
//      black stack must not meet a thread that still stores in silence.
// The collector asks all threads first and then walks over all goroutines, until a walk finds
// nothing left to do: one that is missed was born meanwhile, and is black, or is a thread of the
// program's that came to the runtime meanwhile, and is asked.
#include "gc/gc.h"

#include "base/config.h"
#include "sched/sanitize.h"

enum { OTHER_STACK = 64 << 10 }; // as much of a stack that is not ours is looked through

static uint64_t stack_bytes; // (a)

void gort_stacks_begin(void) { store_relaxed(&stack_bytes, 0); }
uint64_t gort_stacks_bytes(void) { return load_relaxed(&stack_bytes); }

static uint32_t done_mark(void) { return 2 * load_relaxed(&gort_gc.cycle); }
static uint32_t busy_mark(void) { return done_mark() + 1; }

static bool claim(Goroutine *g) {
    uint32_t before = load_seq_cst(&g->scan);
    return before != done_mark() && before != busy_mark() &&
           cas_seq_cst(&g->scan, before, busy_mark());
}

// ---- looking through ----------------------------------------------------------------------------

static void scan_environment(GreyBuffer *b, const Goroutine *g) {
    if (!g->env_bytes)
        gort_grey_ambiguous(b, &g->env, &g->env + 1);
    else
        gort_grey_ambiguous(b, g->env, (char *)g->env + g->env_bytes);
}

// What lies in frames of the sanitizer's that these words refer to.
static void scan_fake_frames(GreyBuffer *b, void *fake_stack, const void *start, const void *end) {
    if (!fake_stack) return;
    const uintptr_t *p = (const uintptr_t *)(((uintptr_t)start + 7) & ~(uintptr_t)7);
    for (void *from, *to; p + 1 <= (const uintptr_t *)end; p++)
        if (sanitize_fake_frame(fake_stack, load_relaxed(p), &from, &to))
            gort_grey_ambiguous(b, from, to);
}

static void scan_stack(GreyBuffer *b, const Goroutine *g, uintptr_t sp, void *fake_stack) {
    gort_grey_ambiguous(b, (void *)sp, g->stack.high);
    scan_fake_frames(b, fake_stack, (void *)sp, g->stack.high);
    add_relaxed(&stack_bytes, (uintptr_t)g->stack.high - sp);
}

// Claimed; it does not run.
static void scan_parked(GreyBuffer *b, Goroutine *g, void *sp) {
    scan_environment(b, g);
    if (sp) scan_stack(b, g, (uintptr_t)sp, g->fake_stack);
    cas_seq_cst(&g->scan, busy_mark(), done_mark()); // invariant 4
}

// On a stack that is none of ours (a signal handler of the program's, a coroutine of some library)
// all of the goroutine's own stack counts: how far down it is in use is not known.
static uintptr_t lowest_in_use(const Goroutine *g, uintptr_t sp) {
    uintptr_t low = (uintptr_t)g->stack.low, high = (uintptr_t)g->stack.high;
    if (sp >= low && sp < high) return sp;
    return g->stack.low ? gort_os_mapped_from(low, high) : high;
}

static void scan_running(GreyBuffer *b, Machine *m, const Standing *at) {
    Goroutine *g = m->current;
    gort_grey_ambiguous(b, at->registers, at->registers_end);
    gort_grey_ambiguous(b, at->vectors, at->vectors_end);
    scan_fake_frames(b, at->fake_stack, at->registers, at->registers_end);
    uintptr_t low = lowest_in_use(g, at->sp);
    if (low != at->sp)
        gort_grey_ambiguous(b, (void *)at->sp, (void *)gort_os_mapped_end(at->sp, OTHER_STACK));
    if (g != &m->scheduler) scan_environment(b, g);
    scan_stack(b, g, low, at->fake_stack);
    if (g != &m->scheduler) store_seq_cst(&g->scan, done_mark());
}

// ---- for the scheduler: upcalls -----------------------------------------------------------------

void gort_gc_answer(Machine *m, bool scan, const Standing *at) {
    if (scan && at) scan_running(&m->grey, m, at);
    if (scan) gort_roots_thread(&m->grey, m->thread_pointer, m->initial);
    gort_grey_flush(&m->grey);
    gort_mark_account(&m->grey);
}

void gort_gc_before_run(Machine *m, Goroutine *g, void *sp) {
    if (g == &m->scheduler || g->home) return;
    fence_seq_cst(); // invariant 2: after sp
    while (load_seq_cst(&g->scan) != done_mark()) {
        if (claim(g))
            scan_parked(&m->grey, g, sp);
        else
            cpu_relax();
    }
}

void gort_gc_born(Machine *m, Goroutine *g) {
    scan_environment(&m->grey, g);
    store_seq_cst(&g->scan, done_mark());
}

// ---- for the collector --------------------------------------------------------------------------

typedef struct WalkState {
    GreyBuffer *b;
    bool complete;
} WalkState;

static bool walk_one(Goroutine *g, void *arg) {
    WalkState *w = arg;
    uint8_t status = load_acquire(&g->status); // pairs with birth
    if (status == G_IDLE || status == G_DEAD || load_seq_cst(&g->scan) == done_mark()) return true;
    if (load_seq_cst(&g->sp) == GORT_ON_CPU || !claim(g)) {
        w->complete = false;
        return true;
    }
    void *sp = load_seq_cst(&g->sp);
    if (sp == GORT_ON_CPU) {
        cas_seq_cst(&g->scan, busy_mark(), 0);
    } else {
        scan_parked(w->b, g, sp);
    }
    w->complete = false; // one more walk
    return true;
}

bool gort_stacks_scan(GreyBuffer *b) {
    WalkState w = {b, true};
    gort_goroutine_each(walk_one, &w);
    return w.complete;
}
