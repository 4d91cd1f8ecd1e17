// handlers.c - the program's signal handlers run on alternate stacks.
//
// A goroutine's stack may have little room left, and a signal's frame with all vector registers is some 3 KiB,
// before the handler has called anything. Each thread that runs goroutines has an alternate stack
// (os/signal.c); here SA_ONSTACK is added to what the program installs, and taken out of what it is
// told, unless it said so itself. Threads without an alternate stack take no notice.
// And the program's own use of the runtime's signal is noticed (suspend.c).
// Not in builds for sanitizers, which stand in front of libc with functions of their own.
#define _GNU_SOURCE
#include "sched/front.h"

#if !defined(GORT_ASAN) && !defined(GORT_TSAN)
#include "os/signal.h"
#include <pthread.h>
#include <signal.h>

const char gort_handlers_are_linked; // suspend.c refers to it

static bool added[NSIG]; // (a) SA_ONSTACK is ours

static bool is_handler(const struct sigaction *a) {
    return (a->sa_flags & SA_SIGINFO) || (a->sa_handler != SIG_DFL && a->sa_handler != SIG_IGN);
}

FRONT int sigaction(int number, const struct sigaction *wanted, struct sigaction *before) {
    FRONT_REAL(int, (int, const struct sigaction *, struct sigaction *), gort_libc_next_or_fatal,
               "sigaction");
    struct sigaction copy;
    bool known = number > 0 && number < NSIG, was_added = known && load_relaxed(&added[number]);
    bool adds = known && wanted && is_handler(wanted) && !(wanted->sa_flags & SA_ONSTACK);
    if (adds) {
        copy = *wanted;
        copy.sa_flags |= SA_ONSTACK;
    }
    int result = real(number, adds ? &copy : wanted, before);
    if (result != 0) return result;
    if (known && wanted) store_relaxed(&added[number], adds);
    if (before && was_added) before->sa_flags &= ~SA_ONSTACK;
    return 0;
}

// ---- the signal that the runtime uses itself ----------------------------------------------------

FRONT int raise(int number) {
    FRONT_REAL(int, (int), gort_libc_next_or_fatal, "raise");
    if (number == GORT_SUSPEND_SIGNAL) gort_suspend_signal_sent();
    return real(number);
}

FRONT int pthread_kill(pthread_t thread, int number) {
    FRONT_REAL(int, (pthread_t, int), gort_libc_next_or_fatal, "pthread_kill");
    if (number == GORT_SUSPEND_SIGNAL) gort_suspend_signal_sent();
    return real(thread, number);
}

FRONT int tgkill(pid_t process, pid_t thread, int number) {
    FRONT_REAL(int, (pid_t, pid_t, int), gort_libc_next_or_fatal, "tgkill");
    if (number == GORT_SUSPEND_SIGNAL) gort_suspend_signal_sent();
    return real(process, thread, number);
}

// ---- installing ---------------------------------------------------------------------------------

typedef void Handler(int);

// libc's set the action past the name sigaction. __sysv_signal is what `signal` means in strict C.
#define SIGNAL(name)                                                                                \
    FRONT Handler *name(int number, Handler *handler) {                                             \
        FRONT_REAL(Handler *, (int, Handler *), gort_libc_next_or_fatal, #name);                    \
        struct sigaction now;                                                                       \
        Handler *before = real(number, handler);                                                    \
        if (before != SIG_ERR && sigaction(number, NULL, &now) == 0) sigaction(number, &now, NULL); \
        return before;                                                                              \
    }
Handler *__sysv_signal(int, Handler *);
SIGNAL(signal)
SIGNAL(__sysv_signal)
#endif
