// chan.c - channels: send, receive, close.
//
// A channel is a lock, a ring buffer, and two queues of waiting goroutines. A value goes the
// shortest way: from the sender's memory straight into the slot of a receiver that waits, or out of
// the memory of a sender that waits; the buffer is used only when nobody does. Who waits is parked
// with the channel still locked, and the lock is released from the other side of the switch
// (sched/park.c), so that a waker always finds a goroutine that is ready to run.
//   1. Receivers wait only while the buffer is empty, senders only while it is full. Both at once
//      only if all in one queue are in selects that also wait in the other.
//   2. Waiting is first in, first out. Whoever takes a sudog out of a queue finishes its wait:
//      copies, sets ok, makes it ready.
//   3. A goroutine in a select waits in several queues; the first waker that moves select_done from
//      0 to 1 has it, others drop its sudogs as they meet them.
//   4. A closed channel has no waiters. A receive slot is cleared: a collector must not find old
//      values in it.
//   5. Making ready comes after unlocking: the one who wakes up is likely to want this lock next.
// The thread sanitizer is told what Go's memory model says: the k-th send comes before the k-th
// receive ends; the k-th receive before the (k + capacity)-th send ends; a close before a receive
// that sees it.
#include "chan/chan.h"

#include "base/abi.h"
#include "base/flags.h"
#include "base/upcalls.h"
#include "sched/sanitize.h"
#include "sched/suspend.h"
#include <go/chan.h>
#include <string.h>

_Static_assert(sizeof(struct go_select_case) == sizeof(struct go__case) &&
                   offsetof(struct go_select_case, value) == offsetof(struct go__case, value) &&
                   offsetof(struct go_select_case, direction) == offsetof(struct go__case, send) &&
                   offsetof(struct go_select_case, ok) == offsetof(struct go__case, ok),
               "the public case is the one of abi.h");

// ---- copying ------------------------------------------------------------------------------------

// Values of one word, or an int, go in one move.
static inline __attribute__((always_inline)) void value_copy(void *to, const void *from,
                                                             size_t size) {
    if (likely(size == 8))
        __builtin_memcpy(to, from, 8);
    else if (size == 4)
        __builtin_memcpy(to, from, 4);
    else
        sanitize_copy(to, from, size);
}

static inline __attribute__((always_inline)) void value_clear(void *at, size_t size) {
    if (likely(size == 8))
        __builtin_memset(at, 0, 8);
    else if (size == 4)
        __builtin_memset(at, 0, 4);
    else
        sanitize_clear(at, size);
}

// Values that may hold pointers: what goes from one place to another is greyed, while the collector
// marks. The sender's stack, or the buffer, is about to forget it, and the receiver's stack may
// have been looked through already.
static __attribute__((noinline)) void pointers_move(void *to, const void *from, size_t size) {
    Machine *m = machine_current();
    suspend_hold(m);
    if (unlikely(go__gc_marking)) {
        gort_grey_words(&m->grey, to, (char *)to + size);
        gort_grey_words(&m->grey, from, (const char *)from + size);
    }
    value_copy(to, from, size);
    suspend_allow(m);
}

static inline __attribute__((always_inline)) void value_move(const Channel *c, void *to,
                                                             const void *from) {
    if (likely(!c->pointers))
        value_copy(to, from, c->elem_size);
    else
        pointers_move(to, from, c->elem_size);
}

static inline char *slot(Channel *c, uint64_t at) { return c->buffer + at * c->elem_size; }

static inline uint64_t advance(const Channel *c, uint64_t at) {
    return at + 1 == c->capacity ? 0 : at + 1;
}

// ---- queues -------------------------------------------------------------------------------------

void gort_sudog_enqueue(WaitQueue *q, Sudog *s) {
    s->next = NULL;
    s->previous = q->last;
    s->queued = true;
    if (q->last)
        q->last->next = s;
    else
        store_relaxed(&q->first, s);
    q->last = s;
}

void gort_sudog_remove(WaitQueue *q, Sudog *s) {
    if (!s->queued) return;
    s->queued = false;
    if (s->previous)
        s->previous->next = s->next;
    else
        store_relaxed(&q->first, s->next);
    if (s->next)
        s->next->previous = s->previous;
    else
        q->last = s->previous;
}

// The first that can still be had; NULL: nobody waits.
static inline Sudog *sudog_dequeue(WaitQueue *q) {
    for (Sudog *s; (s = q->first) != NULL;) {
        gort_sudog_remove(q, s);
        if (!s->selecting || cas_acq_rel(&s->g->select_done, 0, 1)) return s;
    }
    return NULL;
}

// ---- with the lock held -------------------------------------------------------------------------

static inline void channel_unlock(Channel *c) {
#ifdef GORT_DEV
    if (unlikely(gort_flags.verify)) gort_verify_channel(c);
#endif
    spin_unlock(&c->lock.lock, RANK_CHANNEL);
}
static inline void channel_lock(Channel *c) { spin_lock(&c->lock.lock, RANK_CHANNEL); }

static inline void wake(Sudog *s, bool ok) {
    s->ok = ok;
    s->g->waker = s;
    gort_ready(s->g);
}

inline __attribute__((always_inline)) Attempt gort_channel_send_locked(Channel *c,
                                                                       const void *value) {
    if (unlikely(c->closed)) {
        channel_unlock(c);
        return CLOSED;
    }
    Sudog *receiver = sudog_dequeue(&c->receivers);
    if (receiver) {
        if (receiver->value) value_move(c, receiver->value, value);
        sanitize_acquire(receiver);
        sanitize_release(receiver);
        channel_unlock(c);
        wake(receiver, true);
        return DONE;
    }
    if (c->count == c->capacity) return BLOCK;
    value_move(c, slot(c, c->send_at), value);
    sanitize_acquire(slot(c, c->send_at));
    sanitize_release(slot(c, c->send_at));
    c->send_at = advance(c, c->send_at);
    store_relaxed(&c->count, c->count + 1);
    channel_unlock(c);
    return DONE;
}

// The buffer is full and a sender waits, or there is no buffer: the oldest value for us, the
// sender's behind the others.
static inline void receive_from(Channel *c, Sudog *sender, void *value) {
    sanitize_acquire(sender);
    if (c->capacity == 0) {
        if (value) value_move(c, value, sender->value);
    } else {
        char *oldest = slot(c, c->receive_at);
        sanitize_acquire(oldest);
        if (value) value_move(c, value, oldest);
        value_move(c, oldest, sender->value);
        c->receive_at = c->send_at = advance(c, c->receive_at);
        sanitize_release(oldest);
    }
    sanitize_release(sender);
}

inline __attribute__((always_inline)) Attempt gort_channel_receive_locked(Channel *c, void *value) {
    if (unlikely(c->closed) && c->count == 0) {
        sanitize_acquire(c);
        channel_unlock(c);
        if (value) value_clear(value, c->elem_size);
        return CLOSED;
    }
    Sudog *sender = sudog_dequeue(&c->senders);
    if (sender) {
        receive_from(c, sender, value);
        channel_unlock(c);
        wake(sender, true);
        return DONE;
    }
    if (c->count == 0) return BLOCK;
    char *oldest = slot(c, c->receive_at);
    if (value) value_move(c, value, oldest);
    value_clear(oldest, c->elem_size);
    sanitize_acquire(oldest);
    sanitize_release(oldest);
    c->receive_at = advance(c, c->receive_at);
    // Pairs with receive_looks_blocked: after a close that we saw.
    store_release(&c->count, c->count - 1);
    channel_unlock(c);
    return DONE;
}

// Parks the current goroutine in a queue of the locked channel. True: a value went over; false: it
// was closed.
static __attribute__((noinline)) bool channel_wait(Channel *c, WaitQueue *q, void *value,
                                                   WaitReason reason) {
    Sudog s = {.g = gort_current(), .value = value};
    gort_sudog_enqueue(q, &s);
    c->lock.next = NULL;
    sanitize_release(&s);
    gort_park(&c->lock, reason);
    sanitize_acquire(&s);
    gort_assert(!s.queued && s.g == gort_current());
    return s.ok;
}

// ---- send ---------------------------------------------------------------------------------------

static _Noreturn __attribute__((noinline, cold)) void park_for_ever(WaitReason reason) {
    machine_current();
    for (;;) gort_park(NULL, reason);
}

static _Noreturn __attribute__((noinline, cold)) void panic_closed(void) {
    gort_upcalls.panic_plain("send on closed channel");
}

// Would a send block just now? Without the lock: one moment at which the answer was true is enough
// for `default`. `closed` is read first: a channel once closed stays so, hence one that was not
// full then, or closed, was so when a sender could have gone on.
static inline bool send_looks_blocked(Channel *c) {
    if (load_acquire(&c->closed)) return false;
    jitter();
    return c->capacity == 0 ? load_relaxed(&c->receivers.first) == NULL
                            : load_relaxed(&c->count) == c->capacity;
}

inline bool gort_channel_send(Channel *c, const void *value, bool block) {
    if (!block && send_looks_blocked(c)) return false;
    machine_current(); // attaches a foreign thread
    sanitize_read(value, c->elem_size);
    channel_lock(c);
    Attempt a = gort_channel_send_locked(c, value);
    if (likely(a == DONE)) return true;
    if (a == BLOCK && !block) {
        channel_unlock(c);
        return false;
    }
    if (a == CLOSED || !channel_wait(c, &c->senders, (void *)value, WAIT_CHAN_SEND)) panic_closed();
    return true;
}

void go__chan_send(void *c, const void *value) {
    preemption_point();
    if (unlikely(!c)) park_for_ever(WAIT_CHAN_SEND_NIL);
    gort_channel_send(c, value, true);
}

// ---- receive ------------------------------------------------------------------------------------

// Would a receive block? `empty` is read before `closed`: were it the other way round, a value sent
// and then a close in between would make us miss both. A channel that is closed is looked at again,
// under the lock.
static inline bool receive_looks_blocked(Channel *c) {
    bool empty =
        c->capacity == 0 ? load_acquire(&c->senders.first) == NULL : load_acquire(&c->count) == 0;
    jitter();
    return empty && !load_acquire(&c->closed);
}

static __attribute__((noinline)) int receive_slow(Channel *c, void *value) {
    return channel_wait(c, &c->receivers, value, WAIT_CHAN_RECEIVE);
}

// The channel of a timer: the timer is watched only while somebody waits here.
static __attribute__((noinline)) int receive_from_timer(Channel *c, void *value, bool block) {
    if (!block) {
        gort_timer_poll(c->timer);
        channel_lock(c);
        Attempt a = gort_channel_receive_locked(c, value);
        if (a == BLOCK) channel_unlock(c);
        return a == BLOCK ? -1 : a == DONE;
    }
    gort_timer_watch(c->timer);
    channel_lock(c);
    Attempt a = gort_channel_receive_locked(c, value);
    int result = a == BLOCK ? receive_slow(c, value) : a == DONE;
    gort_timer_unwatch(c->timer);
    return result;
}

inline int gort_channel_receive(Channel *c, void *value, bool block) {
    machine_current();
    if (unlikely(c->timer != NULL)) return receive_from_timer(c, value, block);
    if (!block && receive_looks_blocked(c)) return -1;
    channel_lock(c);
    Attempt a = gort_channel_receive_locked(c, value);
    int result = a == DONE;
    if (a == BLOCK) {
        if (!block) {
            channel_unlock(c);
            return -1;
        }
        result = receive_slow(c, value);
    }
    if (value) sanitize_write(value, c->elem_size);
    return result;
}

_Bool go__chan_recv(void *c, void *value) {
    preemption_point();
    if (unlikely(!c)) park_for_ever(WAIT_CHAN_RECEIVE_NIL);
    return gort_channel_receive(c, value, true) == 1;
}

// Only timers send here, one at a time: what is empty stays so, as long as the caller holds the lock
// of the timer's heap.
bool gort_channel_drain(Channel *c) {
    if (load_relaxed(&c->count) == 0) return false;
    channel_lock(c);
    bool any = c->count > 0;
    while (c->count > 0) {
        value_clear(slot(c, c->receive_at), c->elem_size);
        c->receive_at = advance(c, c->receive_at);
        store_relaxed(&c->count, c->count - 1);
    }
    channel_unlock(c);
    return any;
}

// ---- make, close, len, cap ----------------------------------------------------------------------

// No object may be larger than half of the address space, as in C.
Channel *gort_channel_new(unsigned long elem_size, long long capacity,
                          const struct go__layout *layout, Timer *timer) {
    unsigned long bytes;
    if (capacity < 0 || elem_size > UINT32_MAX ||
        __builtin_mul_overflow(elem_size, (unsigned long)capacity, &bytes) ||
        bytes > (1ul << 47) - sizeof(Channel))
        gort_upcalls.panic_plain("makechan: size out of range");
    Channel *c = gort_new(sizeof *c + bytes, 64, layout || timer ? &go__layout_any : NULL);
    c->pointers = layout != NULL;
    if (timer) go__gc_store(&c->timer, timer);
    c->lock.rank = RANK_CHANNEL;
    c->elem_size = (uint32_t)elem_size;
    c->capacity = (uint64_t)capacity;
    return c;
}

void *go__chan_make(unsigned long elem_size, long long n, const struct go__layout *elem_layout) {
    return gort_channel_new(elem_size, n, elem_layout, NULL);
}

// All waiters of a queue of the closed channel, as a list through Goroutine.next, to be made ready
// after unlocking.
static Goroutine *release_all(Channel *c, WaitQueue *q, Goroutine *list) {
    for (Sudog *s; (s = sudog_dequeue(q)) != NULL;) {
        if (q == &c->receivers && s->value) value_clear(s->value, c->elem_size);
        sanitize_release(s);
        s->ok = false;
        s->g->waker = s;
        s->g->next = list;
        list = s->g;
    }
    return list;
}

bool gort_channel_close(Channel *c, Goroutine **list) {
    channel_lock(c);
    if (unlikely(c->closed)) {
        channel_unlock(c);
        return false;
    }
    sanitize_release(c);
    store_release(&c->closed, true); // pairs with the unlocked reads above
    *list = release_all(c, &c->receivers, *list);
    *list = release_all(c, &c->senders, *list); // these panic
    channel_unlock(c);
    return true;
}

void go__chan_close(void *p) {
    Channel *c = p;
    Goroutine *list = NULL;
    preemption_point();
    if (unlikely(!c)) gort_upcalls.panic_plain("close of nil channel");
    machine_current();
    if (unlikely(!gort_channel_close(c, &list)))
        gort_upcalls.panic_plain("close of closed channel");
    gort_ready_all(list);
}

// A timer's channel never shows what it holds: whether the timer has fired is not to be seen
// without receiving.
long go__chan_len(const void *p) {
    const Channel *c = p;
    return c && !c->timer ? (long)load_relaxed(&c->count) : 0;
}

long go__chan_cap(const void *p) {
    const Channel *c = p;
    return c && !c->timer ? (long)c->capacity : 0;
}

int go_select(struct go_select_case *cases, int n, bool block) {
    return go__select((struct go__case *)cases, n, block);
}

void gort_verify_channel(const Channel *c) {
    gort_check(c->count <= c->capacity &&
               (c->capacity == 0 || (c->send_at < c->capacity && c->receive_at < c->capacity)));
    gort_check(c->capacity == 0 || (c->receive_at + c->count) % c->capacity == c->send_at);
    gort_check(!c->closed || (!c->receivers.first && !c->senders.first));
    gort_check(!c->receivers.first == !c->receivers.last && !c->senders.first == !c->senders.last);
}
