// One wait group, used again and again by several who wait: none returns early, none is forgotten.
// RUN: %gocc -O2 %s -o %t && %t && env GOMAXPROCS=1 %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"
#include <go/sync.h>

enum { JOBS = 8,
       WAITERS = 5 };

static go_waitgroup jobs, waits;
static int finished;

static void job(void *arg) {
    uint64_t state = stress_state((uintptr_t)arg);
    for (uint32_t n = stress_random(&state) % 3; n > 0; n--) go_yield();
    __atomic_add_fetch(&finished, 1, __ATOMIC_RELAXED);
    go_waitgroup_done(&jobs);
}

static void waiter(void *arg) {
    go_waitgroup_wait(&jobs);
    int n = __atomic_load_n(&finished, __ATOMIC_RELAXED);
    STRESS_CHECK(n == (int)(uintptr_t)arg, "%d finished of %d", n, (int)(uintptr_t)arg);
}

int main(void) {
    stress_start(4);
    for (int i = 1, rounds = stress_scaled(1500); i <= rounds; i++) {
        go_waitgroup_add(&jobs, JOBS);
        for (uintptr_t k = 0; k < JOBS; k++) go_spawn(job, (void *)(i * JOBS + k));
        for (int k = 0; k < WAITERS; k++)
            go_waitgroup_go(&waits, waiter, (void *)(uintptr_t)(i * JOBS));
        go_waitgroup_wait(&waits);
    }
    puts("ok");
}
