// netpoll.h - goroutines that wait for file descriptors.
//
// netpoll.c waits for the kernel's events and has goroutines wait for them; polldesc.c has what is
// known of each descriptor: who waits, until when, and that it is being closed.
#ifndef GORT_SCHED_NETPOLL_H
#define GORT_SCHED_NETPOLL_H

#include "sched/sched.h"
#include "sched/timer.h"
#include <sys/epoll.h>

typedef struct PollDesc PollDesc;
typedef struct PollLink PollLink;
typedef struct PollWait PollWait;

// POLL_READ and POLL_WRITE count the deadlines of a descriptor.
typedef enum PollDirection { POLL_READ,
                             POLL_WRITE } PollDirection;

typedef enum PollOutcome {
    POLL_READY, // perhaps: try again
    POLL_TIMED_OUT, // the time given to the wait is over
    POLL_CLOSED, // the descriptor was closed, or is not open
    POLL_CANNOT // this file, or the system just now, cannot be waited for in this way
} PollOutcome;

// A goroutine's place at one descriptor. On its stack, or in its memory; guarded by the
// descriptor's lock from the beginning of the wait to its end.
struct PollLink {
    PollDesc *desc;
    uint32_t events; // EPOLLIN, EPOLLOUT, ...: what it waits for; errors come unasked
    uint32_t sequence; // the descriptor's when the call began
    uint32_t edge; // the descriptor's `edges` before the last attempt: see poll_attempt
    bool unsure; // `edge` says nothing: the kernel is to be asked
    // Of several that want the same event only one is woken, since it will use it up. It holds the
    // turn (`turn`: these events) until it waits again or calls gort_poll_pass.
    bool takes;
    uint32_t turn;
    // Netpoll's own.
    PollWait *wait;
    PollLink *next, *previous;
    bool queued;
};

// A wait, on its goroutine's stack: polldesc.c says who may touch it when.
typedef enum PollWaitState { WAIT_BEGUN, // not parked yet
                             WAIT_PARKED,
                             WAIT_ENDED } PollWaitState;
struct PollWait {
    ParkLock lock; // guards what follows
    Goroutine *g;
    uint8_t state; // PollWaitState
    uint8_t outcome; // PollOutcome
    Timer timer;
};

// How much is known of a file: where it came from.
typedef enum PollBirth {
    BORN_UNSEEN, // anything
    BORN_SOCKET, // a socket that this process has made or accepted, at this very number
    BORN_ACCEPTED, // the same; perhaps of TCP
    BORN_TCP // a stream of TCP
} PollBirth;

// What is known of a descriptor's number; never freed. The number may mean another file at any
// time: programs close descriptors in ways that we do not see.
struct PollDesc {
    Lock lock; // guards all that is not (a) or (c)
    int fd; // (c)
    uint32_t sequence; // (a) counts closings; written under the lock
    uint32_t turns; // events whose turn somebody holds
    bool registered; // a hint: epoll knows this number
    // Registration for good: netpoll.c, invariants 6 to 9.
    bool edge; // (a) there is one
    bool unverified; // (a) somebody waits, and has not asked the kernel
    bool odd; // (a) something has come that is not data: a short read may be the last
    uint8_t birth; // (a) PollBirth
    uint32_t edges[2]; // (a) by direction: counts events, closings and births
    uint32_t empty; // (a) edges[POLL_READ] before a read that took all there was
    uint32_t waits, probed; // counts waits that did not ask; that when it was last looked at
    // (a) hints for io/: this was a socket; it had no SO_RCVTIMEO and SO_SNDTIMEO when that many
    // had been set in the process; and not O_NONBLOCK when that had changed so often.
    bool socket;
    uint32_t untimed, blocking;
    uint32_t changes; // (a) counts what may make that untrue
    PollLink *first, *last; // who waits, first come first
    int64_t deadline_ns[2]; // (a) by PollDirection; 0: none
    Timer timers[2]; // wakes those who wait in that direction: at the deadline or before
};

typedef struct GoroutineList { // linked by Goroutine.next
    Goroutine *first, *last;
    uint32_t count;
} GoroutineList;

// ---- polldesc.c ---------------------------------------------------------------------------------

// NULL: nobody has waited for this number yet, or set a deadline.
PollDesc *gort_poll_find(int fd);
// No descriptor from this number on is known, or the runtime's own.
int gort_poll_end(void);
// NULL: fd < 0, or beyond all limits, or there is no memory.
PollDesc *gort_poll_desc(int fd);
// Brackets a close of fd: all who wait are woken, POLL_CLOSED; who begins to wait in between tries
// again after. gort_poll_closing false: nothing is known of fd, gort_poll_closed may be left out.
bool gort_poll_closing(int fd);
void gort_poll_closed(int fd);
// fd was made just now; whatever it meant before was closed. BORN_UNSEEN: it names a file that may
// have other names.
void gort_poll_born(int fd, PollBirth birth);
// What a call has found out about a descriptor.
typedef struct PollFacts {
    bool socket;
    PollBirth birth; // BORN_UNSEEN: as it is
    uint32_t untimed, blocking; // see PollDesc; 0: not known
} PollFacts;
// Keeps it, unless PollDesc.changes is no longer what it was before the call began to ask.
void gort_poll_learn(PollDesc *d, uint32_t changes, const PollFacts *facts);
// What was known of the file's flags and protocol may have changed, by a call with this number.
void gort_poll_changed(int fd);
// O_NONBLOCK was set through a number that may be another name of any file.
extern uint32_t gort_poll_flags_set; // (a) how often, plus one
extern uint32_t gort_poll_timeouts_set; // (a) the same of SO_RCVTIMEO and SO_SNDTIMEO
// A protocol works on top of some TCP stream: its reads may be short without being the last.
extern bool gort_poll_layered; // (a)
// The descriptor has turned out to be another file than the one that was born there.
void gort_poll_mistaken(PollDesc *d);
// Those who wait and have not asked the kernel for a second or two do now: invariant 9 of netpoll.c.
// By sysmon alone.
void gort_poll_probe(void);
extern bool gort_poll_unasked; // (a) some may be waiting who have not: the probe is to come again
// Sets a deadline, os_now() based, 0 for none; wakes those who wait if it has passed.
void gort_poll_set_deadline(PollDesc *d, PollDirection direction, int64_t deadline_ns);
// The deadline has passed.
static inline bool poll_is_late(const PollDesc *d, PollDirection direction) {
    int64_t deadline_ns = load_seq_cst(&d->deadline_ns[direction]);
    return unlikely(deadline_ns != 0) && os_now() >= deadline_ns;
}
// Before each attempt of a call: what comes from here on is seen by the attempt, or wakes who waits.
static inline void poll_attempt(PollLink *link, PollDirection direction) {
    if (likely(link->desc != NULL)) link->edge = load_acquire(&link->desc->edges[direction]);
}
// A read that took `got` of the `wanted` bytes has left nothing. After poll_attempt and the read. After a
// long one the next is made all the same: of a stream of much data there is likely to be more by then.
static inline void poll_emptied(const PollLink *link, size_t got, size_t wanted) {
    PollDesc *d = link->desc;
    if (d && got < wanted && got < GORT_IO_LONG && load_relaxed(&d->birth) == BORN_TCP && !load_relaxed(&d->odd))
        store_relaxed(&d->empty, link->edge);
}
// Since a read has emptied it no event has come: the next one would find nothing.
static inline bool poll_is_empty(const PollLink *link) {
    const PollDesc *d = link->desc;
    return d && load_relaxed(&d->empty) == link->edge && load_relaxed(&d->edge) &&
           !load_relaxed(&gort_poll_layered) &&
           load_relaxed(&d->blocking) == load_relaxed(&gort_poll_flags_set);
}
// Sees to it that the timer fires at the deadline or before; no lock held.
void gort_poll_time(PollDesc *d, PollDirection direction);

// polldesc.c and netpoll.c among each other; under the descriptor's lock, but for the last.
void gort_poll_disown(PollDesc *d); // the number means another file, whose birth nobody saw
void gort_netpoll_forget(PollDesc *d); // ends the registration for good
void gort_netpoll_verify(PollDesc *d, GoroutineList *ready); // asks the kernel for those who wait
void gort_poll_enqueue(PollLink *link);
void gort_poll_dequeue(PollLink *link);
// Ends a link's wait; true if this call did. Goroutines to be made ready go to *ready.
bool gort_poll_wake(PollLink *link, PollOutcome outcome, GoroutineList *ready);
// False: it has ended before. *asleep: the goroutine that the caller must make ready, or NULL.
bool gort_poll_wait_end(PollWait *w, PollOutcome outcome, Goroutine **asleep);

// ---- netpoll.c ----------------------------------------------------------------------------------

// (a) os_now() when somebody last asked the kernel, and how many goroutines wait.
extern int64_t gort_netpoll_last_ns;
extern uint32_t gort_netpoll_waiters;
extern bool gort_netpoll_started; // (a) there is an epoll descriptor

// Waits until one of the n descriptors has an event, or until_ns (INT64_MAX: for ever). The current
// goroutine is ours, not a foreign thread's. On return no link is queued, and `turn` is set in the
// links that must pass it on.
PollOutcome gort_poll_wait(PollLink *links, uint32_t n, int64_t until_ns);
// Takes the turn for link->events without waiting; false: somebody holds it, or the descriptor was
// closed.
bool gort_poll_claim(PollLink *link);
// Gives the turn to whoever else waits. Before the call ends that was woken.
void gort_poll_pass(PollLink *link);

// The goroutines for which there are events. wait_ns: how long to wait for the first; 0: not at
// all, negative: for ever. On a scheduler's stack, or where no lock is held.
GoroutineList gort_netpoll(int64_t wait_ns);
// Makes the one who waits in gort_netpoll return.
void gort_netpoll_break(void);
bool gort_netpoll_owns(int fd); // one of the runtime's own descriptors
int gort_netpoll_end(void); // these lie below

// proc.c: makes all of them runnable. On a machine that holds a processor they go to its queue.
void gort_sched_inject(GoroutineList *list);
void gort_sched_inject_global(GoroutineList *list); // to the global queue, behind all others

static inline void list_append(GoroutineList *list, Goroutine *g) {
    g->next = NULL;
    if (list->last)
        list->last->next = g;
    else
        list->first = g;
    list->last = g;
    list->count++;
}

static inline Goroutine *list_pop(GoroutineList *list) {
    Goroutine *g = list->first;
    if (!g) return NULL;
    list->first = g->next;
    if (!list->first) list->last = NULL;
    list->count--;
    return g;
}

// Is it long since anybody asked the kernel, though goroutines wait?
static inline bool netpoll_is_due(int64_t now_ns) {
    return unlikely(load_relaxed(&gort_netpoll_waiters) != 0) &&
           now_ns - load_relaxed(&gort_netpoll_last_ns) > GORT_NETPOLL_DUE_NS &&
           !load_relaxed(&gort_sched.sleeper);
}

#endif
