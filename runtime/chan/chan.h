// chan.h - channels, as the files of this layer and the timers see them.
#ifndef GORT_CHAN_CHAN_H
#define GORT_CHAN_CHAN_H

#include "sched/sched.h"
#include "sched/timer.h"

typedef struct Channel Channel;

// A goroutine that waits on a channel (Go's word: sudog). It lies on the stack of that goroutine,
// which is parked, or about to be woken; guarded by the channel's lock while queued, the waker's
// after it has dequeued it, and the goroutine's again once that runs.
typedef struct Sudog Sudog;
struct Sudog {
    Goroutine *g;
    Sudog *next, *previous;
    void *value;                 // what to send, or where to receive; NULL: receive and drop
    bool selecting;              // one of several: whoever wakes must win g->select_done first
    bool queued;                 // in a queue of its channel
    // Written by the waker: a value was handed over (false: the channel was closed).
    bool ok;
    uint32_t index;              // of the select's case
};

typedef struct WaitQueue {
    Sudog *first, *last;
} WaitQueue;   // first come, first served

struct Channel {
    ParkLock lock;               // guards all that follows and is not (c)
    bool closed;                 // (a) also read without the lock
    bool pointers;               // (c) values may hold pointers
    uint32_t elem_size;          // (c) bytes
    uint64_t capacity;           // (c) values
    uint64_t count;              // (a) values in the buffer
    uint64_t receive_at, send_at;   // slots of the buffer
    // (a: first) at most one is not empty, but for goroutines that select.
    WaitQueue receivers, senders;
    Timer *timer;                // (c) a timer's channel: looks at its timer first
    char buffer[] __attribute__((aligned(16)));
};

// What an attempt came to. BLOCK leaves the channel locked, all others unlock it.
typedef enum Attempt { BLOCK,
                       DONE,
                       CLOSED } Attempt;

// `layout`: of a value. A channel with a timer is looked into for that in any case.
Channel *gort_channel_new(unsigned long elem_size, long long capacity,
                          const struct go__layout *layout, Timer *timer);
// False: would block.
bool gort_channel_send(Channel *c, const void *value, bool block);
// 1: a value, 0: closed and drained, -1: would block.
int gort_channel_receive(Channel *c, void *value, bool block);
// Closes it, and adds those who waited to *list, which the caller hands to gort_ready_all once it
// holds no lock that they may want. False: it was closed.
bool gort_channel_close(Channel *c, Goroutine **list);
// Throws away what is buffered; true if that was anything. For timers that are stopped.
bool gort_channel_drain(Channel *c);
void gort_verify_channel(const Channel *c);                                     // under its lock

// Any channel operation may let others run first. In a small build it often does, by chance, for
// interleavings that are rare otherwise.
static inline void preemption_point(void) {
#ifdef GORT_SMALL
    if (random_below(&machine_current()->random, 8) == 0) gort_yield();
#endif
}

// For select.c.
Attempt gort_channel_send_locked(Channel *c, const void *value);
Attempt gort_channel_receive_locked(Channel *c, void *value);
void gort_sudog_enqueue(WaitQueue *q, Sudog *s);
void gort_sudog_remove(WaitQueue *q, Sudog *s);

#endif
