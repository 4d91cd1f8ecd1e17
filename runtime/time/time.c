// time.c - <go/time.h>: sleeping, timers and tickers, on top of sched/timer.c.
//
// A timer with a channel behaves as in Go since 1.23: the channel holds at most one value, and the
// value is put there and taken back under the lock of the timer's heap, so that after a stop or a
// reset nothing from before is left. While nobody waits on the channel the timer is in no heap;
// whoever looks at the channel fires it first if it is due. The value is the time for which the
// timer was set, not the time at which somebody came to look.
#include <go/time.h>

#include "base/abi.h"
#include "chan/chan.h"
#include "sched/clock.h"
#include "sched/sanitize.h"
#include "sched/sched.h"
#include "sched/timer.h"
#include <go/panic.h>

// What go_timer and go_ticker point to: the public part, whose `state` points here, and the rest.
typedef struct FullTimer {
    union {
        go_timer timer;
        go_ticker ticker;
    };
    Timer base; // its `arg`: the channel, or fn's argument
    void (*fn)(void *); // go_after_func
} FullTimer;

static const struct go__layout full_timer_layout = {
    sizeof(FullTimer) / 8,
    {1ul << offsetof(FullTimer, timer.c) / 8 | 1ul << offsetof(FullTimer, timer.state) / 8 |
     1ul << offsetof(FullTimer, base.arg) / 8}};

static _Noreturn void panic_text(const char *text) { go__panic(&go_type_const_string, &text); }

go_time go_now(void) { return os_now(); }

static int64_t deadline(go_duration d) {
    int64_t now = os_now(), when;
    if (d <= 0) return now;
    return __builtin_add_overflow(now, d, &when) ? INT64_MAX - 1 : when;
}

// The same where nobody is told which time it is: see clock.h.
static int64_t deadline_untold(go_duration d) {
    enum { SOON_NS = 1000 };
    int64_t when;
    if (d < SOON_NS) return deadline(d);
    return __builtin_add_overflow(gort_clock_deadline(), d, &when) ? INT64_MAX - 1 : when;
}

// ---- sleeping -----------------------------------------------------------------------------------

static void wake_sleeper(Timer *t, int64_t due_ns) {
    (void)due_ns;
    gort_ready(t->arg); // *t is on its stack: gone from here on
}

void go_sleep(go_duration d) {
    if (d <= 0) return;
    Machine *m = machine_current();
    int64_t when = deadline_untold(d);
    if (m->foreign) {
        gort_note_sleep_until(&m->note, when); // nobody wakes a thread that is not parked
        return;
    }
    Timer t = {.fire = wake_sleeper, .arg = m->current};
    gort_timer_park(&t, when, WAIT_SLEEP);
}

// ---- timers with a channel ----------------------------------------------------------------------

static void send_time(Timer *t, int64_t due_ns) {
    go_time value = due_ns;
    // Full: the receiver is slow, the tick is dropped.
    gort_channel_send(t->arg, &value, false);
}

static FullTimer *full_timer_new(void) {
    FullTimer *f = gort_new(sizeof *f, 8, &full_timer_layout);
    Channel *c = gort_channel_new(sizeof(go_time), 1, NULL, &f->base);
    f->base.is_channel = true;
    f->base.fire = send_time;
    go__gc_store(&f->base.arg, c);
    go__gc_store((void *)&f->timer.c, c);
    go__gc_store(&f->timer.state, f);
    return f;
}

// One step with what `fire` does: both hold the heap's lock.
static bool full_timer_set(FullTimer *f, int64_t when_ns, int64_t period_ns) {
    Timer *t = &f->base;
    if (when_ns) sanitize_release(f);
    gort_timer_lock(t);
    bool pending =
        when_ns ? gort_timer_start_locked(t, when_ns, period_ns) : gort_timer_stop_locked(t);
    if (t->is_channel) pending |= gort_channel_drain(t->arg);
    gort_timer_unlock(t);
    if (when_ns) gort_timer_announce(t, when_ns);
    return pending;
}

GO_CHAN_RECV(go_time)
go_after(go_duration d) { return go_timer_new(d)->c; }

go_timer *go_timer_new(go_duration d) {
    FullTimer *f = full_timer_new();
    gort_timer_start(&f->base, deadline(d), 0);
    return &f->timer;
}

bool go_timer_stop(go_timer *t) {
    if (!t->state) panic_text("time: Stop called on uninitialized Timer");
    return full_timer_set(t->state, 0, 0);
}

bool go_timer_reset(go_timer *t, go_duration d) {
    if (!t->state) panic_text("time: Reset called on uninitialized Timer");
    FullTimer *f = t->state;
    return full_timer_set(f, f->base.is_channel ? deadline(d) : deadline_untold(d), 0);
}

// ---- functions ----------------------------------------------------------------------------------

static void spawn(Timer *t, int64_t due_ns) {
    (void)due_ns;
    FullTimer *f = (FullTimer *)((char *)t - offsetof(FullTimer, base));
    Machine *m = machine_current();
    sanitize_acquire(f); // pairs with go_after_func's and full_timer_set's
    Goroutine *g = gort_goroutine_new(m, f->fn, t->arg, 0, (const void *)f->fn);
    sanitize_release(g);
    gort_sched_put(m, g);
}

go_timer *go_after_func(go_duration d, void (*fn)(void *), void *arg) {
    FullTimer *f = gort_new(sizeof *f, 8, &full_timer_layout);
    f->fn = fn;
    f->base.fire = spawn;
    go__gc_store(&f->base.arg, arg);
    go__gc_store(&f->timer.state, f);
    sanitize_release(f); // what comes before go_after_func comes before fn
    gort_timer_start(&f->base, deadline_untold(d), 0);
    return &f->timer;
}

// ---- tickers ------------------------------------------------------------------------------------

go_ticker *go_ticker_new(go_duration d) {
    if (d <= 0) panic_text("non-positive interval for NewTicker");
    FullTimer *f = full_timer_new();
    gort_timer_start(&f->base, deadline(d), d);
    return &f->ticker;
}

GO_CHAN_RECV(go_time)
go_tick(go_duration d) { return d > 0 ? go_ticker_new(d)->c : NULL; }

// Of a zeroed one it is no panic in Go, unlike that of a timer.
void go_ticker_stop(go_ticker *t) {
    if (t->state) full_timer_set(t->state, 0, 0);
}

void go_ticker_reset(go_ticker *t, go_duration d) {
    if (d <= 0) panic_text("non-positive interval for Ticker.Reset");
    if (!t->state) panic_text("time: Reset called on uninitialized Ticker");
    full_timer_set(t->state, deadline(d), d);
}
