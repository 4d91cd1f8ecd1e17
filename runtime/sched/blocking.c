// blocking.c - calls that a signal would cut short.
//
// The collector asks threads by a signal (suspend.c). The kernel restarts most system calls after
// it, but not those that wait for a time, or for a signal: they would end early, with EINTR, in
// programs that have never heard of signals. So these are defined here (and in io/, those for which a
// goroutine makes way: poll, nanosleep and their like), in front of libc's (also
// for the shared libraries of the process), and the thread counts as asleep while it is in one:
// others answer for it, and know where it stands. Which signals the program itself gets, and what
// they do to the call, does not change.
//   1. Between begin and end the thread touches nothing that the collector's answer touches: its
//      own registers are saved in the caller's frame (unwind_init), the call works below it.
//   2. A signal that was on its way when the thread said that it is asleep cuts the call short all
//      the same, once: it is made anew.
//   3. The definitions are weak: a program's own function of the name wins. libc's is found as the
//      next one behind ours; a static program has none to find, and makes the system call itself.
// Not in builds for sanitizers, which stand in front of libc with functions of their own.
#define _GNU_SOURCE
#include "os/syscall.h"
#include "sched/front.h"

#include "os/signal.h"

#if !defined(GORT_ASAN) && !defined(GORT_TSAN)
#include <errno.h>
#include <signal.h>
#include <unistd.h>

const char gort_blocking_is_linked; // suspend.c refers to it

#define MASK_BYTES ((size_t)_NSIG / 8)

BLOCKING(sigsuspend, (const sigset_t *mask), (mask), os_call(SYS_rt_sigsuspend, mask, MASK_BYTES))
BLOCKING(sigwaitinfo, (const sigset_t *set, siginfo_t *info), (set, info),
         os_call(SYS_rt_sigtimedwait, set, info, NULL, MASK_BYTES))
BLOCKING(sigtimedwait, (const sigset_t *set, siginfo_t *info, const struct timespec *t),
         (set, info, t), os_call(SYS_rt_sigtimedwait, set, info, t, MASK_BYTES))
BLOCKING(pause, (void), (), os_call(SYS_ppoll, NULL, 0, NULL, NULL, MASK_BYTES))

// This one returns its error.
// This one returns its error.
__attribute__((weak, visibility("default"))) int sigwait(const sigset_t *set, int *number) {
    for (;;) {
        int n = sigwaitinfo(set, NULL);
        if (n > 0) *number = n;
        if (n > 0 || errno != EINTR) return n > 0 ? 0 : errno;
    }
}

// ---- masks --------------------------------------------------------------------------------------

// A thread that blocks all signals, as those do that leave signals to others, must still answer.
static const sigset_t *without_ours(int how, const sigset_t *set, sigset_t *copy) {
    if (!set || how == SIG_UNBLOCK) return set;
    *copy = *set;
    sigdelset(copy, GORT_SUSPEND_SIGNAL);
    return copy;
}

__attribute__((weak, visibility("default"))) int pthread_sigmask(int how, const sigset_t *set,
                                                                 sigset_t *before) {
    static int (*next)(int, const sigset_t *, sigset_t *);
    sigset_t copy;
    set = without_ours(how, set, &copy);
    if (!load_relaxed(&next))
        store_relaxed(&next, (int (*)(int, const sigset_t *, sigset_t *))gort_libc_next("pthread_sigmask"));
    if (next) return next(how, set, before);
    int saved = errno;
    int error = os_call(SYS_rt_sigprocmask, how, set, before, MASK_BYTES) == 0 ? 0 : errno;
    errno = saved;
    return error;
}

__attribute__((weak, visibility("default"))) int sigprocmask(int how, const sigset_t *set,
                                                             sigset_t *before) {
    int error = pthread_sigmask(how, set, before);
    if (error) errno = error;
    return error ? -1 : 0;
}
#endif
