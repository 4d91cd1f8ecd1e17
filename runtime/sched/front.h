// front.h - standing in front of libc.
//
// A function of libc's that is defined in the executable, too, is the executable's to all shared
// libraries of the process; libc's own is the next one behind it. The definitions are weak: a
// program's own function of the name wins. A static program has none to find: there the linker takes
// libc's, which it sees first, unless libc's is only referred to by the runtime itself.
#ifndef GORT_SCHED_FRONT_H
#define GORT_SCHED_FRONT_H

#include "sched/suspend.h"

#include <errno.h>

// libc's function of that name; NULL: this is a static program.
void *gort_libc_next(const char *name);
// The same; a static program ends with a message.
void *gort_libc_next_or_fatal(const char *name);

#define FRONT __attribute__((weak, visibility("default")))
// Into `real`: what is behind this function; found again and again by who comes at once.
#define FRONT_REAL(type, parameters, find, name)   \
    static type(*next_) parameters;                \
    type(*real) parameters = load_relaxed(&next_); \
    if (unlikely(!real)) store_relaxed(&next_, real = (type(*) parameters)find(name))

// Where the thread stands in a marked call. One that is cancelled there never comes to the end: unwinding
// it ends the call (these files are compiled with -fexceptions for that).
static inline void standing_left(Standing *at) {
    Machine *m = arch_machine();
    if (likely(!m || m->standing != at)) return;
    at->caller = NULL; // what unwinds belongs to the thread
    gort_call_end(m, at);
}
#define MARKED_STANDING(name) \
    Standing name __attribute__((cleanup(standing_left))) = {.sp = arch_stack_pointer()}

// Around a call that may block, in the function itself: its callers' registers are in its frame, and
// the call works below it.
#define FRONT_BEGIN            \
    __builtin_unwind_init();   \
    MARKED_STANDING(front_at); \
    Machine *front_m = gort_call_begin(&front_at)
#define FRONT_END gort_call_end(front_m, &front_at)
// Nothing that is done between the two, or afterwards, belongs to the thread: the goroutine may come out of FRONT_END on
// another one.
#define FRONT_MAY_MOVE front_at.caller = __builtin_return_address(0)

// name(parameters) as libc has it, marked; nothing about it belongs to the thread.
#define MARKED(type, name, parameters, arguments) MARKED_AS(FRONT_MAY_MOVE, type, name, parameters, arguments)
// The same, and its results or effects are the thread's.
#define MARKED_HERE(type, name, parameters, arguments) MARKED_AS((void)0, type, name, parameters, arguments)
#define MARKED_AS(moves, type, name, parameters, arguments)           \
    FRONT type name parameters {                                      \
        FRONT_REAL(type, parameters, gort_libc_next_or_fatal, #name); \
        FRONT_BEGIN;                                                  \
        moves;                                                        \
        type front_result = real arguments;                           \
        FRONT_END;                                                    \
        return front_result;                                          \
    }

// The same for system calls that a signal of the runtime's would end early: made anew then. Without
// libc's: `otherwise`.
#define BLOCKING(name, parameters, arguments, otherwise)                                                   \
    FRONT int name parameters {                                                                            \
        FRONT_REAL(int, parameters, gort_libc_next, #name);                                                \
        FRONT_BEGIN;                                                                                       \
        uint32_t before;                                                                                   \
        int front_result;                                                                                  \
        do {                                                                                               \
            before = front_m ? front_m->questions : 0;                                                     \
            front_result = real ? real arguments : (int)(otherwise);                                       \
        } while (unlikely(front_result < 0) && front_m && errno == EINTR && front_m->questions != before); \
        FRONT_END;                                                                                         \
        return front_result;                                                                               \
    }

#endif
