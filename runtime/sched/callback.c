// callback.c - plain C that calls .gc code.
//
// A goroutine may stand on frames of plain C: qsort has called its comparator, a library a function that it was given, a program's
// main in plain C a .gc file. Such code may keep addresses of thread-local storage across the call, or hold what belongs to the
// thread. If the goroutine parks now, it must go on on the same thread: it stays (home.c). Who parks cannot afford to look for such
// frames. So it is noticed where they come about: a function of a .gc file that may be called by C looks at its return address
// (translator/lower_entry.c), and comes here if that is no .gc code.
//   1. One call is remembered: where its return address lies on the stack, and what it is. While it lies there, and the stack
//      pointer is below, the call has not returned, and Goroutine.home is set. Nothing is done when it returns: whoever asks sees it.
//   2. A call that comes while another is remembered is only counted (`more`), if it lies below. So what is remembered is the outermost
//      one, and when that is over, so are the others; unless what was remembered was over already, and had left its traces where
//      nobody has written since. Then only the unwinder can tell.
//   3. The unwinder tells in any case, after each wait: what it does not find is forgotten. It takes locks, so it is not asked
//      by a goroutine that is about to park, which may hold some.
//   4. Calls on other stacks than the goroutine's do not count: a signal's handler does not park.
// Plain C that calls go_ functions itself is not noticed, nor does it stay: it says what it does.
// Rejected: to look for C's frames at each park. With frame pointers in all .gc code that costs some nanoseconds per park and frame,
// and a register everywhere; without them, microseconds.
#define _GNU_SOURCE
#include "sched/sched.h"

#include "base/abi.h"
#include <unwind.h>

unsigned long go__text_start, go__text_bytes;

// ---- frames of C --------------------------------------------------------------------------------

extern int main(int, char **) __attribute__((weak));

static _Unwind_Reason_Code look_at_frame(struct _Unwind_Context *context, void *found) {
    uintptr_t pc = _Unwind_GetIP(context);
    if (!pc) return _URC_END_OF_STACK;
    bool known = gort_text_contains(pc - 1) || gort_text_contains(pc) || gort_text_is_runtime(pc - 1);
    *(bool *)found |= !known;
    void *function = _Unwind_FindEnclosingFunction((void *)pc);
    bool outermost = function == (void *)main || function == (void *)gort_goroutine_main;
    return *(bool *)found || outermost ? _URC_END_OF_STACK : _URC_NO_REASON;
}

bool gort_stands_on_c(void) {
    bool found = false;
    _Unwind_Backtrace(look_at_frame, &found);
    return found;
}

// ---- calls that are remembered ------------------------------------------------------------------

// Not for the address sanitizer: other functions' frames.
__attribute__((no_sanitize("address", "thread"))) static uintptr_t word_at(const uintptr_t *at) {
    return *(const volatile uintptr_t *)at;
}

static void forget(Goroutine *g) {
    g->called_slot = NULL;
    g->called_more = false;
    if (!g->pins) g->home = NULL;
}

// Invariants 1 and 2; sp: below which nobody stands any more.
static bool is_over(const Goroutine *g, uintptr_t sp) {
    return (uintptr_t)g->called_slot < sp || (!g->called_more && word_at(g->called_slot) != g->called_return);
}

bool gort_stays(Machine *m) {
    Goroutine *g = m->current;
    if (g->called_slot && is_over(g, arch_stack_pointer())) forget(g);
    return g->home != NULL;
}

__attribute__((noinline)) void gort_called_check(Machine *m) {
    Goroutine *g = m->current;
    if (g->called_slot && (is_over(g, arch_stack_pointer()) || !gort_stands_on_c())) forget(g);
}

static void remember(Machine *m, const uintptr_t *slot) {
    Goroutine *g = m->current;
    bool deeper = g->called_slot && slot < g->called_slot && !is_over(g, (uintptr_t)slot);
    if (deeper) {
        g->called_more = true;
        return;
    }
    g->called_slot = slot;
    g->called_return = word_at(slot);
    g->called_more = false;
    g->home = m;
}

static bool is_ours(uintptr_t pc) { return gort_text_contains(pc) || gort_text_is_runtime(pc); }

__attribute__((noinline)) void go__called_from_c(const void *slot) {
    uintptr_t pc = word_at(slot) - 1;
    if (is_ours(pc) || (gort_text_learn(pc) && is_ours(pc))) return;
    Machine *m = arch_machine();
    if (!m || m->foreign || m->current == &m->scheduler || !stands_on(m->current, (uintptr_t)slot)) return;
    remember(m, slot);
}
