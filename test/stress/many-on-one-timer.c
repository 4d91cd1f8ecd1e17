// TM17: many goroutines select on one ticker of a microsecond, with timeouts of their own; many set one timer of a nanosecond: nothing
// hangs, nobody gets a value too early.
// RUN: %gocc -O2 %s -o %t -pthread && %t | FileCheck %s
// RUN: env GODEBUG=verify=1 %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"

enum { EACH = 20 };
static chan(go_unit) done;
static go_ticker *ticker;
static go_timer *timer;
static int rounds;

static void select_ticks(void *arg) {
    uint64_t state = stress_state((uintptr_t)arg);
    for (int i = 0; i < rounds; i++) {
        go_time start = go_now();
        go_duration d = (go_duration)(stress_random(&state) % 4000);
        go_time due = 0;
        struct go_select_case cases[] = {{(void *)ticker->c, NULL, GO_RECV, 0},
                                         {(void *)go_after(d), &due, GO_RECV, 0}};
        if (go_select(cases, 2, true) == 1)
            STRESS_CHECK(due >= start + d && due <= go_now(), "early by %ld ns",
                         (long)(start + d - due));
        if (stress_random(&state) % 64 == 0) go_ticker_reset(ticker, GO_MICROSECOND);
    }
    stress_done(done);
}

static void set_timer(void *arg) {
    uint64_t state = stress_state((uintptr_t)arg);
    for (int i = 0; i < rounds; i++) {
        switch (stress_random(&state) % 4) {
        case 0: go_timer_reset(timer, 1); break;
        case 1: go_timer_reset(timer, GO_HOUR); break;
        case 2: go_timer_stop(timer); break;
        default: go_chan_try_recv(timer->c, (go_time *)NULL, NULL); break;
        }
        if (stress_random(&state) % 8 == 0) go_yield();
    }
    stress_done(done);
}

int main(void) {
    stress_start(4);
    rounds = stress_scaled(2000);
    done = go_chan_make(go_unit, 0);
    ticker = go_ticker_new(GO_MICROSECOND);
    timer = go_timer_new(1);
    for (uintptr_t i = 0; i < EACH; i++) {
        go_spawn(select_ticks, (void *)i);
        go_spawn(set_timer, (void *)(i + EACH));
    }
    stress_join(done, 2 * EACH);
    go_timer_stop(timer);
    go_time set = go_now(), due;
    go_timer_reset(timer, 1);
    go_chan_recv(timer->c, &due);
    STRESS_CHECK(due > set, "a stale value");
    puts("ok");
}
