// netpoll.c - waiting for the kernel's events, and having goroutines wait for them.
//
// A goroutine waits for a descriptor with its thread free for others. One epoll descriptor serves
// all; who asks it is decided in proc.c. For any file:
//   1. The registration is made anew at each wait, for one event (EPOLLONESHOT), and for all that
//      is waited for at this number just then. It never trusts that a number still means the file
//      that it meant before: programs close descriptors behind our back (fclose, raw system calls,
//      dup2 in a library), and a registration goes with its file.
//   2. epoll looks at the file when it is registered: an event between the failed attempt and the
//      registration is not lost.
//   3. An event that comes for a file that has left the number wakes goroutines for nothing. Each
//      that is woken tries again, so that does no harm. One that was registered before the number
//      was closed or born, as far as that was seen, says so by its sequence number, and is dropped.
//   4. Of several goroutines that would use an event up (`takes`) one is woken, and has the turn
//      for these events; the others are not woken until it has tried, and either waits again
//      or passes the turn on: then the kernel is asked anew. Whoever only looks (poll, select) is
//      always woken.
//   5. The waker puts goroutines into a list, and makes them ready after all locks are released.
// That is a system call for each wait. A socket that this process has made or accepted itself, at
// this very number (PollDesc.birth), is registered once, as Go does, for all events, edge-triggered:
//   6. An event counts `edges`, waiters or not. A call reads that number before its attempt
//      (poll_attempt). If it is still the same under the lock, when the call begins to wait, no event
//      has come since, and any that is still to come finds it in the list: the call waits without
//      asking. Else it tries again. So for the kernel's edges all attempts are one reader: it does not
//      matter whose attempt came after the last edge.
//   7. Whoever could not try, since somebody else had the turn, and whoever only looks, asks the
//      kernel by registering anew, which looks at the file (2).
//   8. A read of a TCP stream that gave less than was wanted, and not much, has left nothing. Unless an event has
//      come since it began (`empty`, polldesc), the next read waits without an attempt. Once an
//      event says more than "data" (the other end has ended, an error, urgent data) that holds no
//      longer: then a short read need not have been short for want of data, and the event is over.
//   9. That a number means the file that it was born with is known from the calls that close and make
//      descriptors (io/). A closing that nobody sees is noticed when the number is born again. If a
//      birth is not seen either, somebody might wait for a file that is not registered: so sysmon has
//      each wait that lasts for more than a second or two asked about, once, by registering anew.
// Programs that run by a seed have no sysmon, and no registrations for good.
//
// gort_netpoll_break ends the wait of the one machine that sleeps in the kernel, through an eventfd.
// A machine that asks without waiting leaves that event alone: it is not meant for it.
#define _GNU_SOURCE
#include "sched/netpoll.h"
#include "base/flags.h"
#include "os/syscall.h"

#include "sched/suspend.h"
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

int64_t gort_netpoll_last_ns;
uint32_t gort_netpoll_waiters;
bool gort_netpoll_started;

// For good: all that io/ waits for, and what spoils invariant 8.
enum { EDGES = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP };
#define BREAKER UINT64_MAX // in place of a sequence number and a descriptor

static int epoll = -1, breaker = -1; // (c) once started
static uint32_t break_pending; // (a) 1: the eventfd is written to, or about to be
static Lock start_lock;

// ---- starting -----------------------------------------------------------------------------------

// System calls: the thread sanitizer takes what libc's functions do for the program's own doing.
static int control(int operation, int fd, struct epoll_event *event) {
    return (int)os_call(SYS_epoll_ctl, epoll, operation, fd, event);
}

// Under start_lock.
static bool open_both(void) {
    epoll = (int)os_call(SYS_epoll_create1, EPOLL_CLOEXEC);
    breaker = (int)os_call(SYS_eventfd2, 0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = BREAKER};
    if (epoll >= 0 && breaker >= 0 && control(EPOLL_CTL_ADD, breaker, &event) == 0)
        return true;
    if (epoll >= 0) os_call(SYS_close, epoll);
    if (breaker >= 0) os_call(SYS_close, breaker);
    epoll = breaker = -1;
    return false;
}

// False: no descriptors left, or no such system call; the next wait tries again.
static __attribute__((noinline)) bool start(void) {
    gort_lock_acquire(&start_lock, RANK_POLL_TABLE);
    bool starts = !gort_netpoll_started && open_both();
    if (starts) store_seq_cst(&gort_netpoll_started, true);
    bool ok = gort_netpoll_started;
    gort_lock_release(&start_lock, RANK_POLL_TABLE);
    if (starts) gort_sched_watch_anew(); // whoever watches the clock shall do so here
    if (starts) gort_sysmon_start(); // invariant 9
    return ok;
}

int gort_netpoll_end(void) {
    if (!load_acquire(&gort_netpoll_started)) return 0; // pairs with start
    return (epoll > breaker ? epoll : breaker) + 1;
}

bool gort_netpoll_owns(int fd) {
    return fd >= 0 && load_relaxed(&gort_netpoll_started) && (fd == epoll || fd == breaker);
}

// ---- registering --------------------------------------------------------------------------------

// What is to be registered for those in the list: invariant 4. Under the lock.
static uint32_t wanted(const PollDesc *d) {
    uint32_t events = 0;
    for (const PollLink *link = d->first; link; link = link->next)
        events |= link->takes ? link->events & ~d->turns : link->events;
    return events;
}

static bool lasts(const PollDesc *d) { return d->birth != BORN_UNSEEN && !gort_flags.has_seed; }

static int ask(PollDesc *d, uint32_t events) {
    events |= lasts(d) ? EDGES | EPOLLET : EPOLLONESHOT;
    struct epoll_event event = {.events = events,
                                .data.u64 = (uint64_t)d->sequence << 32 | (uint32_t)d->fd};
    return control(d->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, d->fd, &event);
}

// Asks the kernel to tell of what those in the list wait for, now or once. Under the lock. 0, or the
// error.
static __attribute__((noinline)) int arm(PollDesc *d) {
    uint32_t events = wanted(d);
    if (!events) return 0;
    for (int tries = 0; tries < 3; tries++) {
        if (ask(d, events) == 0) {
            d->registered = true;
            store_relaxed(&d->edge, lasts(d));
            return 0;
        }
        if (errno != ENOENT && errno != EEXIST) break;
        if (errno == ENOENT && d->edge) gort_poll_disown(d);
        d->registered = errno == EEXIST;
    }
    return errno;
}

// A file that has another name would go on to send events. If the number means another one by now
// the kernel does not know it, or was told of it by somebody who is about to be told of this.
void gort_netpoll_forget(PollDesc *d) {
    struct epoll_event unused = {0};
    control(EPOLL_CTL_DEL, d->fd, &unused);
}

// ---- events -------------------------------------------------------------------------------------

// One wait that the event is for. Under the lock.
static void event_wake(PollLink *link, uint32_t events, bool all, GoroutineList *ready) {
    PollDesc *d = link->desc;
    bool errors = events & (EPOLLERR | EPOLLHUP);
    if (!errors && !(events & link->events)) return;
    if (link->takes && !all && (d->turns & link->events)) return;
    if (!gort_poll_wake(link, POLL_READY, ready)) return;
    link->turn = link->takes && !all ? link->events : 0; // it reads that under this lock, or later
    d->turns |= link->turn;
}

static void count_edges(PollDesc *d, uint32_t events) {
    bool errors = events & (EPOLLERR | EPOLLHUP);
    if (errors || events & (EPOLLIN | EPOLLPRI | EPOLLRDHUP))
        store_release(&d->edges[POLL_READ], d->edges[POLL_READ] + 1);
    if (errors || events & EPOLLOUT)
        store_release(&d->edges[POLL_WRITE], d->edges[POLL_WRITE] + 1);
    if (errors || events & (EPOLLPRI | EPOLLRDHUP)) store_relaxed(&d->odd, true);
}

static void desc_event(PollDesc *d, uint32_t sequence, uint32_t events, GoroutineList *ready) {
    bool all = events & (EPOLLERR | EPOLLHUP); // everybody's next attempt ends
    gort_lock_acquire(&d->lock, RANK_POLL);
    if (likely(sequence == d->sequence)) {
        count_edges(d, events);
        for (PollLink *link = d->first, *next; link; link = next) {
            next = link->next;
            event_wake(link, events, all, ready);
        }
        if (unlikely(d->first) && !d->edge) arm(d);
    }
    gort_lock_release(&d->lock, RANK_POLL);
}

void gort_netpoll_break(void) {
    if (exchange_seq_cst(&break_pending, 1)) return;
    uint64_t one = 1;
    int saved = errno;
    if (os_call(SYS_write, breaker, &one, sizeof one) < 0) compiler_barrier(); // it is full: good
    errno = saved;
}

static void break_taken(void) {
    uint64_t count;
    if (os_call(SYS_read, breaker, &count, sizeof count) < 0) compiler_barrier();
    store_seq_cst(&break_pending, 0); // pairs with gort_netpoll_break
}

// Rounded up: who wakes too early would only go to sleep again.
static int milliseconds(int64_t wait_ns) {
    if (wait_ns < 0) return -1;
    return wait_ns < (int64_t)INT32_MAX * 1000000 ? (int)((wait_ns + 999999) / 1000000) : INT32_MAX;
}

// libc's functions of this name are interposed by the layer above, hence the system calls.
static int wait_kernel(struct epoll_event *events, int64_t wait_ns) {
    Machine *m = arch_machine();
    if (wait_ns == 0)
        return (int)os_call(SYS_epoll_pwait, epoll, events, GORT_NETPOLL_EVENTS, 0, NULL, 8);
    struct timespec t = {wait_ns / 1000000000, wait_ns % 1000000000};
    gort_suspend_nap_begin(m);
    int n = -1;
#ifdef SYS_epoll_pwait2 // to the nanosecond; Linux 5.11
    n = (int)os_call(SYS_epoll_pwait2, epoll, events, GORT_NETPOLL_EVENTS, wait_ns < 0 ? NULL : &t,
                     NULL, 8);
    if (n < 0 && errno == ENOSYS)
#endif
        n = (int)os_call(SYS_epoll_pwait, epoll, events, GORT_NETPOLL_EVENTS, milliseconds(wait_ns),
                         NULL, 8);
    gort_suspend_nap_end(m);
    return n;
}

GoroutineList gort_netpoll(int64_t wait_ns) {
    GoroutineList ready = {0};
    if (!load_acquire(&gort_netpoll_started)) return ready; // pairs with start
    int saved = errno;
    struct epoll_event events[GORT_NETPOLL_EVENTS];
    int n = wait_kernel(events, wait_ns);
    gort_check(n >= 0 || errno == EINTR);
    store_relaxed(&gort_netpoll_last_ns, os_now());
    jitter();
    for (int i = 0; i < n; i++) {
        uint64_t whose = events[i].data.u64;
        if (likely(whose != BREAKER))
            desc_event(gort_poll_find((int)(uint32_t)whose), (uint32_t)(whose >> 32),
                       events[i].events, &ready);
        else if (wait_ns != 0)
            break_taken();
    }
    errno = saved;
    return ready;
}

// ---- waiting ------------------------------------------------------------------------------------

static void time_out(Timer *t, int64_t due_ns) {
    (void)due_ns;
    Goroutine *g;
    gort_poll_wait_end(t->arg, POLL_TIMED_OUT, &g);
    if (g) gort_ready(g);
}

static PollOutcome outcome_of(int error) {
    if (error == 0) return POLL_READY;
    return error == EBADF ? POLL_CLOSED : POLL_CANNOT;
}

// Puts it into the list, and sees to it that the kernel tells of its event. Under the lock.
static PollOutcome link_queue(PollLink *link, bool ask) {
    PollDesc *d = link->desc;
    d->turns &= ~link->turn; // it waits again, and so is one of those who are waited for
    link->turn = 0;
    gort_poll_enqueue(link);
    if (!ask) {
        d->waits++;
        store_seq_cst(&d->unverified, true); // pairs with gort_poll_probe
        if (!load_seq_cst(&gort_poll_unasked)) store_seq_cst(&gort_poll_unasked, true);
        return POLL_READY;
    }
    PollOutcome outcome = outcome_of(arm(d));
    if (outcome != POLL_READY) gort_poll_dequeue(link);
    return outcome;
}

// POLL_READY: it is queued, or the wait has ended.
static PollOutcome link_add(PollLink *link, PollWait *w) {
    PollDesc *d = link->desc;
    PollDirection direction = link->events & EPOLLOUT ? POLL_WRITE : POLL_READ;
    gort_lock_acquire(&d->lock, RANK_POLL);
    PollOutcome outcome = POLL_CLOSED;
    bool ask = !d->edge || !link->takes || link->unsure, again = false;
    link->wait = w;
    if (unlikely(link->sequence != d->sequence))
        link->turn = 0;
    else if (!ask && link->edge != d->edges[direction])
        again = true; // with the turn, if it has it: nobody else was woken
    else
        outcome = link_queue(link, ask);
    link->unsure = false;
    gort_lock_release(&d->lock, RANK_POLL);
    Goroutine *none;
    if (again) gort_poll_wait_end(w, outcome = POLL_READY, &none);
    if (outcome == POLL_READY && link->takes && !again) gort_poll_time(d, direction);
    return outcome;
}

static void link_remove(PollLink *link) {
    gort_lock_acquire(&link->desc->lock, RANK_POLL);
    gort_poll_dequeue(link);
    gort_lock_release(&link->desc->lock, RANK_POLL);
}

// Parks, unless the wait has ended already.
static void sleep_here(PollWait *w) {
    jitter();
    spin_lock(&w->lock.lock, RANK_POLL_WAIT);
    if (w->state == WAIT_ENDED) {
        spin_unlock(&w->lock.lock, RANK_POLL_WAIT);
        return;
    }
    w->state = WAIT_PARKED;
    gort_park(&w->lock, WAIT_IO);
}

// Somebody may be asleep in the kernel only because of those who waited, and be needed to find out
// that nothing can ever happen any more.
static void waited(void) {
    if (add_seq_cst(&gort_netpoll_waiters, (uint32_t)-1) == 0 &&
        unlikely(load_seq_cst(&gort_sched.sleeper) != NULL) &&
        load_seq_cst(&gort_sched.sleeper_until_ns) == INT64_MAX)
        gort_netpoll_break();
}

PollOutcome gort_poll_wait(PollLink *links, uint32_t n, int64_t until_ns) {
    if (unlikely(!load_acquire(&gort_netpoll_started)) && !start()) return POLL_CANNOT;
    PollWait w = {.lock.rank = RANK_POLL_WAIT, .g = gort_current(), .outcome = POLL_READY};
    w.timer = (Timer){.fire = time_out, .arg = &w};
    add_seq_cst(&gort_netpoll_waiters, 1);
    PollOutcome outcome = POLL_READY;
    uint32_t added = 0;
    while (added < n && outcome == POLL_READY)
        if ((outcome = link_add(&links[added], &w)) == POLL_READY) added++;
    if (outcome == POLL_READY) {
        if (until_ns != INT64_MAX) gort_timer_start(&w.timer, until_ns, 0);
        sleep_here(&w);
        if (until_ns != INT64_MAX) gort_timer_stop(&w.timer);
    }
    for (uint32_t i = 0; i < added; i++) link_remove(&links[i]);
    waited();
    return outcome == POLL_READY ? w.outcome : outcome;
}

// ---- turns --------------------------------------------------------------------------------------

bool gort_poll_claim(PollLink *link) {
    PollDesc *d = link->desc;
    gort_lock_acquire(&d->lock, RANK_POLL);
    bool free = link->sequence == d->sequence && !(d->turns & link->events);
    if (free) d->turns |= link->turn = link->events;
    link->unsure = !free; // invariant 7
    gort_lock_release(&d->lock, RANK_POLL);
    return free;
}

void gort_poll_pass(PollLink *link) {
    PollDesc *d = link->desc;
    gort_lock_acquire(&d->lock, RANK_POLL);
    if (link->sequence == d->sequence) d->turns &= ~link->turn;
    // For good all is registered already; but the event may have come while it was its turn.
    if (d->first && gort_netpoll_started && (!d->edge || wanted(d) & link->turn)) arm(d);
    link->turn = 0;
    gort_lock_release(&d->lock, RANK_POLL);
}

// ---- verifying ----------------------------------------------------------------------------------

void gort_netpoll_verify(PollDesc *d, GoroutineList *ready) {
    int error = arm(d);
    while (error && d->first)
        gort_poll_wake(d->first, error == EBADF ? POLL_CLOSED : POLL_READY, ready);
}
