// upcalls.h - the only way up: what lower layers ask of higher ones.
//
// A layer includes what lies below it and nothing above. Where the scheduler or a channel must call
// up (a send on a closed channel panics, a deadlock is fatal) it goes through this one table. The
// table is a constant that the layer `panic` defines (panic/upcalls.c): being a plain symbol
// reference, it also makes the linker take that layer out of the archive, with no constructor whose
// turn might come too late.
#ifndef GORT_BASE_UPCALLS_H
#define GORT_BASE_UPCALLS_H

#include <stdbool.h>

struct Goroutine;
struct Machine;
struct Standing;

struct Upcalls {
    // Panics with a run-time error whose whole text this is; runs on the goroutine's stack, no lock
    // held.
    void (*panic_plain)(const char *text) __attribute__((noreturn));
    // Prints `fatal error: TEXT`, the goroutines, and exits with status 2. Any stack, any lock may
    // be held.
    void (*fatal)(const char *text) __attribute__((noreturn));
    // On each thread that is to run goroutines, or that is attached, before the first one runs:
    // alternate signal stack. NULL: nothing.
    void (*thread_started)(void);
    // On an attached thread that is detached (its pthread key destructor). NULL: nothing.
    void (*thread_ended)(void);
    // The collector asks a thread (sched/suspend.h). Runs on that thread, perhaps in a signal
    // handler, or for a thread that is asleep; `at` NULL: it has no goroutine's stack.
    void (*answer)(struct Machine *m, bool scan, const struct Standing *at);
    // While the collector looks through stacks: a goroutine is about to run with this stack pointer,
    // or has just been born. Suspension is held off.
    void (*before_run)(struct Machine *m, struct Goroutine *g, void *sp);
    void (*born)(struct Machine *m, struct Goroutine *g);
    // An allocation has found that the collector wants something of its thread. May block.
    void (*allocated)(struct Machine *m);
};

extern const struct Upcalls gort_upcalls;

#endif
