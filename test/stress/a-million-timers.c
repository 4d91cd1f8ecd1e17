// TM20: with thousands of sleepers that are due, and a hundred thousand and then a million timers pending, starting, setting and
// stopping others stays cheap: nothing is quadratic.
// RUN: %gocc -O2 %s -o %t -pthread && %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"
#include <string.h>

static chan(go_unit) done;
static int rounds;

static void sleeper(void *arg) {
    (void)arg;
    go_sleep(GO_MICROSECOND);
    stress_done(done);
}

// Timeouts that never come, as in a server: each select starts one and forgets it.
static void with_timeouts(void *arg) {
    chan(go_unit) ready = arg;
    for (int i = 0; i < rounds; i++) {
        struct go_select_case cases[] = {{(void *)go_after(GO_MINUTE), NULL, GO_RECV, 0},
                                         {(void *)ready, NULL, GO_RECV, 0}};
        STRESS_CHECK(go_select(cases, 2, true) == 1, "a timeout of a minute");
    }
    stress_done(done);
}

static void nothing(void *arg) { (void)arg; }

static void million(void) {
    static go_timer *timers[1000000];
    const char *debug = getenv("GODEBUG");
    int n = debug && strstr(debug, "gcstress") ? 1000 : stress_scaled(1000000);
    if (n > 1000000) n = 1000000;
    uint64_t state = stress_state(1);
    for (int i = 0; i < n; i++)
        timers[i] = go_after_func(GO_HOUR + stress_random(&state), nothing, NULL);
    for (int i = 0; i < n; i += 2)
        STRESS_CHECK(go_timer_reset(timers[i], GO_HOUR / 2 + stress_random(&state)), "pending");
    go_time start = go_now(), due;
    go_chan_recv(go_after(GO_MILLISECOND), &due); // others are on time
    STRESS_CHECK(due >= start + GO_MILLISECOND, "early");
    for (int i = 0; i < n; i++) STRESS_CHECK(go_timer_stop(timers[i]), "timer %d is pending", i);
}

int main(void) {
    enum { WAITERS = 20 };
    int sleepers;
    stress_start(4);
    sleepers = stress_scaled(5000);
    const char *debug = getenv("GODEBUG");
    rounds = debug ? 20 : stress_scaled(2500);
    done = go_chan_make(go_unit, 0);
    chan(go_unit) ready = go_chan_make(go_unit, 0);
    for (int i = 0; i < sleepers; i++) go_spawn(sleeper, NULL);
    for (int i = 0; i < WAITERS; i++) go_spawn(with_timeouts, ready);
    stress_join(done, sleepers);
    for (int i = 0; i < WAITERS * rounds; i++) stress_done(ready);
    stress_join(done, WAITERS);
    million();
    puts("ok");
}
