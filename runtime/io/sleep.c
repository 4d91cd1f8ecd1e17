// sleep.c - nanosleep and its like park a goroutine on a timer.
//
// A signal's handler does not end such a sleep, except in a program whose only goroutine is main
// (wait.c, invariant 6): there, and on other threads, it is C's. An absolute time on a clock other
// than the monotonic one is left to the kernel, since that clock may be set.
#define _GNU_SOURCE
#include "io/io.h"
#include "os/syscall.h"

#include <time.h>
#include <unistd.h>

const char gort_io_sleep_is_linked; // suspend.c refers to it

IO_REAL(int, nanosleep, (const struct timespec *wanted, struct timespec *rest), (wanted, rest),
        os_call(SYS_nanosleep, wanted, rest))

static void wake(Timer *t, int64_t due_ns) {
    (void)due_ns;
    gort_ready(t->arg); // *t is on its stack: gone from here on
}

static NOINLINE void sleep_until(int64_t when_ns, const void *caller) {
    Machine *m = arch_machine();
    bool stays = !gort_text_contains((uintptr_t)caller);
    Timer t = {.fire = wake, .arg = m->current};
    if (stays) gort_pin(m);
    gort_timer_park(&t, when_ns > 0 ? when_ns : 1, WAIT_SLEEP);
    if (stays) gort_unpin(arch_machine());
}

static bool parks(const struct timespec *t) {
    Machine *m = gort_io_machine();
    return m && t && t->tv_sec >= 0 && t->tv_nsec >= 0 && t->tv_nsec <= 999999999 &&
           !gort_io_alone(m->current);
}

// `from` plus the time, at most the end of time.
static int64_t instant(int64_t from, const struct timespec *t) {
    int64_t ns;
    if (__builtin_mul_overflow((int64_t)t->tv_sec, (int64_t)1000000000, &ns) ||
        __builtin_add_overflow(ns, t->tv_nsec, &ns) || __builtin_add_overflow(ns, from, &ns))
        return INT64_MAX - 1;
    return ns;
}

static inline int sleep_for(const struct timespec *wanted, struct timespec *rest,
                            const void *caller) {
    if (!parks(wanted)) return IO_HELD_ANEW(real_nanosleep(wanted, rest));
    if (wanted->tv_sec || wanted->tv_nsec) sleep_until(instant(os_now(), wanted), caller);
    return 0;
}

FRONT int nanosleep(const struct timespec *wanted, struct timespec *rest) {
    return sleep_for(wanted, rest, CALLER);
}

static NOINLINE int kernel_sleep(clockid_t clock, int flags, const struct timespec *wanted,
                                 struct timespec *rest) {
    int saved = errno;
    int result = (int)os_call(SYS_clock_nanosleep, clock, flags, wanted, rest);
    int error = result == 0 ? 0 : errno;
    errno = saved;
    return error;
}

// This one returns its error.
FRONT int clock_nanosleep(clockid_t clock, int flags, const struct timespec *wanted,
                          struct timespec *rest) {
    bool absolute = flags & TIMER_ABSTIME;
    if ((clock != CLOCK_MONOTONIC && (clock != CLOCK_REALTIME || absolute)) || !parks(wanted))
        return IO_HELD(kernel_sleep(clock, flags, wanted, rest));
    if (absolute || wanted->tv_sec || wanted->tv_nsec)
        sleep_until(instant(absolute ? 0 : os_now(), wanted), CALLER);
    return 0;
}

// libc's own go past nanosleep.
FRONT unsigned sleep(unsigned seconds) {
    struct timespec t = {seconds, 0};
    return sleep_for(&t, &t, CALLER) == 0 ? 0 : (unsigned)(t.tv_sec + (t.tv_nsec >= 500000000));
}

FRONT int usleep(useconds_t us) {
    struct timespec t = {us / 1000000, us % 1000000 * 1000L};
    return sleep_for(&t, NULL, CALLER);
}
