// Sixty-four goroutines and two threads of C's own count under one mutex, some of them yielding, sleeping or trying inside: nothing is lost,
// nobody is forgotten.
// RUN: %gocc -O2 %s -o %t -pthread && %t && env GOMAXPROCS=1 %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"
#include <go/sync.h>
#include <pthread.h>

enum { GOROUTINES = 64,
       THREADS = 2 };

static go_mutex mutex;
static go_waitgroup wg;
static long count, inside;
static int rounds;

static void critical(uint64_t *state) {
    STRESS_CHECK(++inside == 1, "%ld inside", inside);
    uint32_t dice = stress_random(state) % 512;
    if (dice < 16) go_yield();
    if (dice == 16) go_sleep(GO_MILLISECOND + 200 * GO_MICROSECOND); // others begin to starve
    count++;
    inside--;
}

static void hammer(void *arg) {
    uint64_t state = stress_state((uintptr_t)arg);
    for (int i = 0; i < rounds; i++) {
        if (stress_random(&state) % 4 || !go_mutex_trylock(&mutex)) go_mutex_lock(&mutex);
        critical(&state);
        go_mutex_unlock(&mutex);
        if (stress_random(&state) % 8 == 0) go_yield();
    }
}

static void *thread(void *arg) {
    hammer(arg);
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    stress_start(4);
    rounds = stress_scaled(200);
    for (uintptr_t i = 0; i < GOROUTINES; i++) go_waitgroup_go(&wg, hammer, (void *)i);
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, thread, (void *)(GOROUTINES + i));
    go_waitgroup_wait(&wg);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    long expected = (long)(GOROUTINES + THREADS) * rounds;
    STRESS_CHECK(count == expected, "%ld of %ld", count, expected);
    STRESS_CHECK(mutex.state == 0 && mutex.waiters == 0, "state %u", mutex.state);
    puts("ok");
}
