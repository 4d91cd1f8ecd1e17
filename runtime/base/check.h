// check.h - what must hold. gort_check is always on, gort_assert in builds with -DGORT_DEV.
//
// A failed check is the runtime's own fault (a throw): it prints `fatal error: runtime: ...` with
// its place and aborts, so that a debugger or a core file shows the state as it was.
#ifndef GORT_BASE_CHECK_H
#define GORT_BASE_CHECK_H

#include "base/atomic.h"

// Prints the text and aborts. Async-signal-safe; callable on any stack with any lock held.
_Noreturn void gort_throw(const char *text, const char *file, int line);

#define gort_check(condition) \
    (likely(condition) ? (void)0 : gort_throw(#condition, __FILE__, __LINE__))

#ifdef GORT_DEV
#define gort_assert(condition) gort_check(condition)
#else
#define gort_assert(condition) ((void)sizeof(condition))
#endif

#endif
