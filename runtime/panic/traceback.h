// traceback.h - goroutines and their frames, as Go prints them.
#ifndef GORT_PANIC_TRACEBACK_H
#define GORT_PANIC_TRACEBACK_H

#include "panic/out.h"
#include "panic/unwind.h"
#include "sched/sched.h"

// What the environment's GOTRACEBACK asks for.
typedef struct TracebackLevel {
    int level;    // 0: no traceback, 1: user frames, 2: all frames
    bool all;     // every goroutine
    bool crash;   // end with SIGABRT
} TracebackLevel;
TracebackLevel gort_traceback_level(void);

// Prints header, frames and creator of the calling goroutine. `at`: where it was interrupted by a
// signal; NULL: from the caller on.
void gort_traceback_current(Out *o, Goroutine *g, const Registers *at, int level);
// The same for one that does not run; the world must not move.
void gort_traceback_parked(Out *o, Goroutine *g, int level);
// All but `except`, each after an empty line.
void gort_traceback_others(Out *o, Goroutine *except, int level);

// From a handler of SIGSEGV or SIGBUS: if this thread is walking a stack, ends the walk there, and
// does not return.
void gort_traceback_faulted(void);

#endif
