// TM14, TM8: timers that are stopped, and set earlier and later at random, never lose a wake-up,
// never fire early, and fire once for each setting that was not taken back.
// RUN: %gocc -O2 %s -o %t -pthread && %t | FileCheck %s
// RUN: env GODEBUG=verify=1 %t | FileCheck %s
// RUN: env GODEBUG=verify=1,seed=1 %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"

static chan(go_unit) done;
static int rounds;

static void restless(void *arg) {
    uint64_t state = stress_state((uintptr_t)arg);
    go_timer *t = go_timer_new(GO_HOUR);
    for (int i = 0; i < rounds; i++) {
        if (stress_random(&state) % 4 == 0)
            STRESS_CHECK(go_timer_stop(t), "a timer of an hour was gone");
        go_timer_reset(t, GO_HOUR / (1 + stress_random(&state) % 50));
        if (stress_random(&state) % 3 == 0) go_yield();
        go_duration d = (go_duration)(stress_random(&state) % 2000) * GO_MICROSECOND;
        go_time start = go_now(), due;
        go_timer_reset(t, d);
        if (stress_random(&state) % 2) go_sleep(stress_random(&state) % 500 * GO_MICROSECOND);
        go_chan_recv(t->c, &due);
        STRESS_CHECK(due >= start + d && go_now() >= due, "early by %ld ns",
                     (long)(start + d - due));
        STRESS_CHECK(!go_timer_stop(t), "a timer that was received from is not pending");
        STRESS_CHECK(!go_chan_try_recv(t->c, &due, NULL), "a stale value");
        go_timer_reset(t, GO_HOUR);
    }
    go_timer_stop(t);
    stress_done(done);
}

static void sleeper(void *arg) {
    uint64_t state = stress_state((uintptr_t)arg);
    for (int i = 0; i < rounds; i++) {
        go_duration d = (go_duration)(stress_random(&state) % 1500) * GO_MICROSECOND;
        go_time start = go_now();
        go_sleep(d);
        STRESS_CHECK(go_now() >= start + d, "woke early");
    }
    stress_done(done);
}

static int fired;
static void count(void *arg) {
    (void)arg;
    __atomic_add_fetch(&fired, 1, __ATOMIC_RELAXED);
}

int main(void) {
    enum { EACH = 50 };
    stress_start(3);
    rounds = stress_scaled(50);
    done = go_chan_make(go_unit, 0);
    for (uintptr_t i = 0; i < EACH; i++) {
        go_spawn(restless, (void *)i);
        go_spawn(sleeper, (void *)(i + EACH));
    }
    int expected = 0;
    for (int i = 0; i < 500; i++) {
        go_timer *t = go_after_func((i % 10) * GO_MILLISECOND, count, NULL);
        expected += i % 3 || !go_timer_stop(t);
    }
    stress_join(done, 2 * EACH);
    go_sleep(20 * GO_MILLISECOND);
    for (int i = 0; i < 1000 && __atomic_load_n(&fired, __ATOMIC_RELAXED) != expected; i++)
        go_sleep(GO_MILLISECOND);
    int ran = __atomic_load_n(&fired, __ATOMIC_RELAXED);
    STRESS_CHECK(ran == expected, "%d functions ran, not %d", ran, expected);
    puts("ok");
}
