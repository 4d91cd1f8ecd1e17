// blocking.c - calls that a signal would cut short.
//
// The collector asks threads by a signal (suspend.c). The kernel restarts most system calls after
// it, but not those that wait for a time, or for a signal: they would end early, with EINTR, in
// programs that have never heard of signals. So these are defined here, in front of libc's (also
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
#include "sched/front.h"

#include "os/signal.h"

#if !defined(GORT_ASAN) && !defined(GORT_TSAN)
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

const char gort_blocking_is_linked; // suspend.c refers to it

#define MASK_BYTES ((size_t)_NSIG / 8)

BLOCKING(nanosleep, (const struct timespec *wanted, struct timespec *rest), (wanted, rest),
         syscall(SYS_nanosleep, wanted, rest))
BLOCKING(poll, (struct pollfd * fds, nfds_t n, int ms), (fds, n, ms),
         syscall(SYS_ppoll, fds, n,
                 ms < 0 ? NULL : (&(struct timespec){ms / 1000, ms % 1000 * 1000000L}), NULL,
                 MASK_BYTES))
BLOCKING(ppoll, (struct pollfd * fds, nfds_t n, const struct timespec *t, const sigset_t *mask),
         (fds, n, t, mask),
         syscall(SYS_ppoll, fds, n, t ? (&(struct timespec){t->tv_sec, t->tv_nsec}) : NULL, mask,
                 MASK_BYTES))
BLOCKING(select, (int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *t), (n, r, w, e, t),
         syscall(SYS_pselect6, n, r, w, e,
                 t ? (&(struct timespec){t->tv_sec, t->tv_usec * 1000}) : NULL, NULL))
BLOCKING(pselect,
         (int n, fd_set *r, fd_set *w, fd_set *e, const struct timespec *t, const sigset_t *mask),
         (n, r, w, e, t, mask),
         syscall(SYS_pselect6, n, r, w, e, t ? (&(struct timespec){t->tv_sec, t->tv_nsec}) : NULL,
                 (&(struct {
                     const sigset_t *mask;
                     size_t bytes;
                 }){mask, MASK_BYTES})))
BLOCKING(epoll_wait, (int fd, struct epoll_event *events, int n, int ms), (fd, events, n, ms),
         syscall(SYS_epoll_pwait, fd, events, n, ms, NULL, MASK_BYTES))
BLOCKING(epoll_pwait,
         (int fd, struct epoll_event *events, int n, int ms, const sigset_t *mask),
         (fd, events, n, ms, mask), syscall(SYS_epoll_pwait, fd, events, n, ms, mask, MASK_BYTES))
BLOCKING(sigsuspend, (const sigset_t *mask), (mask), syscall(SYS_rt_sigsuspend, mask, MASK_BYTES))
BLOCKING(sigwaitinfo, (const sigset_t *set, siginfo_t *info), (set, info),
         syscall(SYS_rt_sigtimedwait, set, info, NULL, MASK_BYTES))
BLOCKING(sigtimedwait, (const sigset_t *set, siginfo_t *info, const struct timespec *t),
         (set, info, t), syscall(SYS_rt_sigtimedwait, set, info, t, MASK_BYTES))
BLOCKING(pause, (void), (), syscall(SYS_ppoll, NULL, 0, NULL, NULL, MASK_BYTES))

// This one returns its error.
__attribute__((weak, visibility("default"))) int
clock_nanosleep(clockid_t clock, int flags, const struct timespec *wanted, struct timespec *rest) {
    __builtin_unwind_init();
    Standing at = {.sp = arch_stack_pointer()};
    Machine *m = gort_call_begin(&at);
    int saved = errno;
    int error = syscall(SYS_clock_nanosleep, clock, flags, wanted, rest) == 0 ? 0 : errno;
    errno = saved;
    gort_call_end(m, &at);
    return error;
}

// This one, too.
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
    int error = syscall(SYS_rt_sigprocmask, how, set, before, MASK_BYTES) == 0 ? 0 : errno;
    errno = saved;
    return error;
}

__attribute__((weak, visibility("default"))) int sigprocmask(int how, const sigset_t *set,
                                                             sigset_t *before) {
    int error = pthread_sigmask(how, set, before);
    if (error) errno = error;
    return error ? -1 : 0;
}

// ---- sleeping -----------------------------------------------------------------------------------

// libc's own go past nanosleep.
__attribute__((weak, visibility("default"))) unsigned sleep(unsigned seconds) {
    struct timespec t = {seconds, 0};
    return nanosleep(&t, &t) == 0 ? 0 : (unsigned)(t.tv_sec + (t.tv_nsec >= 500000000));
}

__attribute__((weak, visibility("default"))) int usleep(useconds_t us) {
    struct timespec t = {us / 1000000, us % 1000000 * 1000L};
    return nanosleep(&t, NULL);
}
#endif
