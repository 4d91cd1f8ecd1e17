// poll.c - poll, select and epoll_wait: waiting for any of several descriptors.
//
// Each asks without waiting first, then waits on netpoll for all of its descriptors at once, and asks
// again: what they report is always the kernel's own answer. An epoll descriptor of the program's is
// itself something that can be waited for. What cannot be (POLL_CANNOT) is left to the kernel, and
// holds the thread; so is a call with a signal mask, which belongs to the thread.
// On other threads these calls, which the kernel does not restart after the collector's signal, are
// held calls (sched/call.c), as in sched/blocking.c.
#define _GNU_SOURCE
#include "io/io.h"
#include "os/syscall.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

const char gort_io_poll_is_linked; // suspend.c refers to it

#define MASK_BYTES ((size_t)_NSIG / 8)

IO_REAL(int, ppoll,
        (struct pollfd * fds, nfds_t n, const struct timespec *t, const sigset_t *mask),
        (fds, n, t, mask),
        os_call(SYS_ppoll, fds, n, t ? (&(struct timespec){t->tv_sec, t->tv_nsec}) : NULL, mask,
                MASK_BYTES))
IO_REAL(int, select, (int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *t), (n, r, w, e, t),
        os_call(SYS_select, n, r, w, e, t))
IO_REAL(int, pselect,
        (int n, fd_set *r, fd_set *w, fd_set *e, const struct timespec *t, const sigset_t *mask),
        (n, r, w, e, t, mask),
        os_call(SYS_pselect6, n, r, w, e,
                t ? (&(struct timespec){t->tv_sec, t->tv_nsec}) : NULL,
                (&(struct {
                    const sigset_t *mask;
                    size_t bytes;
                }){mask, MASK_BYTES})))
IO_REAL(int, epoll_pwait,
        (int fd, struct epoll_event *events, int n, int ms, const sigset_t *mask),
        (fd, events, n, ms, mask), os_call(SYS_epoll_pwait, fd, events, n, ms, mask, MASK_BYTES))

// ---- a wait for several -------------------------------------------------------------------------

enum { FEW = 8 }; // so many lie on the stack

typedef struct Several {
    PollLink few[FEW];
    PollLink *links;
    uint32_t n, capacity;
    int64_t until_ns; // INT64_MAX: for ever
    bool cannot; // the kernel itself is to wait
} Several;

static int64_t until_of(int64_t wait_ns) {
    int64_t until;
    if (wait_ns < 0 || __builtin_add_overflow(os_now(), wait_ns, &until)) return INT64_MAX;
    return until;
}

static int64_t nanoseconds(const struct timespec *t) {
    int64_t ns;
    if (!t) return -1;
    if (__builtin_mul_overflow((int64_t)t->tv_sec, (int64_t)1000000000, &ns)) return -1;
    return __builtin_add_overflow(ns, t->tv_nsec, &ns) ? -1 : ns;
}

static struct timespec remaining(const Several *s) {
    int64_t left = s->until_ns - os_now();
    if (left < 0) left = 0;
    return (struct timespec){left / 1000000000, left % 1000000000};
}

static void several_init(Several *s, int64_t wait_ns) {
    s->links = s->few;
    s->n = 0;
    s->capacity = FEW;
    s->until_ns = until_of(wait_ns);
    s->cannot = false;
}

static NOINLINE void several_grow(Several *s) {
    PollLink *more = malloc(2 * s->capacity * sizeof *more);
    if (!more) {
        s->cannot = true;
        return;
    }
    memcpy(more, s->links, s->n * sizeof *more);
    if (s->links != s->few) free(s->links);
    s->links = more;
    s->capacity *= 2;
}

static void several_add(Several *s, int fd, uint32_t events) {
    PollDesc *d = fd < 0 ? NULL : gort_poll_desc(fd);
    if (fd < 0) return;
    if (s->n == s->capacity) several_grow(s);
    if (!d || s->cannot) {
        s->cannot = true;
        return;
    }
    s->links[s->n++] = (PollLink){.desc = d, .events = events, .sequence = load_seq_cst(&d->sequence)};
}

static void several_free(Several *s) {
    if (s->links != s->few) free(s->links);
}

// False: the time is over. Else the caller is to ask again.
static bool several_wait(Several *s, const void *caller) {
    PollOutcome outcome = gort_io_park(s->links, s->n, s->until_ns, caller);
    if (outcome == POLL_CANNOT) s->cannot = true;
    // Who was closed meanwhile is no longer what it was: the kernel says POLLNVAL, or looks at
    // another file.
    for (uint32_t i = 0; i < s->n; i++)
        s->links[i].sequence = load_seq_cst(&s->links[i].desc->sequence);
    return outcome != POLL_TIMED_OUT;
}

// Is this a goroutine that may wait with others? A lone one waits as C does.
static bool may_park(void) {
    Machine *m = gort_io_machine();
    return m && !gort_io_alone(m->current);
}

// ---- poll ---------------------------------------------------------------------------------------

// A signal that is just coming, the collector's, say, ends also a question that does not wait.
static NOINLINE int ask_poll(struct pollfd *fds, nfds_t n) {
    int found;
    do found = real_ppoll(fds, n, &(struct timespec){0, 0}, NULL);
    while (found < 0 && errno == EINTR);
    return found;
}

static int poll_for(struct pollfd *fds, nfds_t n, int64_t wait_ns, const void *caller) {
    int found = ask_poll(fds, n);
    if (found != 0 || wait_ns == 0) return found;
    Several s;
    several_init(&s, wait_ns);
    for (nfds_t i = 0; i < n; i++) several_add(&s, fds[i].fd, (uint16_t)fds[i].events);
    bool in_time = true;
    while (found == 0 && in_time && !s.cannot) {
        in_time = several_wait(&s, caller);
        found = ask_poll(fds, n);
    }
    several_free(&s);
    if (found != 0 || !in_time) return found;
    struct timespec left = remaining(&s);
    return IO_HELD_ANEW(real_ppoll(fds, n, wait_ns < 0 ? NULL : &left, NULL));
}

static inline int ppoll_for(struct pollfd *fds, nfds_t n, const struct timespec *t,
                            const sigset_t *mask, const void *caller) {
    if (mask || n > INT32_MAX || !may_park()) return IO_HELD_ANEW(real_ppoll(fds, n, t, mask));
    if (t && (t->tv_sec < 0 || t->tv_nsec < 0 || t->tv_nsec > 999999999))
        return real_ppoll(fds, n, t, mask);
    return poll_for(fds, n, nanoseconds(t), caller);
}

static inline int poll_ms(struct pollfd *fds, nfds_t n, int ms, const void *caller) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
    return ppoll_for(fds, n, ms < 0 ? NULL : &t, NULL, caller);
}

FRONT int poll(struct pollfd *fds, nfds_t n, int ms) { return poll_ms(fds, n, ms, CALLER); }

FRONT int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *t, const sigset_t *mask) {
    return ppoll_for(fds, n, t, mask, CALLER);
}

// What _FORTIFY_SOURCE makes of them.
extern void __chk_fail(void) __attribute__((noreturn));
FRONT int __poll_chk(struct pollfd *fds, nfds_t n, int ms, size_t room) {
    if (room / sizeof *fds < n) __chk_fail();
    return poll_ms(fds, n, ms, CALLER);
}
FRONT int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *t,
                      const sigset_t *mask, size_t room) {
    if (room / sizeof *fds < n) __chk_fail();
    return ppoll_for(fds, n, t, mask, CALLER);
}

// ---- select -------------------------------------------------------------------------------------

// The three sets as the program gave them, since each question overwrites them.
typedef struct Sets {
    fd_set *given[3];
    size_t bytes; // of a set
    unsigned long saved[3][FD_SETSIZE / 8 / sizeof(long)];
} Sets;

static void sets_save(Sets *s, int n, fd_set *r, fd_set *w, fd_set *e) {
    *s = (Sets){.given = {r, w, e}, .bytes = ((size_t)n + 63) / 64 * 8};
    for (int i = 0; i < 3; i++)
        if (s->given[i]) memcpy(s->saved[i], s->given[i], s->bytes);
}

static void sets_restore(const Sets *s) {
    for (int i = 0; i < 3; i++)
        if (s->given[i]) memcpy(s->given[i], s->saved[i], s->bytes);
}

static NOINLINE int ask_select(const Sets *s, int n) {
    int found;
    do {
        struct timeval none = {0, 0};
        sets_restore(s);
        found = real_select(n, s->given[0], s->given[1], s->given[2], &none);
    } while (found < 0 && errno == EINTR); // as in ask_poll
    return found;
}

static void sets_links(const Sets *s, int n, Several *several) {
    static const uint32_t events[3] = {EPOLLIN, EPOLLOUT, EPOLLPRI};
    for (int fd = 0; fd < n; fd++) {
        uint32_t wanted = 0;
        for (int i = 0; i < 3; i++)
            if (s->saved[i][fd / 64] >> (fd % 64) & 1) wanted |= events[i];
        if (wanted) several_add(several, fd, wanted);
    }
}

// *left: what is left of the time.
static int select_for(int n, Sets *sets, int64_t wait_ns, struct timespec *left,
                      const void *caller) {
    int found = ask_select(sets, n);
    Several s;
    several_init(&s, wait_ns);
    bool in_time = true;
    if (found == 0 && wait_ns != 0) sets_links(sets, n, &s);
    while (found == 0 && wait_ns != 0 && in_time && !s.cannot) {
        in_time = several_wait(&s, caller);
        found = ask_select(sets, n);
    }
    several_free(&s);
    *left = remaining(&s);
    if (found != 0 || !in_time || wait_ns == 0) return found;
    sets_restore(sets);
    return IO_HELD_ANEW(real_pselect(n, sets->given[0], sets->given[1], sets->given[2],
                                     wait_ns < 0 ? NULL : left, NULL));
}

static bool parks_select(int n) { return n >= 0 && n <= FD_SETSIZE && may_park(); }

FRONT int select(int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *t) {
    if (!parks_select(n) || (t && (t->tv_sec < 0 || t->tv_usec < 0)))
        return IO_HELD_ANEW(real_select(n, r, w, e, t));
    Sets sets;
    sets_save(&sets, n, r, w, e);
    struct timespec left, wanted = {t ? t->tv_sec : 0, 0};
    if (t) wanted = (struct timespec){t->tv_sec + t->tv_usec / 1000000, t->tv_usec % 1000000 * 1000};
    int found = select_for(n, &sets, t ? nanoseconds(&wanted) : -1, &left, CALLER);
    if (t) *t = (struct timeval){left.tv_sec, left.tv_nsec / 1000};
    return found;
}

FRONT int pselect(int n, fd_set *r, fd_set *w, fd_set *e, const struct timespec *t,
                  const sigset_t *mask) {
    if (mask || !parks_select(n) ||
        (t && (t->tv_sec < 0 || t->tv_nsec < 0 || t->tv_nsec > 999999999)))
        return IO_HELD_ANEW(real_pselect(n, r, w, e, t, mask));
    Sets sets;
    struct timespec left;
    sets_save(&sets, n, r, w, e);
    return select_for(n, &sets, nanoseconds(t), &left, CALLER);
}

// ---- epoll --------------------------------------------------------------------------------------

static NOINLINE int ask_epoll(int fd, struct epoll_event *events, int n) {
    return real_epoll_pwait(fd, events, n, 0, NULL);
}

static int epoll_for(int fd, struct epoll_event *events, int n, int ms, const void *caller) {
    int found = ask_epoll(fd, events, n);
    if (found != 0 || ms == 0) return found;
    Several s;
    several_init(&s, ms < 0 ? -1 : ms * (int64_t)1000000);
    several_add(&s, fd, EPOLLIN);
    bool in_time = true;
    while (found == 0 && in_time && !s.cannot) {
        in_time = several_wait(&s, caller);
        found = ask_epoll(fd, events, n);
    }
    if (found != 0 || !in_time) return found;
    struct timespec left = remaining(&s);
    int left_ms = ms < 0 ? -1 : (int)(left.tv_sec * 1000 + (left.tv_nsec + 999999) / 1000000);
    return IO_HELD_ANEW(real_epoll_pwait(fd, events, n, left_ms, NULL));
}

FRONT int epoll_pwait(int fd, struct epoll_event *events, int n, int ms,
                      const sigset_t *mask) {
    if (mask || !may_park()) return IO_HELD_ANEW(real_epoll_pwait(fd, events, n, ms, mask));
    return epoll_for(fd, events, n, ms, CALLER);
}

FRONT int epoll_wait(int fd, struct epoll_event *events, int n, int ms) {
    if (!may_park()) return IO_HELD_ANEW(real_epoll_pwait(fd, events, n, ms, NULL));
    return epoll_for(fd, events, n, ms, CALLER);
}
