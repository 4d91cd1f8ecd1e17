// go/time.h - durations, sleeping, timers.
//
// Times are monotonic nanoseconds: differences count, the origin does not, and setting the clock
// changes nothing. All functions may be called from any thread. Timers and tickers that nothing
// refers to any more need not be stopped; one whose channel nobody waits on costs nothing while it
// runs.
#ifndef GO_TIME_H
#define GO_TIME_H

#include <go/chan.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int64_t go_duration;     // nanoseconds
typedef int64_t go_time;         // monotonic nanoseconds

#define GO_NANOSECOND ((go_duration)1)
#define GO_MICROSECOND (1000 * GO_NANOSECOND)
#define GO_MILLISECOND (1000 * GO_MICROSECOND)
#define GO_SECOND (1000 * GO_MILLISECOND)
#define GO_MINUTE (60 * GO_SECOND)
#define GO_HOUR (60 * GO_MINUTE)

GO__API go_time go_now(void);

// Puts the goroutine to sleep for at least d; returns at once if d <= 0.
GO__API void go_sleep(go_duration d);

// A channel that will give one value, the time at which it was due, after d. Nobody needs to
// receive it.
GO__API GO_CHAN_RECV(go_time) go_after(go_duration d);

// A timer gives the time at which it was due on its channel c, once. c is NULL for a timer of
// go_after_func. `state` is the runtime's.
typedef struct go_timer {
    GO_CHAN_RECV(go_time)
    c;
    void *state;
} go_timer;
GO__API go_timer *go_timer_new(go_duration d);
// Stops it; true if that was in time: it had not fired, or nobody had received the value, which
// then is gone: after stop or reset no value of before can be received. For a timer of
// go_after_func: true if fn will not be called; false does not mean that it has returned. Of a zeroed
// timer it panics `time: Stop called on uninitialized Timer`.
GO__API bool go_timer_stop(go_timer *t);
// Sets it anew, to d from now, whatever its state; returns what go_timer_stop would have, and panics
// as that does.
GO__API bool go_timer_reset(go_timer *t, go_duration d);
// Calls fn(arg) in a goroutine of its own after d.
GO__API go_timer *go_after_func(go_duration d, void (*fn)(void *), void *arg);

// A ticker gives the time at which it was due on its channel c, every d, and drops what a slow
// receiver has not taken. d <= 0 panics `non-positive interval for NewTicker`.
typedef struct go_ticker {
    GO_CHAN_RECV(go_time)
    c;
    void *state;
} go_ticker;
GO__API go_ticker *go_ticker_new(go_duration d);
GO__API void go_ticker_stop(go_ticker *t);            // does not close c
// From now on every d, from now; d <= 0 panics.
GO__API void go_ticker_reset(go_ticker *t, go_duration d);
// The channel of a ticker that is never stopped; NULL if d <= 0.
GO__API GO_CHAN_RECV(go_time) go_tick(go_duration d);

#ifdef __cplusplus
}
#endif
#endif
