// pin.h - a goroutine that must stay on its thread, and calls that hold it. STUBS: the lead's
// branch `sched` replaces this file's contents by the real thing (sched-design.md, 1 and 2).
#ifndef GORT_SCHED_PIN_H
#define GORT_SCHED_PIN_H

#include "sched/suspend.h"

// The current goroutine, until unpin, goes on only on the machine where it stands; counts.
static inline void gort_pin(Machine *m) { (void)m; }
static inline void gort_unpin(Machine *m) { (void)m; }

// Does pc lie in translated text? Other callers have frames of plain C below, which may know their
// thread's addresses.
static inline bool gort_text_contains(const void *pc) {
    (void)pc;
    return true;
}

// Brackets a call that may hold the thread: others answer the collector for it, and may have its
// processor. The caller's registers are on its stack (__builtin_unwind_init). False: nothing was
// begun, and exit is not to be called.
static inline bool gort_call_enter(struct Standing *at) {
    Machine *m = arch_machine();
    if (!m || m->current == &m->scheduler || m->nosuspend) return false;
    m->standing = at;
    gort_suspend_nap_begin(m);
    return true;
}
static inline void gort_call_exit(void) {
    Machine *m = arch_machine();
    gort_suspend_nap_end(m);
    m->standing = NULL;
}

#endif
