// GOMAXPROCS goes up and down at random while goroutines work, sleep and start others: nothing is
// lost on processors that are given up.
// RUN: %gocc -O2 %s -o %t -pthread && %t | FileCheck %s
// RUN: env GODEBUG=verify=1 %t | FileCheck %s
// RUN: env GODEBUG=verify=1,seed=1 %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"

static chan(go_unit) done;
static chan(int) through;
static int stop;

static void child(void *arg) {
    (void)arg;
    go_chan_send(through, 1);
}
static void worker(void *arg) {
    uint64_t state = stress_state((uintptr_t)arg);
    int v;
    for (int i = 0, n = stress_scaled(1000); i < n; i++) {
        go_spawn(child, NULL);
        if (stress_random(&state) % 16 == 0) go_sleep(stress_random(&state) % 50 * GO_MICROSECOND);
        go_chan_recv(through, &v);
        if (stress_random(&state) % 4 == 0) go_yield();
    }
    stress_done(done);
}
static void changer(void *arg) {
    uint64_t state = stress_state((uintptr_t)arg);
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        int n = 1 + (int)(stress_random(&state) % 6);
        go_maxprocs(n);
        go_sleep(stress_random(&state) % 300 * GO_MICROSECOND);
    }
    stress_done(done);
}

int main(void) {
    enum { WORKERS = 10 };
    stress_start(2);
    done = go_chan_make(go_unit, 0);
    through = go_chan_make(int, 1);
    for (uintptr_t i = 0; i < WORKERS; i++) go_spawn(worker, (void *)i);
    go_spawn(changer, (void *)99);
    stress_join(done, WORKERS);
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    stress_join(done, 1);
    puts("ok");
}
