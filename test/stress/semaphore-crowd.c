// Many goroutines and threads take and give back parts of one semaphore, some of them giving up in the middle: never is more taken
// than there is, nobody is forgotten, and at the end all of it is free.
// RUN: %gocc -O2 %s -o %t -pthread && %t | FileCheck %s
// RUN: env GODEBUG=seed=5 %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"
#include <errno.h>
#include <go/context.h>
#include <go/sync.h>
#include <pthread.h>
#include <stdatomic.h>

enum { SIZE = 10, WORKERS = 30, THREADS = 3 };
static go_semaphore s;
static chan(go_unit) done;
static int rounds;
static atomic_int taken;
static atomic_long served, given_up;

static void hold(uint64_t *state, int n) {
    int now = atomic_fetch_add(&taken, n) + n;
    STRESS_CHECK(now <= SIZE, "%d are taken", now);
    if (stress_random(state) % 2) go_yield();
    atomic_fetch_sub(&taken, n);
    atomic_fetch_add(&served, 1);
    go_semaphore_release(&s, n);
}

static void run(void *arg) {
    uint64_t state = stress_state((uintptr_t)arg);
    for (int i = 0; i < rounds; i++) {
        int n = 1 + (int)(stress_random(&state) % SIZE);
        uint32_t dice = stress_random(&state);
        go_context *ctx = NULL;
        if (dice % 4 == 0)
            ctx = go_context_with_timeout(go_context_background(), dice % 50 * GO_MICROSECOND);
        if (dice % 4 == 1) ctx = go_context_with_cancel(go_context_background());
        if (dice % 4 == 1) go_spawn((void (*)(void *))go_context_cancel, ctx);
        if (dice % 5 == 0) {
            if (go_semaphore_try_acquire(&s, n)) hold(&state, n);
            continue;
        }
        int error = go_semaphore_acquire(&s, ctx, n);
        STRESS_CHECK(error == 0 || (ctx && error == go_context_err(ctx)), "error %d", error);
        if (error)
            atomic_fetch_add(&given_up, 1);
        else
            hold(&state, n);
    }
    stress_done(done);
}

static void *thread(void *arg) {
    run(arg);
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    stress_start(3);
    rounds = stress_scaled(1000);
    if (getenv("GODEBUG")) rounds /= 20;
    done = go_chan_make(go_unit, 0);
    go_semaphore_init(&s, SIZE);
    for (uintptr_t i = 0; i < WORKERS; i++) go_spawn(run, (void *)i);
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, thread, (void *)(WORKERS + i));
    stress_join(done, WORKERS + THREADS);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    STRESS_CHECK(go_semaphore_try_acquire(&s, SIZE), "%ld are not free", (long)s.held);
    STRESS_CHECK(atomic_load(&served) > 0 && !s.first && !s.last, "nobody waits");
    puts("ok");
}
