// stack.c - go_stack: tracebacks while the program runs.
//
// The other goroutines are not stopped. One that is parked is walked all the same: its stack is
// never unmapped, a walk that goes wrong because it was woken meanwhile ends with a guarded fault,
// and its frames then are those of two moments. Good enough for what the function is for, a look at
// a program that seems to hang.
#include <go/runtime.h>

#include "panic/traceback.h"

int go_stack(char *buf, size_t n, bool all) {
    Out o = {.data = buf, .capacity = n, .fd = -1};
    Goroutine *g = gort_current();
    gort_traceback_current(&o, g, NULL, 1);
    if (all)
        gort_traceback_others(&o, g, 1);
    return (int)o.length;
}
